"""Bilingual dictionaries: their formats, their store, and their entries in running text."""
