"""Makers of shipped tables, the sample and synthetic dumps."""
