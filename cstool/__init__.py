"""From Wikipedia and Wikidata dumps to a code-switched corpus."""

__version__ = "0.1.0"
