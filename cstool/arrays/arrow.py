"""Conversion between Arrow columns and NumPy arrays, without a Python object per row.

Columns are made from buffers: `pa.array` of an array imports `numpy.ma`, and pandas if it is
installed (but see `without_pandas`), which can take longer than the work of a short run.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

_LARGEST_OFFSET = 2**31 - 1
Rows = TypeVar("Rows")


def list_of_structs(
    lengths: Sequence[int] | np.ndarray[Any, Any],
    fields: Sequence[Sequence[Any] | np.ndarray[Any, Any] | pa.Array],
    type_: pa.DataType,
) -> pa.ListArray:
    """Return a column of lists of structs, of type `type_`.

    `lengths`: int[n], the length of each row's list. `fields`: for each field of the struct, its
    values in all rows, flattened.
    """
    struct = type_.value_type
    arrays = [column(values, field.type) for values, field in zip(fields, struct, strict=True)]
    values = pa.StructArray.from_arrays(arrays, fields=list(struct))
    return pa.ListArray.from_arrays(offsets_of(lengths), values, type=type_)


def column(values: Sequence[Any] | np.ndarray[Any, Any] | pa.Array, type_: pa.DataType) -> pa.Array:
    """Return a column of strings, integers, or lists of these, without nulls."""
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
    """Return a column of numbers that shares the memory of the array."""
    values = np.ascontiguousarray(values)
    type_ = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(type_, len(values), [None, pa.py_buffer(values)])


def booleans(values: np.ndarray[Any, np.dtype[np.bool_]]) -> pa.BooleanArray:
    """Return a column of booleans, for example the rows that `filter` keeps."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])


def nullable(values: np.ndarray[Any, Any], valid: np.ndarray[Any, np.dtype[np.bool_]]) -> pa.Array:
    """Return a column of numbers, with null where `valid` is false."""
    plain = numbers(values)
    mask = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(plain.type, len(plain), [mask, plain.buffers()[1]])


def strings(values: Sequence[str]) -> pa.StringArray:
    """Return a column of strings without nulls. Raises pa.ArrowInvalid above 2 GB of UTF-8."""
    encoded = [*map(str.encode, values)]
    sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
    return strings_of(sizes, b"".join(encoded))


def strings_of(sizes: np.ndarray[Any, Any], encoded: bytes | bytearray) -> pa.StringArray:
    """Return a column of strings without nulls that shares the memory of their UTF-8.

    `sizes`: int[n], the bytes of each. Raises pa.ArrowInvalid above 2 GB.
    """
    if len(encoded) > _LARGEST_OFFSET:
        raise pa.ArrowInvalid("a column of strings of more than 2 GB")
    buffers = offsets_of(sizes).buffers()[1], pa.py_buffer(encoded)
    return pa.StringArray.from_buffers(len(sizes), *buffers)


def nfc(texts: pa.StringArray) -> pa.StringArray:
    """Normalize strings, none of them null, to NFC.

    `pyarrow.compute.utf8_normalize` leaves letters decomposed in the wheels of pyarrow up to 25.
    """
    return strings([unicodedata.normalize("NFC", text) for text in texts.to_pylist()])


def coded(indexes: np.ndarray[Any, Any], values: pa.StringArray) -> pa.DictionaryArray:
    """Return `values[indexes]`, with those that occur in the order of their first occurrences."""
    number = len(indexes)
    first = np.full(len(values), number)
    first[indexes[::-1]] = np.arange(number)[::-1]  # of equal indexes, the last one counts
    order = np.argsort(first)[: np.count_nonzero(first < number)]
    place = np.empty(len(values), np.int64)
    place[order] = np.arange(len(order))
    return pa.DictionaryArray.from_arrays(numbers(place.take(indexes)), values.take(numbers(order)))


def list_of(
    lengths: Sequence[int] | np.ndarray[Any, Any], values: pa.Array, type_: pa.DataType
) -> pa.ListArray:
    """Return a column of lists; `lengths`: int[n]; `values`: all elements, flattened."""
    return pa.ListArray.from_arrays(offsets_of(lengths), values, type=type_)


def offsets_of(lengths: Sequence[int] | np.ndarray[Any, Any]) -> pa.Array:
    """Return the offsets of an Arrow list column: int32[n + 1], for lists of these lengths."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    offsets[1:] = np.cumsum(np.asarray(lengths, dtype=np.int64))
    return numbers(offsets)


def rows_at(rows: Rows, at: np.ndarray[Any, Any]) -> Rows:
    """Return the rows of a column or table with these indices, as `rows.take` does."""
    found: Rows = computed("take", rows, numbers(at))
    return found


def computed(function: str, *values: Any) -> Any:
    """Return what a function of `pyarrow.compute` makes of columns or tables.

    The import of that module takes 25 ms, also by methods such as `take`.
    """
    try:
        from pyarrow._compute import call_function
    except ImportError:  # a module that is not documented
        from pyarrow.compute import call_function
    return call_function(function, [*values])


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array."""
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def bytes_in_memory(table: pa.Table) -> int:
    """Return the size of a table as it is read from a file: columns without nulls have no mask."""
    masks = sum(_unused_masks(chunk) for column in table.columns for chunk in column.chunks)
    return int(table.nbytes) - masks


def _unused_masks(array: pa.Array) -> int:
    """Return the bytes of the masks that mark no null."""
    own = -(-len(array) // 8) if array.buffers()[0] is not None and not array.null_count else 0
    if pa.types.is_struct(array.type):
        return own + sum(_unused_masks(array.field(i)) for i in range(array.type.num_fields))
    return own + (_unused_masks(array.values) if pa.types.is_list(array.type) else 0)


def flat(column: pa.Array) -> tuple[np.ndarray[Any, np.dtype[np.int64]], pa.Array]:
    """Return the offsets of a list column (int64[n + 1], from 0) and its flattened values."""
    offsets = column.offsets.to_numpy().astype(np.int64)
    values = column.values.slice(offsets[0], offsets[-1] - offsets[0])
    return offsets - offsets[0], values


def distinct(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the distinct numbers, sorted, as `np.unique` does, which imports `numpy.ma`."""
    ordered = np.sort(values)
    kept: np.ndarray[Any, Any] = ordered[changes(ordered)]
    return kept


def are_among(values: np.ndarray[Any, Any], known: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return whether each number is one of `known`, which are sorted and distinct, bool[n].

    `np.isin` does the same, but imports `numpy.ma`.
    """
    if not len(known):
        return np.zeros(len(values), np.bool_)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: np.ndarray[Any, Any] = known[at] == values
    return found


def changes(values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return where a value differs from the one before, bool[n]; the first one always does."""
    return np.append(True, values[1:] != values[:-1])[: len(values)]


def ranges(firsts: np.ndarray[Any, Any], lengths: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the concatenated ranges `firsts[i], …, firsts[i] + lengths[i] - 1`."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    indices: np.ndarray[Any, Any] = np.arange(total) + np.repeat(firsts - (ends - lengths), lengths)
    return indices


def slices_of(
    ends: np.ndarray[Any, Any], most: int, rows: int | None = None
) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows, half-open, each of about `most` or of one row, and of at most `rows`.

    `ends`: the cumulative sizes of the rows, int64.
    """
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        end = end if rows is None else min(end, start + rows)
        yield start, end
        start = end
