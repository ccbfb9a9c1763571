"""A small training run, and the tools for it."""
