"""The stage `mask`: makes training examples of a corpus."""
