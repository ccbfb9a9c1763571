"""The stage `entities`: a Wikidata dump to a table of items, sorted by QID."""
