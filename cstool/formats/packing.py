"""Packs the tokens of samples into sequences of equal length, and keeps where each sample is.

A sample is a row: its tokens, of which the last is the end of a document. Sequences are consecutive
pieces of the samples' tokens, so nothing is reordered, repeated or lost. They are cut after every
`size` tokens or, with `whole`, before a sample that does not fit (next-fit, in the order of the
samples); a sample longer than `size` is cut by both, as in CrossIC-PT (Wu et al. 2025,
doi:10.18653/v1/2025.emnlp-main.1380).
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.formats.encode_texts import TokenLists

_ZERO = np.zeros(1, np.int64)


class SamplePieces(NamedTuple):
    """Pieces of samples in sequences, in order.

    `sample`, int64[p]: index of its sample. `start`, `end`, uint32[p]: where it is in its sequence.
    `offset`, uint32[p]: number of tokens of the sample in earlier pieces. `ends`, int64[s]: where
    the pieces of each sequence end.
    """

    sample: Array
    start: Array
    end: Array
    offset: Array
    ends: Array


class Sequences(NamedTuple):
    """Sequences of tokens: `ids`, int32[n], and `ends`, int64[s], where each ends.

    `pieces`: of samples, which are rows of `rows`. `cut`: the number of samples that begin in one
    of these sequences and do not end in it.
    """

    ids: Array
    ends: Array
    pieces: SamplePieces
    rows: pa.Table
    cut: int


class Packer:
    """Packs samples that come in tables; how they are divided into tables makes no difference.

    `size`: tokens of a sequence, None for one sequence for each sample. `whole`: whether samples
    of at most `size` tokens are kept whole. Between two tables, the last sequence is in memory.
    """

    def __init__(self, size: int | None = None, *, whole: bool = False) -> None:
        self._size = size
        self._whole = whole
        self._rows: pa.Table | None = None
        self._tokens = TokenLists(np.zeros(0, np.int32), np.zeros(0, np.int64))
        # Tokens of the first sample that are in sequences already returned.
        self._before = 0

    def add(self, rows: pa.Table, tokens: TokenLists) -> Sequences:
        """Return the sequences that are complete. `tokens`: those of the samples in `rows`."""
        if self._rows is not None:
            ids, ends = self._tokens
            tokens = TokenLists(
                np.concatenate([ids, tokens.ids]), np.concatenate([ends, tokens.ends + len(ids)])
            )
            rows = pa.concat_tables([self._rows, rows])
        if self._size is None:
            return _sequences(rows, tokens, tokens.ends, 0)
        # The last sequence may go on in the next table.
        ends = sequence_ends(tokens.ends, self._size, whole=self._whole)[:-1]
        made = _sequences(rows, tokens, ends, self._before)
        self._keep_from(rows, tokens, int(ends[-1]) if len(ends) else 0)
        return made

    def finish(self) -> Sequences | None:
        """Return the last sequence; None if there is none."""
        if self._rows is None or not len(self._tokens.ids):
            return None
        return _sequences(self._rows, self._tokens, self._tokens.ends[-1:], self._before)

    def _keep_from(self, rows: pa.Table, tokens: TokenLists, at: int) -> None:
        """Keep the tokens from a position on, and their samples."""
        first = int(np.searchsorted(tokens.ends, at, side="right"))
        begin = int(tokens.ends[first - 1]) if first else 0
        self._before = at - begin + (self._before if not first else 0)
        self._rows = rows.slice(first)
        # Copies, so that the rest of the table is freed.
        self._tokens = TokenLists(tokens.ids[at:].copy(), tokens.ends[first:] - at)


def sequence_ends(ends: Array, size: int, *, whole: bool) -> Array:
    """Return where sequences of at most `size` tokens end, int64[s].

    `ends`: int64[t], where each sample ends; no sample is empty.
    """
    total = int(ends[-1]) if len(ends) else 0
    if not whole:
        return np.append(np.arange(size, total, size), total)[: -(-total // size)]
    # A longer sample consists of parts that are packed like samples.
    begins = np.concatenate([_ZERO, ends])[:-1]
    parts = -(-(ends - begins) // size)
    number = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
    ends = np.minimum(np.repeat(begins, parts) + (number + 1) * size, np.repeat(ends, parts))
    # For each part, the first one that does not fit into a sequence that begins with it.
    begins = np.concatenate([_ZERO, ends])[:-1]
    following = np.searchsorted(ends, begins + size, side="right").tolist()
    firsts = []
    at = 0
    while at < len(following):
        at = following[at]
        firsts.append(at)
    return ends[np.array(firsts, np.int64) - 1]


def _sequences(rows: pa.Table, tokens: TokenLists, ends: Array, before: int) -> Sequences:
    """Return the sequences with these ends, and the samples in them.

    `before`: tokens of the first sample that are in earlier sequences.
    """
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.union1d(tokens.ends, ends)
    cuts = cuts[: np.searchsorted(cuts, total, side="right")]
    begins = np.concatenate([_ZERO, cuts])[:-1]
    sample = np.searchsorted(tokens.ends, begins, side="right")
    sequence = np.searchsorted(ends, begins, side="right")
    begin_of_sample = np.concatenate([[-before], tokens.ends])[sample]
    begin_of_sequence = np.concatenate([_ZERO, ends])[sequence]
    offset = begins - begin_of_sample
    pieces = SamplePieces(
        sample,
        (begins - begin_of_sequence).astype(np.uint32),
        (cuts - begin_of_sequence).astype(np.uint32),
        offset.astype(np.uint32),
        np.searchsorted(sequence, np.arange(len(ends)), side="right"),
    )
    cut = np.count_nonzero((offset == 0) & (cuts < tokens.ends[sample]))
    return Sequences(tokens.ids[:total], ends, pieces, rows, int(cut))
