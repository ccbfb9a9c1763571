"""Conversion between list columns and flat lists."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.arrays.arrow import are_among, flat, list_of_structs, nullable, offsets_of, one_chunk
from cstool.storage.schemas import TERMS

ROWS = st.lists(st.lists(st.tuples(st.text(max_size=2), st.text(max_size=2)), max_size=3))


def column_of(rows: list[list[tuple[str, str]]]) -> pa.ListArray:
    fields = [[pair[i] for row in rows for pair in row] for i in (0, 1)]
    return list_of_structs([len(row) for row in rows], fields, TERMS)


def dicts(rows: list[list[tuple[str, str]]]) -> list[list[dict[str, str]]]:
    return [[{"language": a, "value": b} for a, b in row] for row in rows]


@given(rows=ROWS, start=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_a_column_has_its_rows_and_can_be_flattened(
    rows: list[list[tuple[str, str]]], start: int
) -> None:
    column = column_of(rows)
    assert column.type == TERMS
    assert column.to_pylist() == dicts(rows)
    offsets, values = flat(column.slice(start))
    rest = rows[start:]
    assert offsets.tolist() == np.cumsum([0, *map(len, rest)]).tolist()
    assert values.to_pylist() == [d for row in dicts(rest) for d in row]
    assert values.field("value").to_pylist() == [b for row in rest for _, b in row]


@given(rows=st.lists(st.integers(0, 3), max_size=20))
def test_numbers_may_be_null(rows: list[int]) -> None:
    values = np.array(rows, np.uint32)
    column = nullable(values, values != 0)
    column.validate(full=True)
    assert column.to_pylist() == [number or None for number in rows]
    assert column.equals(pa.array(values, mask=values == 0))


def test_offsets_begin_at_zero() -> None:
    assert offsets_of([2, 0, 3]).to_pylist() == [0, 2, 2, 5]
    assert offsets_of([]).to_pylist() == [0]


def test_chunks_are_combined() -> None:
    for chunks in ([[1]], [[1], [2, 3]], [[], [1]]):
        column = pa.chunked_array(chunks, pa.int64())
        assert one_chunk(column).to_pylist() == [n for chunk in chunks for n in chunk]
    assert one_chunk(pa.chunked_array([], pa.int64())).to_pylist() == []
    assert one_chunk(pa.array([1])).to_pylist() == [1]


@given(values=st.lists(st.integers(0, 9)), known=st.sets(st.integers(0, 9)))
def test_numbers_are_among_sorted_ones_as_numpy_finds(values: list[int], known: set[int]) -> None:
    ordered, numbers = np.array(sorted(known), np.uint32), np.array(values, np.uint32)
    assert are_among(numbers, ordered).tolist() == np.isin(numbers, ordered).tolist()
