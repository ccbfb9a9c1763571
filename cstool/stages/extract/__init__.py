"""The stage `extract`: extracts sentences with their links from a page dump."""
