"""Helpers for Arrow and NumPy arrays: columns, hashes, code points."""
