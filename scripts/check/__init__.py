"""Checks against real dumps and MediaWiki, and pictures of the result."""
