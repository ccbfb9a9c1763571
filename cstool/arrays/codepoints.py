"""Strings of a column as the numbers that they are made of: bytes, and Unicode's code points."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import numbers


def bytes_of(texts: pa.Array) -> tuple[Array, Array]:
    """Return where each string's bytes begin (one more than strings), and the bytes they lie in."""
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    places = np.frombuffer(texts.buffers()[1], width) if len(texts) else np.zeros(1, width)
    offsets = places[texts.offset :][: len(texts) + 1].astype(np.int64)
    data = texts.buffers()[2] if len(texts) else None
    first, last = int(offsets[0]), int(offsets[-1])
    view = memoryview(data or b"")[first:last]
    return offsets - first, np.frombuffer(view, np.uint8)


def points_of(texts: pa.Array) -> tuple[Array, Array]:
    """Return where each string's code points begin (one more than strings), and the code points."""
    offsets, data = bytes_of(texts)
    points = np.frombuffer(data.tobytes().decode().encode("utf-32-le"), np.uint32)
    if len(points) == len(data):
        return offsets, points
    begins = np.zeros(len(offsets), np.int64)
    np.cumsum(pc.utf8_length(texts).to_numpy(zero_copy_only=False), out=begins[1:])
    return begins, points


def any_of(offsets: Array, bits: Array) -> Array:
    """Return for each string the union of its parts' bits; 0 for an empty one."""
    found = np.zeros(len(offsets) - 1, bits.dtype)
    some = np.diff(offsets) > 0
    if some.any():
        found[some] = np.bitwise_or.reduceat(bits, offsets[:-1][some])
    return found


def matches(texts: pa.Array, pattern: str) -> Array:
    """Return which strings have something that a pattern (RE2) matches."""
    found: Array = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found


def like(names: list[str], type_: pa.DataType) -> pa.Array:
    """Return strings as a column of this type, without importing pandas (as `pa.array` does)."""
    encoded = [*map(str.encode, names)]
    large = pa.types.is_large_string(type_)
    offsets = np.zeros(len(encoded) + 1, np.int64 if large else np.int32)
    np.cumsum([*map(len, encoded)], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(type_, len(encoded), buffers)


def put(names: pa.Array, rows: Array, changed: pa.Array) -> pa.Array:
    """Return the names with those in `rows` (sorted) replaced."""
    mask = np.zeros(len(names), np.uint8)
    mask[rows] = 1
    return pc.replace_with_mask(names, pc.equal(numbers(mask), 1), changed)
