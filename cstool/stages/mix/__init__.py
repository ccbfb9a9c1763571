"""The stage `mix`: documents of pages about one entity in several wikis."""
