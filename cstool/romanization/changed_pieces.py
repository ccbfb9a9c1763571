"""Texts of which some pieces are replaced: the new texts, and where spans are in them."""

from collections import Counter
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import distinct, numbers
from cstool.arrays.codepoints import begins_of, bytes_of, cut, put

Side = Literal["start", "end"]


class WordOffset(NamedTuple):
    """An offset in a piece as it is after the change, and how it was found."""

    offset: int
    found: str


# Returns the offset in a changed piece, for its index, the offset before, and the side of a span.
FindOffset = Callable[[int, int, Side], WordOffset]


class TextSpans(NamedTuple):
    """Spans in texts, in characters, ascending.

    `firsts`: int64[n + 1], the index of each text's first span; `starts`, `ends`: int64[spans].
    """

    firsts: Array
    starts: Array
    ends: Array

    @property
    def text_of_span(self) -> Array:
        """int64[spans]: the index of each span's text."""
        return np.repeat(np.arange(len(self.firsts) - 1), np.diff(self.firsts))

    def are_ascending(self, lengths: Array) -> bool:
        """Whether spans follow each other within their texts, of these lengths in characters."""
        texts = self.text_of_span
        same = texts[1:] == texts[:-1]
        return bool(
            (self.starts <= self.ends).all()
            and (self.ends <= lengths[texts]).all()
            and (self.ends[:-1][same] <= self.starts[1:][same]).all()
        )


class RomanizedTexts(NamedTuple):
    """Texts in Latin letters, the offsets there of their spans, and how these were found."""

    text: pa.StringArray
    starts: Array
    ends: Array
    found: Counter[str]


class ChangedPieces(NamedTuple):
    """Pieces to replace, in characters of the joined texts: int64[pieces], ascending.

    `which`: the index of what each becomes in `texts`.
    """

    starts: Array
    ends: Array
    which: Array
    texts: pa.StringArray


def with_changes(
    texts: pa.StringArray, changes: ChangedPieces, spans: TextSpans, find: FindOffset
) -> RomanizedTexts:
    """Return texts with their pieces replaced, and their spans there.

    `find`: returns the offset of the end of a span within a piece, whose index in `changes.texts`
    it gets.
    """
    begins = begins_of(texts)
    bounds = distinct(np.concatenate([begins, changes.starts, changes.ends]))
    place = np.searchsorted(bounds, changes.starts)
    pieces = put(cut(texts, bounds), place, changes.texts.take(numbers(changes.which)))
    change = np.full(len(pieces) + 1, -1, np.int64)
    change[place] = changes.which
    layout = _Layout(bounds, begins_of(pieces), change, find)
    first = np.searchsorted(bounds, begins)
    found: Counter[str] = Counter()
    shift, origin = begins[spans.text_of_span], layout.out[first][spans.text_of_span]
    starts = layout.moved(shift + spans.starts, "start", found) - origin
    ends = layout.moved(shift + spans.ends, "end", found) - origin
    starts, ends = _without_overlap(starts, ends, spans.text_of_span)
    return RomanizedTexts(_joined(pieces, first), starts, ends, found)


class _Layout(NamedTuple):
    """Where the pieces of joined texts are before (`bounds`) and after (`out`).

    `change`: for each piece the index of what it became, -1 if it is copied.
    """

    bounds: Array
    out: Array
    change: Array
    find: FindOffset

    def moved(self, at: Array, side: Side, found: Counter[str]) -> Array:
        """Return the offsets after the change of spans' starts or ends."""
        piece = np.searchsorted(self.bounds, at, "right") - 1
        inside = at - self.bounds[piece]
        moved: Array = self.out[piece] + inside
        within = np.flatnonzero((inside > 0) & (self.change[piece] >= 0))
        for index in within.tolist():
            one = self.find(int(self.change[piece[index]]), int(inside[index]), side)
            moved[index] = self.out[piece[index]] + one.offset
            found[one.found] += 1
        return moved


def _without_overlap(starts: Array, ends: Array, texts: Array) -> tuple[Array, Array]:
    """Return spans of which none begins before the end of the one before it."""
    previous = np.where(texts[1:] == texts[:-1], ends[:-1], 0)
    starts = np.maximum(starts, np.append(0, previous)[: len(starts)])
    return starts, np.maximum(starts, ends)


def _joined(pieces: pa.StringArray, first: Array) -> pa.StringArray:
    """Return texts of consecutive pieces; `first`: int64[n + 1], the first piece of each."""
    offsets, data = bytes_of(pieces)
    bounds = pa.py_buffer(offsets[first].astype(np.int32))
    return pa.StringArray.from_buffers(len(first) - 1, bounds, pa.py_buffer(data))
