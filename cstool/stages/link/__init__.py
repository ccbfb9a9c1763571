"""The stage `link`: links mentions to Wikidata entities."""
