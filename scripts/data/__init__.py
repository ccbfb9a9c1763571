"""Generators of the shipped tables, the sample, and synthetic dumps."""
