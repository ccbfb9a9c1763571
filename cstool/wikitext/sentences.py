"""Convert lines with marks to text, mentions and holes, and split them into sentences.

Sentences are split by boundaries.py, in the language of the text, never inside a mention. Long
lines are split in runs of 5,000 characters. A paragraph may extend over several lines of the
source: a source line that ends with a sentence also ends the sentence.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from importlib.metadata import version
from itertools import accumulate, pairwise
from typing import NamedTuple

from cstool.wikitext.boundaries import pieces_of
from cstool.wikitext.boundary_rules import rules_digest
from cstool.wikitext.markers import CONTINUES, FORMULA, MARK, OBJECT, unprotect

_SPACES = re.compile(r"[ \t\n]{2,}|[\t\n]")
# All white space of str.strip(), and the mark of a line break.
_AROUND = CONTINUES + "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_SOFT = re.compile(f"[ {CONTINUES}]*{CONTINUES}[ {CONTINUES}]*")
# The end of a sentence in most scripts; quotes and brackets may follow the full stop.
_LAST = re.compile("[.!?…。．！？।॥؟۔][\"'”’»)\\]}]*$")
_WHITE = (" ", "\n")
# Languages in which white space alone ends a sentence, so that a line break may end one.
_UNMARKED = ("lo", "th")
_OPENING = "\"'“„‘«([ "
# Characters that are enough to decide whether a sentence ends.
_END = 300
# Characters that sentencex gets at once, because its time is quadratic in the number of sentence
# ends and quotes. Real paragraphs are shorter.
_LONGEST_RUN = 5000


# A link in a text: character offsets of its anchor (start, end), and its target's title. A plain
# tuple, which takes a third of the time of a named one and is not tracked by the garbage collector.
LinkSpan = tuple[int, int, str]


def segmenter() -> str:
    """Return name and version of the segmenter and of the rules: others find other sentences."""
    return f"sentencex {version('sentencex')}, rules {rules_digest()}"


class Sentence(NamedTuple):
    """A sentence; `holes`: the names of its holes, one for each U+FFFC in its text."""

    text: str
    mentions: list[LinkSpan]
    holes: list[str]


class TextLine(NamedTuple):
    """A line of text, its links, and the names of its holes, one for each U+FFFC in its text.

    A line break in the source is "\\n" instead of a space.
    """

    text: str
    mentions: list[LinkSpan]
    holes: list[str]


def read_line(marked: str, targets: list[str], holes: list[str]) -> TextLine:
    """Return the text of a line with marks, with single white space as displayed by a browser."""
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
    trimmed = [_trimmed(mention, text) for mention in mentions]
    return TextLine(text, [mention for mention in trimmed if mention[0] < mention[1]], names)


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

    A line is not split inside a mention.
    """
    text = line.text.replace("\n", " ")
    found = spans(text, line.mentions, line.holes, pieces(line.text, language))
    return [
        Sentence(
            text[start:end], moved_mentions(line.mentions[first:last], start), line.holes[hole:upto]
        )
        for start, end, first, last, hole, upto in found
    ]


def spans(
    text: str, mentions: list[LinkSpan], holes: list[str], pieces: list[str]
) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Yield the bounds of a line's sentences: of its text, its mentions and its holes.

    The line is cut behind each piece that does not end inside a mention, and the sentences are
    trimmed of white space. Only the lengths of the pieces are used.
    """
    start = at = first = last = hole = 0
    for piece in pieces:
        at += len(piece)
        while last < len(mentions) and mentions[last][1] <= at:
            last += 1
        if last < len(mentions) and mentions[last][0] < at:
            continue
        whole = text[start:at]
        upto = hole + whole.count(OBJECT) if holes else 0
        if shown := whole.strip():
            begin = start + whole.index(shown)
            yield begin, begin + len(shown), first, last, hole, upto
        start, first, hole = at, last, upto


def moved_mentions(mentions: list[LinkSpan], start: int) -> list[LinkSpan]:
    """Return mentions with offsets relative to `start`."""
    return [(a - start, b - start, target) for a, b, target in mentions] if start else mentions


def is_formula(hole: str) -> bool:
    """Return whether the name of a hole is the source of a formula, which is its text."""
    return hole[:1] == FORMULA


def with_formulas(sentence: Sentence) -> Sentence:
    """Return a sentence with the formulas whose sources are known in place of their holes."""
    text, mentions, holes = sentence
    if not any(map(is_formula, holes)):
        return sentence
    shown = [unprotect(name[1:]) if is_formula(name) else OBJECT for name in holes]
    out: list[str] = []
    moved: list[tuple[int, int]] = []  # from these offsets on, text moves by these lengths
    at = shift = 0
    for place, instead in zip(_positions(text, OBJECT), shown, strict=True):
        out += (text[at:place], instead)
        at = place + 1
        shift += len(instead) - 1
        moved.append((at, shift))
    out.append(text[at:])
    places = [offset for offset, _ in moved]
    shifts = [0, *(length for _, length in moved)]
    return Sentence(
        "".join(out),
        [
            (start + shifts[bisect(places, start)], end + shifts[bisect(places, end)], target)
            for start, end, target in mentions
        ],
        [name for name in holes if not is_formula(name)],
    )


def pieces(text: str, language: str) -> list[str]:
    """Return strings as long as the pieces of a line's text, which begin where sentences begin."""
    if "\n" not in text:
        return _pieces(text, language)
    shown = text.replace("\n", " ")
    found = _pieces(shown, language)
    candidates = [
        at
        for at in _positions(text, "\n")
        if language in _UNMARKED or _may_hide(text[at - 1], text[at + 1 : at + 2])
    ]
    if not candidates:
        return found
    found_ends = [*accumulate(map(len, found))]
    ends = [0]
    index = 0
    for at in candidates:
        while found_ends[index] <= at:
            ends.append(found_ends[index])
            index += 1
        if found_ends[index] != at + 1 and (
            language in _UNMARKED or _ends(text, ends[-1], at, language)
        ):
            ends.append(at + 1)
    return [shown[start:end] for start, end in pairwise([*ends, *found_ends[index:]])]


def _positions(text: str, character: str) -> Iterator[int]:
    at = text.find(character)
    while at >= 0:
        yield at
        at = text.find(character, at + 1)


def _may_hide(before: str, after: str) -> bool:
    """Return whether sentencex may miss a sentence's end between two characters."""
    return before == OBJECT or not after.isalpha()


def _ends(text: str, start: int, end: int, language: str) -> bool:
    """Return whether a sentence ends with a line, although the text after it obscures that.

    In some languages a number obscures it; in all languages a hole does, which belongs to the
    sentence before it. A hole after a colon may be a quotation displayed as a block.
    """
    before = text[max(start, end - _END) : end].rstrip(" \n")
    bare = before.rstrip(OBJECT + " \n")
    begins = text[end + 1 : end + _END].lstrip(_OPENING)[:1]
    if begins == OBJECT and before.endswith(":"):
        return True
    if not begins.isdigit() and (bare == before or begins.islower()):
        return False
    if not bare:
        return start > 0
    return bool(_LAST.search(bare)) and len(_pieces(f"{bare} A", language)) > 1


def _pieces(text: str, language: str) -> list[str]:
    if len(text) > _LONGEST_RUN:
        return _pieces_of_long(text, language)
    return pieces_of(text, language)


def _pieces_of_long(text: str, language: str) -> list[str]:
    """Return the sentences of a long line, split in runs of some thousand characters.

    Each run begins with the last sentence of the previous one, which may be cut off. If that is
    more than half of the run, it is not read again and continues in the next run.
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
