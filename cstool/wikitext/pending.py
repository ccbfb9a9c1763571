"""Paragraphs that wait until the definitions or redirects of their templates are known."""

import re
from typing import Literal, NamedTuple

from cstool.wikitext.markers import (
    CONTINUES,
    HOLE,
    HOLE_END,
    HOLE_MARK,
    NOTHING,
    PICTURE,
    UNSEEN_TEXT,
    Markers,
)
from cstool.wikitext.sentences import Sentence
from cstool.wikitext.templates import call_name

_SHOWN = re.compile(rf"[^\s{NOTHING}\x07{PICTURE}{CONTINUES}{UNSEEN_TEXT}]")

# Which calls a paragraph waits for: those of templates without a rule, or all that show something.
Waits = Literal["unknown", "calls"]


class PendingParagraph(NamedTuple):
    """A paragraph or list item that is read when its calls can be rendered.

    `paragraph`: the index of the paragraph before which its own are inserted; `first`: the position
    of the sentence before which its own are inserted. Both count what did not wait. Those with the
    same indices are inserted in their order. `source`: its wikitext, with its calls, without what
    the page's reader has removed; line breaks are those of the paragraph or of calls. `kind`:
    "item" (of a list, without its mark), "free" (inside an HTML block in which leading spaces are
    not markup), else "". `names`: of its outermost calls, as by `templates.call_name`.
    """

    paragraph: int
    first: int
    source: str
    kind: str
    names: list[str]


class PageText(NamedTuple):
    """The result of reading a page: its sentences, their number, that of paragraphs; what waits.

    Each sentence with its position, and the index of its paragraph (or list item). Positions,
    indices and numbers are those of a page without the paragraphs that wait.
    """

    sentences: list[tuple[int, int, Sentence]]
    number: int
    paragraphs: int
    waiting: list[PendingParagraph]


class ParagraphText(NamedTuple):
    """The result of reading a pending paragraph, which may turn out to be several, or none.

    Positions and indices of paragraphs are relative: they begin at 0.
    """

    sentences: list[tuple[int, int, Sentence]]
    number: int
    paragraphs: int


class Left(NamedTuple):
    """A piece of a page that is left out, before the line `line` of the text that is not."""

    line: int
    source: str
    kind: str
    names: list[str]


def left_out(
    pieces: list[str], marks: Markers, kinds: dict[int, str], *, every: bool
) -> tuple[list[str], list[Left]]:
    """Return the pieces of a page's text without those that wait, and these.

    A piece is a paragraph or list item; it waits if it has a call, and other text or a call that
    shows text. Unless `every`, it waits only if its wikitext has a link. `kinds`: of the holes.
    """
    kept: list[str] = []
    left: list[Left] = []
    index = 0
    for piece in pieces:
        numbers = [*map(int, HOLE_MARK.findall(piece))] if HOLE in piece else []
        waits = [number for number in numbers if number in marks.calls]
        if waits and (marks.within.intersection(waits) or _SHOWN.search(HOLE_MARK.sub("", piece))):
            source = _with_sources(piece, marks)
            if every or "[[" in source:
                names = [call_name(marks.calls[number]) for number in waits]
                left.append(Left(index, source, kinds.get(numbers[0], ""), names))
                continue
        kept.append(piece)
        index += 1 + piece.count("\n")
    return kept, left


def _with_sources(piece: str, marks: Markers) -> str:
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

    return HOLE_MARK.sub(call, piece.replace(CONTINUES, "\n"))
