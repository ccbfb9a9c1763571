"""Batches of rows of text and their linked mentions, as arrays.

A row is a sentence, a paragraph or a page; where nothing else is said, the code calls it sentence.
The linked mentions of a batch are flat arrays; `firsts` has the index of each row's first one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers
from cstool.arrays.codepoints import begins_of, bounds_of_pieces, cut
from cstool.errors import InputError

# Of rows that are not linked.
_NO_MENTIONS = pa.StructArray.from_arrays(
    [numbers(np.zeros(0, np.uint32))] * 3, ["start", "end", "qid"]
)


@dataclass(frozen=True)
class SentenceBatch:
    """A batch of linked sentences.

    `start`, `end` (character offsets), `qid` and `sentence` (index of the sentence) are
    `int64[mentions]`, of linked mentions only; `firsts` is `int64[sentences + 1]`. `pieces`: the
    sentences cut at their linked mentions: text, anchor, text, anchor, …, text of the first
    sentence, then of the next. `anchors`: the anchor of each linked mention.
    """

    rows: pa.RecordBatch
    firsts: Array
    sentence: Array
    start: Array
    end: Array
    qid: Array
    pieces: pa.StringArray
    anchors: pa.StringArray

    @staticmethod
    def of(rows: pa.RecordBatch) -> "SentenceBatch":
        """Return the batch without the mentions that have no QID.

        Raises InputError for mentions that overlap or exceed their sentence, and for starts of
        sentences that are missing, not ascending, or outside the text.
        """
        offsets, mentions = flat(rows.column("mentions"))
        if mentions.type.get_field_index("qid") < 0:  # not linked
            offsets, mentions = np.zeros_like(offsets), _NO_MENTIONS
        linked = mentions.field("qid").is_valid().to_numpy(zero_copy_only=False)
        firsts = np.concatenate([[0], np.cumsum(linked)])[offsets]
        start, end, qid = (
            mentions.field(name).fill_null(0).to_numpy()[linked].astype(np.int64)
            for name in ("start", "end", "qid")
        )
        sentence = np.repeat(np.arange(rows.num_rows), np.diff(firsts))
        begins = begins_of(rows.column("text"))
        if "sentences" in rows.schema.names:
            _check_starts(rows, np.diff(begins))
        pieces = _pieces(rows, begins, firsts, start, end)
        piece = sentence + 2 * np.arange(len(start)) + 1
        return SentenceBatch(
            rows, firsts, sentence, start, end, qid, pieces, pieces.take(numbers(piece))
        )

    @property
    def number(self) -> int:
        """The number of sentences."""
        return int(self.rows.num_rows)

    @property
    def ids(self) -> Array:
        """The ids of the sentences, `uint64[sentences]`, for hashing."""
        ids: Array = self.rows.column("id").to_numpy().astype(np.uint64)
        return ids

    @cached_property
    def number_in_row(self) -> Array:
        """The index of each mention's sentence in its row, `int64[mentions]`.

        A mention before the first sentence, which can only be in a heading, counts as one of it.
        """
        return self.number_at(self.sentence, self.start)

    def number_at(self, rows: Array, offsets: Array) -> Array:
        """Return the index of the sentence that each character is in; see `number_in_row`."""
        if "sentences" not in self.rows.schema.names:
            return np.zeros(len(offsets), np.int64)
        ends, starts = flat(self.rows.column("sentences"))
        places = in_rows(np.repeat(np.arange(self.number), np.diff(ends)), starts.to_numpy())
        found = np.searchsorted(places, in_rows(rows, offsets), "right")
        number: Array = np.maximum(found - ends[rows] - 1, 0)
        return number


def in_rows(rows: Array, offsets: Array) -> Array:
    """Return keys, int64[n], that sort characters by the index of their row, then by offset."""
    keys: Array = rows.astype(np.int64) << 32 | offsets.astype(np.int64)
    return keys


def _check_starts(rows: pa.RecordBatch, lengths: Array) -> None:
    """Check the column `sentences`; `lengths`: int64[rows], of the texts, in characters."""
    offsets, starts = flat(rows.column("sentences"))
    row = np.repeat(np.arange(rows.num_rows), np.diff(offsets))
    at = starts.to_numpy()
    keys = in_rows(row, at)
    wrong = np.concatenate(
        [
            np.flatnonzero(np.diff(offsets) == 0),
            row[at >= lengths[row]],
            row[1:][keys[1:] <= keys[:-1]],
        ]
    )
    if len(wrong):
        raise InputError(
            f"row {rows.column('id')[int(wrong.min())].as_py()}: `sentences` is empty, not "
            "ascending, or exceeds the text; make the linked rows again with "
            "`cstool link … --overwrite`"
        )


def _pieces(
    rows: pa.RecordBatch, begins: Array, firsts: Array, start: Array, end: Array
) -> pa.StringArray:
    """Return the sentences cut before and after each linked mention, without copying the text."""
    texts = rows.column("text")
    bounds = bounds_of_pieces(begins, firsts, start, end)
    crossed = np.flatnonzero(bounds[1:] < bounds[:-1])
    if len(crossed):
        first_piece = np.arange(len(texts) + 1) + 2 * firsts
        row = int(np.searchsorted(first_piece, crossed[0], "right")) - 1
        number = rows.column("id")[row].as_py()
        raise InputError(
            f"sentence {number}: mentions overlap or exceed the sentence; make the linked "
            "sentences again with `cstool link … --overwrite`"
        )
    return cut(texts, bounds)
