"""Double brackets: where links begin and end."""

import re

_BRACKETS = re.compile(r"\[\[(?!\[)|\]\]")


def closings(text: str) -> dict[int, int]:
    """Return where each pair of double brackets ends, by where it begins."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKETS.finditer(text):
        if match[0] == "[[":
            opened.append(match.start())
        elif opened:
            found[opened.pop()] = match.end()
    return found


def links(text: str) -> list[tuple[int, int]]:
    """Return the outermost pairs of double brackets: where they begin and end."""
    found: list[tuple[int, int]] = []
    at = 0
    for start, end in sorted(closings(text).items()):
        if start >= at:
            found.append((start, end))
            at = end
    return found
