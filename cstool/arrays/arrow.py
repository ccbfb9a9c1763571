"""Arrow columns from arrays and flat lists, and back, without a Python object for each row.

They are made from buffers: `pa.array` imports pandas wherever that is installed, which costs
every process of a short run more time than its work.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

_LARGEST_OFFSET = 2**31 - 1


def list_of_structs(
    lengths: Sequence[int] | np.ndarray[Any, Any],
    fields: Sequence[Sequence[Any] | np.ndarray[Any, Any] | pa.Array],
    type_: pa.DataType,
) -> pa.ListArray:
    """Return a list column: `lengths` of each row, and the flat values of each struct field."""
    struct = type_.value_type
    arrays = [column(values, field.type) for values, field in zip(fields, struct, strict=True)]
    values = pa.StructArray.from_arrays(arrays, fields=list(struct))
    return pa.ListArray.from_arrays(offsets_of(lengths), values, type=type_)


def column(values: Sequence[Any] | np.ndarray[Any, Any] | pa.Array, type_: pa.DataType) -> pa.Array:
    """Return a column of that type: strings, whole numbers, or lists of them; none is null."""
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_list(type_):
        items = column([item for row in values for item in row], type_.value_type)
        return pa.ListArray.from_arrays(offsets_of([*map(len, values)]), items, type=type_)
    if type_ == pa.string():
        return strings([*values])
    # Not type_.to_pandas_dtype(): up to pyarrow 25 that needs pandas.
    return numbers(np.asarray(values, np.dtype(str(type_))))


def numbers(values: np.ndarray[Any, Any]) -> pa.Array:
    """Return a column of the array's numbers, which it shares."""
    values = np.ascontiguousarray(values)
    type_ = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(type_, len(values), [None, pa.py_buffer(values)])


def strings(values: Sequence[str]) -> pa.StringArray:
    """Return a column of strings, none of them null. Raises pa.ArrowInvalid above 2 GB."""
    encoded = [*map(str.encode, values)]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    if offsets[-1] > _LARGEST_OFFSET:
        raise pa.ArrowInvalid("a column of strings of more than 2 GB")
    places, data = pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(encoded), places, data)


def list_of(
    lengths: Sequence[int] | np.ndarray[Any, Any], values: pa.Array, type_: pa.DataType
) -> pa.ListArray:
    """Return a list column: `lengths` of each row, and the flat values."""
    return pa.ListArray.from_arrays(offsets_of(lengths), values, type=type_)


def offsets_of(lengths: Sequence[int] | np.ndarray[Any, Any]) -> pa.Array:
    """Return Arrow list offsets for rows of these lengths."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    offsets[1:] = np.cumsum(np.asarray(lengths, dtype=np.int64))
    return numbers(offsets)


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array."""
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def flat(column: pa.Array) -> tuple[np.ndarray[Any, np.dtype[np.int64]], pa.Array]:
    """Return a list column's offsets, beginning at 0, and its flat values."""
    offsets = column.offsets.to_numpy().astype(np.int64)
    values = column.values.slice(offsets[0], offsets[-1] - offsets[0])
    return offsets - offsets[0], values


def ranges(firsts: np.ndarray[Any, Any], lengths: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return firsts[i], firsts[i]+1, … lengths[i] of them, for each i, one after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    places: np.ndarray[Any, Any] = np.arange(total) + np.repeat(firsts - (ends - lengths), lengths)
    return places
