def calls(text: str) -> list[tuple[int, int, int]]:
    """Return the outermost pairs of braces: start, end (exclusive), and 2 or 3 braces."""

def prefixed(text: str) -> list[tuple[int, int]]:
    """Return the links whose target has a colon: the offsets of their brackets and of the colon."""

def pass_notes(
    text: str, start: int, end: int, closed: bool, names: frozenset[str], out: list[str]
) -> int:
    """Append the text without comments and footnotes to `out`, up to a tag; return its offset."""

def pass_lines(
    text: str, at: int, before: str, own: str, holes: bool, kept: list[str], /
) -> tuple[int, str]:
    """Append lines to `kept`, up to one that needs a closer look; return its offset."""
