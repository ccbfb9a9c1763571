"""Nested Arrow columns from flat lists, and back, without a Python object for each row."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def list_of_structs(
    lengths: Sequence[int] | np.ndarray[Any, Any],
    fields: Sequence[Sequence[Any] | np.ndarray[Any, Any] | pa.Array],
    type_: pa.DataType,
) -> pa.ListArray:
    """Return a list column: `lengths` of each row, and the flat values of each struct field."""
    struct = type_.value_type
    arrays = [
        values if isinstance(values, pa.Array) else pa.array(values, field.type)
        for values, field in zip(fields, struct, strict=True)
    ]
    values = pa.StructArray.from_arrays(arrays, fields=list(struct))
    return pa.ListArray.from_arrays(offsets_of(lengths), values, type=type_)


def offsets_of(lengths: Sequence[int] | np.ndarray[Any, Any]) -> pa.Array:
    """Return Arrow list offsets for rows of these lengths."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    offsets[1:] = np.cumsum(np.asarray(lengths, dtype=np.int64))
    return pa.array(offsets)


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
