"""Lines of text with marks → sentences with mentions.

Sentences are split by sentencex, in the language of the text, and never inside a mention.
"""

import re
from typing import NamedTuple

import sentencex

from cstool.wikitext.marks import HOLE, LINK, MARK, unprotect

_SPACES = re.compile(r"\s+")
_OBJECT = "\ufffc"  # stands for a hole while sentences are split


class Mention(NamedTuple):
    """A link in a text: `text[start:end]` is its anchor, `target` the title it leads to."""

    start: int
    end: int
    target: str


class Sentence(NamedTuple):
    """A sentence; `holes` names what its page shows and it lacks."""

    text: str
    mentions: list[Mention]
    holes: list[str]


class Line(NamedTuple):
    """A line of text: its links and the places of its holes, in characters."""

    text: str
    mentions: list[Mention]
    holes: list[tuple[int, str]]


def read_line(marked: str, targets: list[str], holes: list[str]) -> Line:
    """Return a line of marked text as text, with one space where white space stands."""
    if LINK not in marked and HOLE not in marked:
        return Line(unprotect(_spaced(marked)).strip(), [], [])
    out: list[str] = []
    length = 0
    at = 0
    mentions: list[Mention] = []
    holes_here: list[tuple[int, str]] = []
    opened: tuple[int, str] | None = None

    def put(piece: str) -> None:
        nonlocal length
        piece = _spaced(piece)
        if piece[:1] == " " and (not out or out[-1][-1] == " "):
            piece = piece[1:]
        if piece:
            out.append(piece)
            length += len(piece)

    for match in MARK.finditer(marked):
        put(marked[at : match.start()])
        at = match.end()
        number, anchor, hole, number_of_holed = match.groups()
        if number is not None:
            start = length
            put(anchor)
            mentions.append(Mention(start, length, targets[int(number)]))
        elif hole is not None:
            holes_here.append((length, holes[int(hole)]))
            out.append(_OBJECT)
            length += 1
        elif number_of_holed is not None:
            opened = length, targets[int(number_of_holed)]
        elif opened is not None:
            mentions.append(Mention(opened[0], length, opened[1]))
            opened = None
    put(marked[at:])
    text = unprotect("".join(out)).rstrip()
    return Line(text, [_trimmed(mention, text) for mention in mentions], holes_here)


def _trimmed(mention: Mention, text: str) -> Mention:
    """Return a mention without the white space at the ends of its anchor."""
    start, end, target = mention
    anchor = text[start:end]
    if anchor == anchor.strip():
        return mention if end <= len(text) else Mention(min(start, len(text)), len(text), target)
    start += len(anchor) - len(anchor.lstrip())
    return Mention(start, start + len(anchor.strip()), target)


def _spaced(text: str) -> str:
    if "  " in text or "\t" in text or "\n" in text:
        return _SPACES.sub(" ", text)
    return text


def split(line: Line, language: str) -> list[Sentence]:
    """Return the sentences of a line, in order, trimmed of white space."""
    text, mentions, holes = line
    if not mentions and not holes:
        pieces = sentencex.segment(language, text)
        return [Sentence(p, [], []) for piece in pieces if (p := piece.strip())]
    sentences = []
    mention = hole = 0
    for start, end in _bounds(text, mentions, language):
        inside: list[Mention] = []
        while mention < len(mentions) and mentions[mention].start < end:
            a, b, target = mentions[mention]
            inside.append(Mention(a - start, min(b, end) - start, target))
            mention += 1
        names: list[str] = []
        while hole < len(holes) and holes[hole][0] < end:
            names.append(holes[hole][1])
            hole += 1
        sentences.append(Sentence(text[start:end], inside, names))
    return sentences


def _bounds(text: str, mentions: list[Mention], language: str) -> list[tuple[int, int]]:
    """Return where sentences begin and end; a bound inside a mention is none."""
    bounds: list[tuple[int, int]] = []
    start = at = mention = 0
    for piece in sentencex.segment(language, text):
        at += len(piece)
        while mention < len(mentions) and mentions[mention].end <= at:
            mention += 1
        if mention < len(mentions) and mentions[mention].start < at:
            continue
        _add_trimmed(bounds, text, start, at)
        start = at
    _add_trimmed(bounds, text, start, len(text))
    return bounds


def _add_trimmed(bounds: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    if end > start:
        bounds.append((start, end))
