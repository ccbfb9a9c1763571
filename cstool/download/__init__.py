"""Wikimedia's dumps over HTTP: which there are, and fetching them to the last byte."""
