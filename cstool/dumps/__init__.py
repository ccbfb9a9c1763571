"""Readers of the input formats: compressed streams, MediaWiki page XML and SQL, Wikidata JSON."""
