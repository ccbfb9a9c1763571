"""Lines of text with marks → text, mentions and holes; and lines → sentences.

Sentences are split by sentencex, in the language of the text, and never inside a mention. It gets
long lines in runs of 5,000 characters.
"""

import re
from itertools import pairwise
from typing import NamedTuple

import sentencex

from cstool.wikitext.marks import MARK, OBJECT, unprotect
from cstool.wikitext.scan import cut

_SPACES = re.compile(r"[ \t\n]{2,}|[\t\n]")
# Characters that sentencex gets at once: its time grows with the square of what has many ends of
# sentences or quotes. Real paragraphs are shorter.
_LONGEST_RUN = 5000


# A link in a text: start and end of its anchor, and the title that it leads to. A plain tuple, as
# there is one for each link of a wiki: made in a third of the time, and no work for the collector.
Mention = tuple[int, int, str]


class Sentence(NamedTuple):
    """A sentence; `holes` names what its page shows and it lacks, at each U+FFFC in its text."""

    text: str
    mentions: list[Mention]
    holes: list[str]


class Line(NamedTuple):
    """A line of text: its links, and the names of its holes, at each U+FFFC in its text.

    `source` is its wikitext when it has a template that no rule knows.
    """

    text: str
    mentions: list[Mention]
    holes: list[str]
    source: str = ""


class Waiting(NamedTuple):
    """A sentence that could be read if its templates went by a name that we know.

    The one at `position` in its page, in its paragraph of that number; its line begins at `first`
    and has `number` of them. `source` is the line's wikitext, `names` and `mentions` what the
    sentence lacks and has.
    """

    position: int
    paragraph: int
    first: int
    number: int
    source: str
    names: list[str]
    mentions: int


def read_line(marked: str, targets: list[str], holes: list[str]) -> Line:
    """Return the text of a line with marks, its white space as a browser shows it: single."""
    out: list[str] = []
    length = 0
    at = 0
    mentions: list[Mention] = []
    names: list[str] = []
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
            mentions.append((start, length, targets[int(number)]))
        elif hole is not None:
            names.append(holes[int(hole)])
            out.append(OBJECT)
            length += 1
        elif number_of_holed is not None:
            opened = length, targets[int(number_of_holed)]
        elif opened is not None:
            mentions.append((opened[0], length, opened[1]))
            opened = None
    put(marked[at:])
    text = unprotect("".join(out)).rstrip()
    return Line(text, [_trimmed(mention, text) for mention in mentions], names)


def _trimmed(mention: Mention, text: str) -> Mention:
    """Return a mention without the white space at the ends of its anchor."""
    start, end, target = mention
    anchor = text[start:end]
    if anchor == anchor.strip():
        return mention if end <= len(text) else (min(start, len(text)), len(text), target)
    start += len(anchor) - len(anchor.lstrip())
    return start, start + len(anchor.strip()), target


def _spaced(text: str) -> str:
    if "  " in text or "\t" in text or "\n" in text:
        return _SPACES.sub(" ", text)
    return text


def split(line: Line, language: str) -> list[Sentence]:
    """Return the sentences of a line, in order, trimmed of white space.

    A bound inside a mention is none.
    """
    pieces = _pieces(line.text, language)
    if len(pieces) == 1 and line.text == line.text.strip():
        return [Sentence(line.text, line.mentions, line.holes)]
    return cut(line.text, line.mentions, line.holes, pieces, Sentence)


def count(line: Line, language: str) -> int:
    """Return the number of sentences of a line without mentions."""
    pieces = _pieces(line.text, language)
    return len(pieces) - sum(map(str.isspace, pieces))


def _pieces(text: str, language: str) -> list[str]:
    if len(text) > _LONGEST_RUN:
        return _pieces_of_long(text, language)
    pieces = sentencex.segment(language, text)
    # Where it has lost or changed something, nothing is split.
    return pieces if "".join(pieces) == text else [text]


def _pieces_of_long(text: str, language: str) -> list[str]:
    """Return the sentences of a long line, some thousand characters at a time.

    Each run begins where the last sentence of the one before does, which may be cut off. Where
    that is more than half of the run, it is not read again: it goes on in the next one.
    """
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + _LONGEST_RUN
        found = _pieces(text[at:end], language)
        last = end >= len(text)
        for piece in found if last else found[:-1]:
            at += len(piece)
            ends.append(at)
        if not last and end - at > _LONGEST_RUN // 2:
            at = end
    return [text[start:end] for start, end in pairwise([0, *ends])]
