"""Section headings, which are kept apart from the lines of a page's text.

While a page's lines are found, a mark holds the place of each heading, so that the lines are the
same with headings and without them: the mark is at the end of the line before, and no rule for
lines looks at it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cstool.wikitext.blocks import HEADING
from cstool.wikitext.markers import HEADING_MARK, HEADING_PLACE

# The kind of a waiting paragraph that is a heading, before its level.
KIND = "heading "
# The level of a term of a definition list, which is a heading of its definitions.
TERM_LEVEL = 7


class Heading(NamedTuple):
    """A heading: its level (1 to 6, or `TERM_LEVEL`) and its wikitext, as it is when lines are
    found.
    """

    level: int
    source: str


class PlacedHeading(NamedTuple):
    """A heading before the line `line` of a text."""

    line: int
    heading: Heading


def heading_of(line: str) -> Heading | None:
    """Return the heading in a line of wikitext; None if there is none.

    After Parser::handleHeadings (MediaWiki REL1_39).
    """
    found = HEADING.match(line)
    if found is None:
        return None
    level = len(found[1])
    source = line[level : line.rindex(found[1])].strip()
    return Heading(level, source) if source else None


def join_lines(kept: Sequence[str]) -> str:
    """Return lines, each after the mark before it, and places of headings as a text."""
    text = "".join(kept)
    return text if text.startswith(HEADING_MARK) else text[1:]


def place_of(number: int) -> str:
    """Return the mark for the place of a heading with this number."""
    return f"{HEADING_MARK}{number}{HEADING_MARK}"


def take_out(text: str, headings: Sequence[Heading]) -> tuple[str, list[PlacedHeading]]:
    """Return the text without the places of headings, and these."""
    out: list[str] = []
    placed: list[PlacedHeading] = []
    at = line = 0
    for place in HEADING_PLACE.finditer(text):
        before = text[at : place.start()]
        line += before.count("\n")
        out.append(before)
        at = place.end()
        placed.append(PlacedHeading(line + 1, headings[int(place[1])]))
    out.append(text[at:])
    return "".join(out), placed


def kind_of(level: int) -> str:
    """Return the kind of a waiting paragraph that is a heading of this level."""
    return f"{KIND}{level}"


def level_of(kind: str) -> int:
    """Return the level of a waiting paragraph that is a heading, 0 for others."""
    return int(kind.removeprefix(KIND)) if kind.startswith(KIND) else 0
