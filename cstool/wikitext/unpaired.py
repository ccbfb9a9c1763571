"""Brackets without a partner: links that extend over lines, and brackets that are text."""

import re
from collections.abc import Iterator

from cstool.wikitext.markers import Markers

BROKEN_LINK = re.compile(r"\[\[[^\[\]\n]*+(?:\[[^\[\]\n]*+\][^\[\]\n]*+)*+\n")
_BRACKETS = ("[[", "]]", "{{", "}}", "{|", "|}")
_UNPAIRED = re.compile(r"(\[\[+|\{[{|]\{*)|(\]\]+|\|?\}\}+|\|\})")
# The largest number of further lines that a link or `-{…}-` may extend over.
_LONGEST_LINK = 20


def rejoined(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines; lines that a link or `-{…}-` extends over are joined, with their breaks."""
    for line in lines:
        missing = _open_brackets(line)
        if missing > 0:
            following: list[str] = []
            for more in lines:
                following.append(more)
                missing += _open_brackets(more)
                if missing <= 0 or len(following) == _LONGEST_LINK:
                    break
            if missing > 0:
                yield line
                yield from following
            else:
                yield "\n".join([line, *following])
        else:
            yield line


def _open_brackets(line: str) -> int:
    opened = line.count("[[") - line.count("]]") if "[[" in line or "]]" in line else 0
    return opened + line.count("-{") - line.count("}-")


def mark_unpaired(text: str, marks: Markers) -> str:
    """Replace runs of brackets without a partner by holes.

    A closing run is also kept, between two holes, because a sentence may end on either side: it may
    close a bracket of the text, without which the splitter would find no end of a sentence up to
    the next closing one.
    """

    if not any(mark in text for mark in _BRACKETS):
        return text

    def mark(run: re.Match[str]) -> str:
        opening, closing = run.groups()
        if opening:
            return marks.hole(f"stray {opening[:2]}")
        name = f"stray {closing[-2:]}"
        return marks.hole(name) + closing + marks.hole(name)

    return _UNPAIRED.sub(mark, text)
