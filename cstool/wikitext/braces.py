"""Find the starts and ends of links: double brackets."""

import re

_BRACKETS = re.compile(r"\[\[(?!\[)|\]\]")


def closings(text: str) -> dict[int, int]:
    """Return the end of each pair of double brackets, by its start."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKETS.finditer(text):
        if match[0] == "[[":
            opened.append(match.start())
        elif opened:
            pairs[opened.pop()] = match.end()
    return pairs


def links(text: str) -> list[tuple[int, int]]:
    """Return the outermost pairs of double brackets: start, end (exclusive)."""
    pairs: list[tuple[int, int]] = []
    at = 0
    for start, end in sorted(closings(text).items()):
        if start >= at:
            pairs.append((start, end))
            at = end
    return pairs
