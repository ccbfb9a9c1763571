"""Counts and distributions of an output folder."""
