"""A small training run, and what it needs."""
