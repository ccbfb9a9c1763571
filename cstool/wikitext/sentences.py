"""Lines of text with marks → sentences with mentions.

Sentences are split by sentencex, in the language of the text, and never inside a mention.
"""

import re
from typing import NamedTuple

import sentencex

from cstool.wikitext.marks import HOLE, LINK, MARK, PROTECTED, unprotect

_SPACES = re.compile(r"\s+")
_ENDS = re.compile("\x01([0-9]+)\x02|\x03")
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
    return _read_plainly(marked, targets) or _read_closely(marked, targets, holes)


def _read_plainly(marked: str, targets: list[str]) -> Line | None:
    """Return a line without holes in which every space is where it stays, else None.

    Most lines are such, and the text between their marks is all there is to do.
    """
    if HOLE in marked or "\x02 " in marked or " \x03" in marked:
        return None
    pieces = _ENDS.split(marked)  # text, number, anchor, None, text, …
    text = "".join(pieces[::2])
    if "  " in text or "\t" in text or text[:1] == " " or PROTECTED.search(text):
        return None
    mentions = []
    at = 0
    for i in range(1, len(pieces) - 3, 4):
        start = at + len(pieces[i - 1])
        at = start + len(pieces[i + 1])
        mentions.append(Mention(start, at, targets[int(pieces[i])]))
    return Line(text.rstrip(), mentions, [])


def _read_closely(marked: str, targets: list[str], holes: list[str]) -> Line:
    """Return any line, piece by piece."""
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
    """Return the sentences of a line, in order, trimmed of white space.

    A bound inside a mention is none.
    """
    text, mentions, holes = line
    sentences: list[Sentence] = []
    start = at = first = mention = hole = 0
    pieces = sentencex.segment(language, text)
    if sum(map(len, pieces)) != len(text):  # it has lost or changed something: do not split
        pieces = [text]
    for piece in pieces:
        at += len(piece)
        while mention < len(mentions) and mentions[mention].end <= at:
            mention += 1
        if mention < len(mentions) and mentions[mention].start < at:
            continue
        whole = text[start:at]
        sentence = whole.strip()
        names: list[str] = []
        while hole < len(holes) and holes[hole][0] < at:
            names.append(holes[hole][1])
            hole += 1
        if sentence:
            begin = start if whole[0] == sentence[0] else start + whole.index(sentence)
            inside = [Mention(a - begin, b - begin, t) for a, b, t in mentions[first:mention]]
            sentences.append(Sentence(sentence, inside, names))
        start, first = at, mention
    return sentences
