"""The stage `mask`: a corpus to masked training examples."""
