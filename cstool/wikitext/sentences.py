"""Lines of text with marks → text, mentions and holes; and lines → sentences.

Sentences are split by sentencex, in the language of the text, and never inside a mention. It gets
long lines in runs of 5,000 characters. A paragraph's line may run over several lines of the source:
where one ends with a sentence, so does the sentence.
"""

import re
from collections.abc import Iterator
from importlib.metadata import version
from itertools import accumulate, pairwise
from typing import NamedTuple

import sentencex

from cstool.wikitext.markers import CONTINUES, MARK, OBJECT, unprotect
from cstool.wikitext.scan import cut

_SPACES = re.compile(r"[ \t\n]{2,}|[\t\n]")
# White space of any kind, as str.strip() has it, and the mark of a line's end.
_AROUND = CONTINUES + "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_SOFT = re.compile(f"[ {CONTINUES}]*{CONTINUES}[ {CONTINUES}]*")
# The last character of a sentence, in most scripts; quotes and brackets may follow.
_LAST = re.compile("[.!?…。．！？।॥؟۔][\"'”’»)\\]]*$")
_WHITE = (" ", "\n")
# Languages in which white space alone ends a sentence: a line's end may well be one.
_UNMARKED = ("lo", "th")
_OPENING = "\"'“„‘«([ "
# So much of a sentence tells whether it ends.
_END = 300
# Characters that sentencex gets at once: its time grows with the square of what has many ends of
# sentences or quotes. Real paragraphs are shorter.
_LONGEST_RUN = 5000


# A link in a text: start and end of its anchor, and the title that it leads to. A plain tuple, as
# there is one for each link of a wiki: made in a third of the time, and no work for the collector.
LinkSpan = tuple[int, int, str]


def segmenter() -> str:
    """Return name and version of the segmenter: other versions find other sentences."""
    return f"sentencex {version('sentencex')}"


class Sentence(NamedTuple):
    """A sentence; `holes` names what its page shows and it lacks, at each U+FFFC in its text."""

    text: str
    mentions: list[LinkSpan]
    holes: list[str]


class TextLine(NamedTuple):
    """A line of text: its links, and the names of its holes, at each U+FFFC in its text.

    The space is a new line where the source has one.
    `source` is its wikitext when it has a template that no rule knows.
    """

    text: str
    mentions: list[LinkSpan]
    holes: list[str]
    source: str = ""


class PendingSentence(NamedTuple):
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


def read_line(marked: str, targets: list[str], holes: list[str]) -> TextLine:
    """Return the text of a line with marks, its white space as a browser shows it: single."""
    out: list[str] = []
    length = 0
    at = 0
    mentions: list[LinkSpan] = []
    names: list[str] = []
    opened: tuple[int, str] | None = None

    def put(piece: str) -> None:
        nonlocal length
        piece = _spaced(piece)
        if piece[:1] in _WHITE and (not out or out[-1][-1] in _WHITE):
            if piece[:1] == "\n" and out:
                out[-1] = out[-1][:-1] + "\n"
            piece = piece[1:]
        if piece:
            out.append(piece)
            length += len(piece)

    marked = marked.strip(_AROUND)
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
    return TextLine(text, [_trimmed(mention, text) for mention in mentions], names)


def _trimmed(mention: LinkSpan, text: str) -> LinkSpan:
    """Return a mention without the white space at the ends of its anchor."""
    start, end, target = mention
    anchor = text[start:end]
    if anchor == anchor.strip():
        return mention if end <= len(text) else (min(start, len(text)), len(text), target)
    start += len(anchor) - len(anchor.lstrip())
    return start, start + len(anchor.strip()), target


def _spaced(text: str) -> str:
    if "  " in text or "\t" in text or "\n" in text:
        text = _SPACES.sub(" ", text)
    return _SOFT.sub("\n", text) if CONTINUES in text else text


def split(line: TextLine, language: str) -> list[Sentence]:
    """Return the sentences of a line, in order, trimmed of white space.

    A bound inside a mention is none.
    """
    text, pieces = _split(line.text, language)
    if len(pieces) == 1 and text == text.strip():
        return [Sentence(text, line.mentions, line.holes)]
    return cut(text, line.mentions, line.holes, pieces, Sentence)


def count(line: TextLine, language: str) -> int:
    """Return the number of sentences of a line without mentions."""
    _, pieces = _split(line.text, language)
    return len(pieces) - sum(map(str.isspace, pieces))


def _split(text: str, language: str) -> tuple[str, list[str]]:
    """Return a line's text as it is shown, and its sentences."""
    if "\n" not in text:
        return text, _pieces(text, language)
    shown = text.replace("\n", " ")
    pieces = _pieces(shown, language)
    hidden = [
        at
        for at in _places(text, "\n")
        if language in _UNMARKED or _may_hide(text[at - 1], text[at + 1 : at + 2])
    ]
    if not hidden:
        return shown, pieces
    seen = [*accumulate(map(len, pieces))]
    ends = [0]
    place = 0
    for at in hidden:
        while seen[place] <= at:
            ends.append(seen[place])
            place += 1
        if seen[place] != at + 1 and (language in _UNMARKED or _ends(text, ends[-1], at, language)):
            ends.append(at + 1)
    return shown, [shown[start:end] for start, end in pairwise([*ends, *seen[place:]])]


def _places(text: str, character: str) -> Iterator[int]:
    at = text.find(character)
    while at >= 0:
        yield at
        at = text.find(character, at + 1)


def _may_hide(before: str, after: str) -> bool:
    """Whether the end of a sentence is perhaps not seen between two characters."""
    return before == OBJECT or not after.isalpha()


def _ends(text: str, start: int, end: int, language: str) -> bool:
    """Whether a sentence ends with a line, though what follows hides it.

    In some languages a number does; everywhere a hole that stands between, which goes with the
    sentence before. A hole that follows a colon may be a quotation, a block.
    """
    said = text[max(start, end - _END) : end].rstrip(" \n")
    bare = said.rstrip(OBJECT + " \n")
    begins = text[end + 1 : end + _END].lstrip(_OPENING)[:1]
    if begins == OBJECT and said.endswith(":"):
        return True
    if not begins.isdigit() and (bare == said or begins.islower()):
        return False
    if not bare:
        return start > 0
    return bool(_LAST.search(bare)) and len(_pieces(f"{bare} A", language)) > 1


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
