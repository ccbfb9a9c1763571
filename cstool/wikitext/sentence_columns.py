"""Cut the lines of a page into sentences, as columns of bytes: no object per sentence or mention.

Compiled if there is a C compiler (`_sentences.c`).
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cstool.wikitext.sentences import LinkSpan, Sentence, moved_mentions, spans

__all__ = ["COMPILED", "CutLine", "PageSentences", "SentenceColumns", "collect", "cut_lines"]

# What parts a row from the one before it, on the page: nothing, a space, a line break within a
# paragraph, the begin of a paragraph or list item.
NOTHING, SPACE, BREAK, BLOCK = range(4)
PARTED_BY = 3
# A row of a sentence or heading that is missing because it has a hole; its text is empty.
GAP = 4
# A heading of level n is n times this.
HEADING = 16
_SENTENCES = bytes(range(GAP))

# A line: the index of its paragraph, text ("\n" is a space), mentions, holes, its pieces, of which
# only the lengths are used, and what parts it from the line before; or, a heading, its level times
# `HEADING`.
CutLine = tuple[int, str, list[LinkSpan], list[str], list[str], int]
# A sentence with holes: the index of its line, its position, and the bounds (start, end) of its
# text, of its mentions and of its holes within those of the line.
Holed = tuple[int, int, int, int, int, int, int, int]


Collected = tuple[tuple[bytes, ...], list[Holed], int, bytes]


class SentenceColumns(NamedTuple):
    """Sentences and their mentions. Numbers are of 32 bits, in the order of the machine.

    Sentences: `texts` in UTF-8, and the bytes of each (`sizes`); the number of `mentions` of each;
    `positions` in the page, and the indices of `paragraphs`. Mentions: `starts` and `ends`, as
    character offsets in the sentence; `targets` in UTF-8, and the bytes of each (`target_sizes`).
    `kinds`, a byte each: what parts each sentence from the one before it in its page (`NOTHING`,
    …), plus `GAP` if the sentence is missing; a heading: its level times `HEADING`, plus `GAP`.
    """

    texts: bytes
    sizes: bytes
    mentions: bytes
    positions: bytes
    paragraphs: bytes
    starts: bytes
    ends: bytes
    targets: bytes
    target_sizes: bytes
    kinds: bytes

    @property
    def rows(self) -> int:
        """The number of rows: sentences, gaps and headings."""
        return len(self.kinds)

    @property
    def sentences(self) -> int:
        """The number of sentences that are not missing."""
        return len(self.kinds) - len(self.kinds.translate(None, _SENTENCES))


@dataclass(frozen=True, slots=True)
class PageSentences:
    """The sentences of lines, in order, trimmed of white space.

    `columns`: those without holes, and if asked for, gaps and headings; `holed`: the others.
    `number`: of all sentences, including those without a mention that were not asked for; `before`:
    how many of these precede each line (32 bits each). A heading has the position of the sentence
    after it. Iteration yields each sentence, after its position and the index of its paragraph.
    """

    columns: SentenceColumns
    holed: list[Holed]
    number: int
    before: bytes
    lines: list[CutLine]

    def __iter__(self) -> Iterator[tuple[int, int, Sentence]]:
        return iter(sorted([*self._whole(), *self._with_holes()]))

    def _whole(self) -> Iterator[tuple[int, int, Sentence]]:
        own = self.columns
        texts, targets = _strings(own.texts, own.sizes), _strings(own.targets, own.target_sizes)
        found = zip(_numbers(own.starts), _numbers(own.ends), targets, strict=True)
        rows = zip(*map(_numbers, own[2:5]), texts, own.kinds, strict=True)
        for number, position, paragraph, text, kind in rows:
            mentions = [next(found) for _ in range(number)]
            if kind < GAP:
                yield position, paragraph, Sentence(text, mentions, [])

    def _with_holes(self) -> Iterator[tuple[int, int, Sentence]]:
        for index, position, start, end, first, last, hole, upto in self.holed:
            paragraph, text, mentions, holes, *_ = self.lines[index]
            shown = text[start:end].replace("\n", " ")
            inside = moved_mentions(mentions[first:last], start)
            yield position, paragraph, Sentence(shown, inside, holes[hole:upto])

    def preceding(self, line: int) -> int:
        """Return the number of sentences before the line with an index, or before the end."""
        return _numbers(self.before)[line] if line < len(self.lines) else self.number

    def of_holes(self) -> Iterator[tuple[list[str], int]]:
        """Yield, for each sentence with holes, their names and the number of its mentions."""
        for index, _, _, _, first, last, hole, upto in self.holed:
            yield self.lines[index][3][hole:upto], last - first


def _numbers(column: bytes) -> "memoryview[int]":
    return memoryview(column).cast("I")


def _strings(column: bytes, sizes: bytes) -> Iterator[str]:
    at = 0
    for size in _numbers(sizes):
        yield column[at : at + size].decode()
        at += size


def cut_lines(lines: list[CutLine], *, every: bool, gaps: bool = False) -> PageSentences:
    """Return the sentences of lines that have mentions, or `every` one.

    `gaps`: whether those with holes are rows without text.
    """
    columns, holed, number, before = collect(lines, every, gaps)
    return PageSentences(SentenceColumns(*columns), holed, number, before, lines)


def collect_in_python(lines: list[CutLine], every: bool, gaps: bool) -> Collected:
    """Return the fields of `PageSentences`, except for the lines."""
    texts: list[bytes] = []
    targets: list[bytes] = []
    kinds = bytearray()
    sizes, mentioned, positions, paragraphs, starts, ends, target_sizes, before = (
        array("I") for _ in range(8)
    )
    holed: list[Holed] = []
    number = 0

    def add(text: str, mentions: int, position: int, paragraph: int, kind: int) -> None:
        texts.append(text.replace("\n", " ").encode())
        sizes.append(len(texts[-1]))
        mentioned.append(mentions)
        positions.append(position)
        paragraphs.append(paragraph)
        kinds.append(kind)

    for index, (paragraph, text, mentions, holes, pieces, kind) in enumerate(lines):
        before.append(number)
        if kind >= HEADING:
            add("" if holes else text, 0, number, paragraph, kind | (GAP if holes else 0))
            continue
        begun = -1  # the end of the sentence before
        for start, end, first, last, hole, upto in spans(text, mentions, holes, pieces):
            parted = kind if begun < 0 else SPACE if start > begun else NOTHING
            begun = end
            number += 1
            if not every and first == last:
                continue
            if hole < upto:
                holed.append((index, number - 1, start, end, first, last, hole, upto))
                if gaps:
                    add("", 0, number - 1, paragraph, parted | GAP)
                continue
            add(text[start:end], last - first, number - 1, paragraph, parted)
            for begin, stop, target in mentions[first:last]:
                starts.append(begin - start)
                ends.append(stop - start)
                targets.append(target.encode())
                target_sizes.append(len(targets[-1]))
    of_sentences = map(array.tobytes, (sizes, mentioned, positions, paragraphs))
    of_mentions = starts.tobytes(), ends.tobytes(), b"".join(targets), target_sizes.tobytes()
    columns = (b"".join(texts), *of_sentences, *of_mentions, bytes(kinds))
    return columns, holed, number, before.tobytes()


try:
    from cstool.wikitext._sentences import collect

    COMPILED = True
except ImportError:
    collect = collect_in_python
    COMPILED = False
