"""The stage `entities`: reads a Wikidata dump into a table of items, sorted by QID."""
