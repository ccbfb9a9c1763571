"""Paragraphs that wait until the definitions or redirects of their templates are known."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from cstool.wikitext.headings import Heading, PlacedHeading, kind_of
from cstool.wikitext.markers import (
    APART,
    BROKEN_LINE,
    CONTINUES,
    HOLE,
    HOLE_END,
    HOLE_MARK,
    NOTHING,
    PICTURE,
    UNSEEN_TEXT,
    Markers,
)
from cstool.wikitext.sentence_columns import PageSentences
from cstool.wikitext.templates import call_name

_UNSEEN = re.compile(
    rf"(?:[\s{NOTHING}{APART}{PICTURE}{CONTINUES}{UNSEEN_TEXT}]|{HOLE_MARK.pattern})*+"
)

# Which calls a paragraph waits for: those of templates without a rule, or all that show something.
Waits = Literal["unknown", "calls"]


class PendingParagraph(NamedTuple):
    """A paragraph or list item that is read when its calls can be rendered.

    `paragraph`: the index of the paragraph before which its own are inserted; `first`: the position
    of the sentence before which its own are inserted. Both count what did not wait. Those with the
    same indices are inserted in their order. `source`: its wikitext, with its calls, without what
    the page's reader has removed; line breaks are those of the paragraph or of calls. `kind`:
    "item" (of a list, without its mark), "free" (inside an HTML block in which leading spaces are
    not markup), "heading 2" (of level 2), else "". `names`: of its outermost calls, as by
    `templates.call_name`.
    """

    paragraph: int
    first: int
    source: str
    kind: str
    names: list[str]


class PageText(NamedTuple):
    """The result of reading a page: its sentences, the number of its paragraphs, and what waits.

    Each sentence with its position, and the index of its paragraph (or list item). Positions,
    indices and numbers are those of a page without the paragraphs that wait.
    """

    sentences: PageSentences
    paragraphs: int
    waiting: list[PendingParagraph]


class ParagraphText(NamedTuple):
    """The result of reading a pending paragraph, which may turn out to be several, or none.

    Positions and indices of paragraphs are relative: they begin at 0.
    """

    sentences: PageSentences
    paragraphs: int


class Left(NamedTuple):
    """A paragraph that is left out, before the line `line` of the text that is not."""

    line: int
    source: str
    kind: str
    names: list[str]


def waiting_lines(text: str, marks: Markers, *, every: bool) -> list[tuple[int, int]]:
    """Return the lines of a page's text that wait: start, end (exclusive).

    A line waits if it has a call, and other text or a call that shows text. Unless `every`, it
    waits only if its wikitext has a link.
    """
    found: list[tuple[int, int]] = []
    end = -1
    for hole in HOLE_MARK.finditer(text):
        if hole.start() < end or int(hole[1]) not in marks.calls:
            continue
        start = text.rfind("\n", 0, hole.start()) + 1
        stop = text.find("\n", hole.end())
        stop = len(text) if stop < 0 else stop
        line = text[start:stop]
        if _has_text(line, marks) and (every or _has_link(line, marks)):
            found.append((start, stop))
        end = stop
    return found


def _has_text(line: str, marks: Markers) -> bool:
    """Return whether a line has more than calls that may be blocks."""
    if _UNSEEN.fullmatch(line) is None:
        return True
    return any(
        number in marks.within and number in marks.calls
        for number in map(int, HOLE_MARK.findall(line) if marks.within else ())
    )


def _has_link(line: str, marks: Markers) -> bool:
    """Return whether the wikitext of a line has a link."""
    return "[[" in line or "[[" in with_sources(line, marks)


def joined(found: list[tuple[int, int]], lengths: Iterable[int]) -> list[tuple[int, int]]:
    """Return the pieces of a text, of these lengths, that contain lines; breaks part pieces."""
    pieces: list[tuple[int, int]] = []
    following = iter(found)
    start, _ = next(following, (-1, -1))
    at = 0
    for length in lengths:
        end = at + length
        if at <= start <= end:
            pieces.append((at, end))
            while 0 <= start <= end:
                start, _ = next(following, (-1, -1))
        at = end + 1
    return pieces


def left_out(
    text: str, found: list[tuple[int, int]], marks: Markers, kinds: dict[int, str]
) -> tuple[str, list[Left]]:
    """Return a page's text without the lines `found`, and these; `kinds`: of the lines of holes."""
    out: list[str] = []
    left: list[Left] = []
    at = index = 0
    for start, end in found:
        kept = text[at:start]
        index += kept.count("\n")
        out.append(kept)
        at = end + 1
        line = text[start:end]
        numbers = [*map(int, HOLE_MARK.findall(line))]
        left.append(_left(index, line, kinds.get(numbers[0], ""), marks))
    out.append(text[at:])
    return "".join(out), left


def _left(index: int, line: str, kind: str, marks: Markers) -> Left:
    numbers = map(int, HOLE_MARK.findall(line))
    names = [call_name(marks.calls[n]) for n in numbers if n in marks.calls]
    return Left(index, with_sources(line, marks), kind, names)


def with_headings(
    left: list[Left],
    text: str,
    found: list[tuple[int, int]],
    headings: Sequence[PlacedHeading],
    marks: Markers,
) -> list[Left | PlacedHeading]:
    """Return what is left out and headings, in order, before lines of the text that is kept.

    `left`: what was left out from `text`, the lines `found`. Headings with calls wait.
    """
    merged: list[Left | PlacedHeading] = []
    following = iter(headings)
    heading = next(following, None)
    at = line = removed = 0
    for (start, end), one in zip(found, left, strict=True):
        line += text.count("\n", at, start)
        while heading and heading.line <= line:
            merged.append(_heading(heading.line - removed, heading.heading, marks))
            heading = next(following, None)
        merged.append(one)
        at = end + 1
        line += 1 + text.count("\n", start, end)
        removed = line - one.line
        while heading and heading.line < line:  # inside a piece of several lines
            merged.append(_heading(one.line, heading.heading, marks))
            heading = next(following, None)
    while heading:
        merged.append(_heading(heading.line - removed, heading.heading, marks))
        heading = next(following, None)
    return merged


def _heading(line: int, heading: Heading, marks: Markers) -> Left | PlacedHeading:
    holes = HOLE_MARK.findall(heading.source) if HOLE in heading.source else ()
    if any(int(hole) in marks.calls for hole in holes):
        return _left(line, heading.source, kind_of(heading.level), marks)
    return PlacedHeading(line, heading)


def with_sources(piece: str, marks: Markers) -> str:
    """Return a piece with the wikitext of calls and tags in place of their holes.

    Other holes have their names instead of numbers.
    """

    def source(hole: re.Match[str]) -> str:
        number = int(hole[1])
        tag = marks.tags.get(number)
        return f"{HOLE}{marks.holes[number]}{HOLE_END}" if tag is None else tag

    def call(hole: re.Match[str]) -> str:
        text = marks.calls.get(int(hole[1]))
        return source(hole) if text is None else HOLE_MARK.sub(source, text)

    return HOLE_MARK.sub(call, piece.replace("\n", BROKEN_LINE).replace(CONTINUES, "\n"))
