"""The bounds of mentions in their sentences, and of the text around them that is looked at."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.codepoints import points_of
from cstool.languages.fitting.character_classes import byte_lengths

# Characters of context on each side of a mention.
_SEEN = 40


@dataclass(frozen=True)
class ContextWindow:
    """Sentences as code points, and for each mention its span and the bounds of its context.

    int64[n], as offsets into `points`. `begin`, `stop`: the bounds of the sentence. `left`,
    `right`: at most 40 characters away, up to the next mention.
    """

    points: Array
    begin: Array
    stop: Array
    left: Array
    start: Array
    end: Array
    right: Array

    @cached_property
    def anchors(self) -> pa.Array:
        """The anchors, a string column."""
        lengths = self.end - self.start
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        points = self.points[np.repeat(self.start - ends + lengths, lengths) + np.arange(total)]
        begins = np.concatenate([[0], np.cumsum(byte_lengths(points))])
        offsets = begins[np.concatenate([[0], ends])].astype(np.int32)
        data = points.tobytes().decode("utf-32-le").encode()
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.string(), len(lengths), buffers)

    def pieces(self, rows: Array) -> list[tuple[str, str, str]]:
        """Return (text before, anchor, text after) for these mentions."""
        cuts = zip(
            *(part[rows].tolist() for part in (self.left, self.start, self.end, self.right)),
            strict=True,
        )
        return [(self._text(a, b), self._text(b, c), self._text(c, d)) for a, b, c, d in cuts]

    def _text(self, first: int, last: int) -> str:
        return self.points[first:last].tobytes().decode("utf-32-le")


def around(texts: pa.Array, sentence: Array, start: Array, end: Array) -> ContextWindow:
    """Return the anchors and their contexts.

    For each mention: the index of its sentence in `texts`, and its start and end there in character
    offsets. Mentions must be in the order of the text, sentence by sentence.
    """
    # One more character, so that the position after the last one can be read.
    offsets, points = points_of(texts, after=1)
    begin = offsets[sentence]
    start, end = begin + start, begin + end
    same = sentence[1:] == sentence[:-1]
    stop = offsets[1:][sentence]
    left, right = begin.copy(), stop.copy()
    left[1:][same] = end[:-1][same]
    right[:-1][same] = start[1:][same]
    # Overlapping spans are not part of each other's context.
    left = np.minimum(np.maximum(left, start - _SEEN), start)
    right = np.maximum(np.minimum(right, end + _SEEN), end)
    return ContextWindow(points, begin, stop, left, start, end, right)
