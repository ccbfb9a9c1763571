"""Look up labels in the arrays of a label store, for whole columns."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, ranges
from cstool.arrays.codepoints import bytes_of


class LabelArrays(NamedTuple):
    """The arrays of a store that labels are looked up in: see `label_store`; `rows` is [n, m + 2].

    An entity is identified by its row, a language by its bit in the mask.
    """

    rows: Array
    which: Array
    steps: Array
    offsets: Array
    text: Array

    @property
    def width(self) -> int:
        """The number of 64-bit words in a mask, m."""
        return int(self.rows.shape[1]) - 2


def labels_in_python(
    arrays: LabelArrays, entities: Array, languages: Array
) -> tuple[pa.StringArray, Array]:
    """Return the label of `entities[i]` in `languages[i]`, which must exist.

    And uint8[n]: the step of the search that found it.
    """
    if not len(entities):
        return pa.array([], pa.string()), np.zeros(0, np.uint8)
    rows = arrays.rows[entities]
    word, bit = languages // 64, (languages % 64).astype(np.uint64)
    below = rows[np.arange(len(entities)), word] & ((np.uint64(1) << bit) - np.uint64(1))
    rank = np.bitwise_count(below).astype(np.int64)
    for i in range(arrays.width - 1):
        rank += np.where(word > i, np.bitwise_count(rows[:, i]), 0).astype(np.int64)
    index = rows[:, -2].astype(np.int64) + rank
    words = rows[:, -1].astype(np.int64) + arrays.which[index]
    return _words(arrays).take(numbers(words)).cast(pa.string()), arrays.steps[index]


def masks_in_python(arrays: LabelArrays, entities: Array, texts: pa.StringArray) -> Array:
    """Return uint64[n, m]: the masks of languages in which an entity's label equals its text.

    `entities`: -1 for none; `texts`: a string for each. No mask for an empty text.
    """
    masks = np.zeros((len(entities), arrays.width), np.uint64)
    present = np.flatnonzero(entities >= 0)
    if not len(present):
        return masks
    first = arrays.rows[entities[present], -1].astype(np.int64)
    after = entities[present] + 1
    last = after == len(arrays.rows)
    following = arrays.rows[np.where(last, 0, after), -1].astype(np.int64)
    number = np.where(last, len(arrays.offsets) - 1, following) - first
    begins, _ = bytes_of(texts)
    owner = np.repeat(present, number)
    word = ranges(first, number)
    # Compare lengths before texts.
    length = arrays.offsets[word + 1] - arrays.offsets[word]
    alike = np.flatnonzero((length == np.diff(begins)[owner]) & (length > 0))
    owner, word = owner[alike], word[alike]
    wanted = texts.take(numbers(owner)).cast(pa.large_string())
    equal = pc.equal(_words(arrays).take(numbers(word)), wanted).to_numpy(zero_copy_only=False)
    owner, word = owner[equal], word[equal]
    masks[owner] = _with_word(arrays, entities[owner], word)
    return masks


def _with_word(arrays: LabelArrays, entities: Array, words: Array) -> Array:
    """Return the masks of languages in which `words[i]` is the label of `entities[i]`."""
    rows = arrays.rows[entities]
    masks = np.ascontiguousarray(rows[:, :-2])
    bits = np.unpackbits(masks.view(np.uint8), axis=1, bitorder="little")
    number = bits.sum(axis=1, dtype=np.int64)
    which = arrays.which[ranges(rows[:, -2].astype(np.int64), number)]
    wanted = np.repeat(words - rows[:, -1].astype(np.int64), number)
    bits[bits.view(bool)] = which == wanted
    packed: Array = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    return packed


def _words(arrays: LabelArrays) -> pa.LargeStringArray:
    return pa.LargeStringArray.from_buffers(
        len(arrays.offsets) - 1, pa.py_buffer(arrays.offsets), pa.py_buffer(arrays.text)
    )


def labels_compiled(
    arrays: LabelArrays, entities: Array, languages: Array
) -> tuple[pa.StringArray, Array]:
    """Return the same as `labels_in_python`; raises ValueError for an index outside the arrays."""
    offsets, text, steps = _label_lookup.labels(
        *arrays, arrays.width, entities.astype(np.int64), languages.astype(np.int64)
    )
    column = pa.StringArray.from_buffers(len(entities), pa.py_buffer(offsets), pa.py_buffer(text))
    return column, np.frombuffer(steps, np.uint8)


def masks_compiled(arrays: LabelArrays, entities: Array, texts: pa.StringArray) -> Array:
    """Return the same as `masks_in_python`; raises ValueError for an index outside the arrays."""
    found = _label_lookup.same(*arrays, arrays.width, entities.astype(np.int64), *bytes_of(texts))
    return np.frombuffer(found, np.uint64).reshape(len(entities), arrays.width)


try:
    from cstool.storage import _label_lookup

    labels_of, masks_of = labels_compiled, masks_compiled
except ImportError:
    labels_of, masks_of = labels_in_python, masks_in_python
