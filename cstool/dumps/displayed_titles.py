"""Titles as they are displayed.

Some of Wikimedia's exports (MediaWiki Content File Exports before October 2025) contain them as in
the database, with underscores.
"""


def with_spaces(title: str) -> str:
    """Return a title with spaces for underscores."""
    return title.replace("_", " ")
