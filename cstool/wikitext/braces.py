"""Braces and double brackets: where templates, parameters and links begin and end.

Braces are matched as Preprocessor_Hash does it (MediaWiki REL1_39): runs of them, three before
two, innermost first; what finds no partner is plain text.
"""

import re

_BRACES = re.compile(r"\{\{+|\}\}+")
_BRACKETS = re.compile(r"\[\[(?!\[)|\]\]")
# A whole call of two braces, two deep: nearly all are such.
_INNER = r"\{\{(?!\{)[^{}]*+\}\}"
_CALL = re.compile(
    r"\{\{(?!\{)[^{}]*+"
    rf"(?:\{{\{{(?!\{{)[^{{}}]*+(?:{_INNER}[^{{}}]*+)*+\}}\}}[^{{}}]*+)*+\}}\}}(?!\}})"
)


def calls(text: str) -> list[tuple[int, int, int]]:
    """Return the outermost pairs of braces: where they begin and end, and 2 or 3 of them."""
    found: list[tuple[int, int, int]] = []
    start = text.find("{{")
    while start >= 0:
        match = _CALL.match(text, start)
        if match is None:
            return found + _closely(text, start)
        end = match.end()
        found.append((start, end, 2))
        start = text.find("{{", end)
    return found


def _closely(text: str, at: int) -> list[tuple[int, int, int]]:
    """Return the outermost pairs of what follows in any text, brace by brace."""
    found: list[tuple[int, int, int]] = []
    opened: list[list[int]] = []
    for match in _BRACES.finditer(text, at):
        start, end = match.span()
        if text[start] == "{":
            opened.append([start, end - start])
            continue
        while opened and end - start >= 2:
            begin, count = opened[-1]
            pair = 3 if min(count, end - start) >= 3 else 2
            start += pair
            count -= pair
            if count >= 2:
                opened[-1][1] = count
            else:
                opened.pop()
            while found and found[-1][0] >= begin + count:
                found.pop()
            found.append((begin + count, start, pair))
    return found


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
