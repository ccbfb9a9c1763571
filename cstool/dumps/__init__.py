"""Formats that come in: compressed streams, page XML, Wikidata JSON."""
