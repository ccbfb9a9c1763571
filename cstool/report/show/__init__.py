"""Rows and entities, printed in a terminal."""
