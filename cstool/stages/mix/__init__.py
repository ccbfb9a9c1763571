"""The stage `mix`: one training set of several corpora, by shares, budgets and order."""
