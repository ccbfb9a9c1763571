"""The strings of a column as arrays of bytes and of Unicode code points."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import numbers

# Offsets of characters need eight times the memory of their bytes.
_BYTES_AT_ONCE = 1 << 18
# The first byte of a character, as int8; further bytes of UTF-8 are less.
_LEAST_LEAD = -64


def bytes_of(texts: pa.Array) -> tuple[Array, Array]:
    """Return byte offsets (int64[n + 1]) and the UTF-8 bytes of all strings (uint8)."""
    if not len(texts):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    _, bounds, data = texts.buffers()
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    offsets = np.frombuffer(bounds, width)[texts.offset :][: len(texts) + 1].astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    view = memoryview(data or b"")[first:last]
    return offsets - first, np.frombuffer(view, np.uint8)


def points_of(texts: pa.Array, after: int = 0) -> tuple[Array, Array]:
    """Return character offsets (int64[n + 1]) and the code points of all strings (uint32).

    `after`: the number of zeros after the last character.
    """
    offsets, data = bytes_of(texts)
    text = b"".join([data.data, bytes(after)]).decode()
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    if len(points) == len(data) + after:
        return offsets, points
    return begins_of(texts), points


def begins_of(texts: pa.Array) -> Array:
    """Return the character offset where each string begins in their joined text: int64[n + 1]."""
    begins = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(pc.utf8_length(texts).to_numpy(zero_copy_only=False), out=begins[1:])
    return begins


def bounds_of_pieces(begins: Array, firsts: Array, starts: Array, ends: Array) -> Array:
    """Return the bounds of the pieces that spans cut strings into: int64[n + 2 * spans + 1].

    The pieces of a string: the text before its first span, the span, the text up to the next one…
    Span k, in string i, is piece i + 2k + 1. `begins`: see `begins_of`; `firsts`: int64[n + 1], the
    index of each string's first span; `starts`, `ends`: in characters of their string, ascending.
    The bounds are in characters of the joined text.
    """
    number = len(firsts) - 1
    of_span = np.repeat(np.arange(number), np.diff(firsts))
    piece = of_span + 2 * np.arange(len(of_span))
    bounds = np.empty(number + 2 * len(of_span) + 1, np.int64)
    bounds[np.arange(number + 1) + 2 * firsts] = begins
    bounds[piece + 1] = begins[of_span] + starts
    bounds[piece + 2] = begins[of_span] + ends
    return bounds


def cut(texts: pa.StringArray, bounds: Array) -> pa.StringArray:
    """Return the pieces of the joined text between `bounds`, in characters, without copying it.

    `bounds`: ascending; the last one is the number of all characters.
    """
    _, data = bytes_of(texts)
    if bounds[-1] != len(data):
        bounds = _in_bytes(bounds, data)
    buffers = pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(data)
    return pa.StringArray.from_buffers(len(bounds) - 1, *buffers)


def _in_bytes(bounds: Array, data: Array) -> Array:
    """Return the byte offsets of character offsets, which ascend; `data`: UTF-8."""
    offsets = np.full(len(bounds), len(data), np.int64)
    first = characters = 0
    for start in range(0, len(data), _BYTES_AT_ONCE):
        some = data[start : start + _BYTES_AT_ONCE].view(np.int8)
        leads = np.flatnonzero(some >= _LEAST_LEAD)
        end = int(np.searchsorted(bounds, characters + len(leads)))
        offsets[first:end] = leads[bounds[first:end] - characters] + start
        first = end
        characters += len(leads)
    return offsets


def any_of(offsets: Array, bits: Array) -> Array:
    """Return the bitwise OR of `bits` for each string, 0 for an empty one.

    `offsets`: int64[n + 1], where each string begins in `bits`.
    """
    union = np.zeros(len(offsets) - 1, bits.dtype)
    not_empty = np.diff(offsets) > 0
    if not_empty.any():
        union[not_empty] = np.bitwise_or.reduceat(bits, offsets[:-1][not_empty])
    return union


def matches(texts: pa.Array, pattern: str) -> Array:
    """Return bool[n]: whether a pattern (RE2) matches somewhere in each string."""
    matched: Array = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return matched


def like(names: list[str], type_: pa.DataType) -> pa.Array:
    """Return a column of strings of type `type_`, without importing pandas as `pa.array` does."""
    encoded = [*map(str.encode, names)]
    large = pa.types.is_large_string(type_)
    offsets = np.zeros(len(encoded) + 1, np.int64 if large else np.int32)
    np.cumsum([*map(len, encoded)], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(type_, len(encoded), buffers)


def put(names: pa.Array, rows: Array, changed: pa.Array) -> pa.Array:
    """Return the names with those at the indices `rows` (sorted) replaced by `changed`."""
    mask = np.zeros(len(names), np.uint8)
    mask[rows] = 1
    return pc.replace_with_mask(names, pc.equal(numbers(mask), 1), changed)
