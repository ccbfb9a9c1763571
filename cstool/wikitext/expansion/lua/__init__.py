"""Lua modules (MediaWiki's extension Scribunto) and the libraries that they get."""
