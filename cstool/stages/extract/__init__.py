"""The stage `extract`: a page dump to sentences with their links."""
