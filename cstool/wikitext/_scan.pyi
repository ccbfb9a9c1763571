from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

def calls(text: str) -> list[tuple[int, int, int]]:
    """Return the outermost pairs of braces: where they begin and end, and 2 or 3 of them."""

def prefixed(text: str) -> list[tuple[int, int]]:
    """Return the links whose target has a colon: where their brackets begin, and the colon."""

def pass_notes(
    text: str, start: int, end: int, closed: bool, names: frozenset[str], out: list[str]
) -> int:
    """Append the text without comments and footnotes, up to a tag; return where that stands."""

def cut(
    text: str,
    mentions: list[tuple[int, int, str]],
    holes: list[str],
    pieces: list[str],
    sentence: Callable[[str, list[tuple[int, int, str]], list[str]], T],
) -> list[T]:
    """Return a line's sentences: its pieces, trimmed of white space, none of them empty."""
