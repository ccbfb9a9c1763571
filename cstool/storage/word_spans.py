"""Selects the words among the spans of switched rows: entities have a QID, words have none."""

import numpy as np
import pyarrow as pa

from cstool.arrays import Array


def are_words(spans: pa.StructArray) -> Array:
    """Return bool[n]: which spans are words, as a dictionary gives them, and not entities."""
    words: Array = spans.field("qid").is_null().to_numpy(zero_copy_only=False)
    return words


def number_by_row(offsets: Array, chosen: Array) -> Array:
    """Return int64[rows]: how many spans of each row are chosen (bool[n]).

    `offsets`: see `arrow.flat`.
    """
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(chosen, dtype=np.int64)])
    return np.diff(before[offsets])
