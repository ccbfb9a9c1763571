"""Text in Latin letters: romanizers, and spans carried over to their output."""
