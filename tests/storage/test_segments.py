"""Segments are read back from their byte ranges, from any number of files."""

import os
import resource
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.storage.segments import (
    Segment,
    SegmentWriter,
    TableSize,
    batches_by_group,
    merge_segments,
    order_by_destination,
    read_segments,
)

SCHEMA = pa.schema([("number", pa.int64())])


@pytest.fixture
def few_open_files() -> Iterator[int]:
    """Limit this process to 16 more open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 16
    # The limit is on descriptor numbers, and lower ones may be in use.
    handles = [os.open(os.devnull, os.O_RDONLY) for _ in range(few)]
    for handle in handles:
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(handles) + 1, hard))
    yield few
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_segments_may_be_in_more_files_than_can_be_open(
    tmp_path: Path, few_open_files: int
) -> None:
    segments = []
    for number in range(3 * few_open_files):
        file = tmp_path / f"{number}.arrow"
        with SegmentWriter(file, SCHEMA) as writer:
            rows = pa.table([[number, -number, number]], schema=SCHEMA)
            writer.write(rows, np.array([1, 2, 1], np.uint32))
        first = writer.index().to_pylist()[0]
        segments.append(Segment(str(file), first["offset"], first["bytes"], first["checksum"]))
    read = read_segments(segments, SCHEMA).column("number").to_pylist()
    assert read == [number for number in range(len(segments)) for _ in range(2)]


KEYED = pa.schema([("number", pa.int64()), ("key", pa.uint64())])
Rows = list[tuple[int, int]]  # destination and key


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9))), max_size=5),
    st.integers(1, 7),
)
def test_merged_segments_are_sorted_and_equal_keys_keep_their_order(
    tmp_path_factory: pytest.TempPathFactory, batches: list[Rows], size: int
) -> None:
    file = tmp_path_factory.mktemp("segments") / "one.arrow"
    expected: dict[int, list[tuple[int, int]]] = {}
    number = 0
    with SegmentWriter(file, KEYED) as writer:
        for rows in filter(None, batches):
            destinations, keys = (np.array(values, np.uint64) for values in zip(*rows, strict=True))
            numbers = np.arange(number, number + len(rows))
            number += len(rows)
            order = order_by_destination(destinations, keys)
            columns = [pa.array(column[order]) for column in (numbers, keys)]
            batch = pa.RecordBatch.from_arrays(columns, schema=KEYED)
            writer.write_ordered(batch, destinations[order])
            for (destination, key), of_row in zip(rows, numbers.tolist(), strict=True):
                expected.setdefault(destination, []).append((key, of_row))
    index = writer.index().to_pylist()
    for destination, its_rows in expected.items():
        segments = [
            Segment(str(file), one["offset"], one["bytes"], one["checksum"])
            for one in index
            if one["destination"] == destination
        ]
        tables = [*merge_segments(segments, KEYED, "key", TableSize(size))]
        merged = [n for table in tables for n in table.column("number").to_pylist()]
        assert merged == [of_row for _, of_row in sorted(its_rows)]
        assert all(table.num_rows == size for table in tables[:-1])


@given(
    st.lists(st.text("ab", max_size=9), min_size=1, max_size=30),
    st.integers(1, 20),
    st.integers(1, 7),
)
def test_merged_tables_are_bounded_by_the_bytes_of_their_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], most: int, rows: int
) -> None:
    schema = pa.schema([("text", pa.string()), ("key", pa.uint64())])
    file = tmp_path_factory.mktemp("segments") / "one.arrow"
    with SegmentWriter(file, schema) as writer:
        batch = pa.RecordBatch.from_arrays(
            [pa.array(texts), pa.array(range(len(texts)), pa.uint64())], schema=schema
        )
        writer.write_ordered(batch, np.zeros(len(texts), np.uint32))
    [one] = writer.index().to_pylist()
    segment = Segment(str(file), one["offset"], one["bytes"], one["checksum"])
    size = TableSize(rows, most, ("text",))
    tables = [t.column("text").to_pylist() for t in merge_segments([segment], schema, "key", size)]
    assert [text for table in tables for text in table] == texts
    for table, after in pairwise([*tables, []]):
        assert 1 <= len(table) <= rows
        assert sum(map(len, table)) <= most or len(table) == 1
        full = len(table) == rows or sum(map(len, [*table, *after[:1]])) > most
        assert full or not after


def test_batches_do_not_join_row_groups(tmp_path: Path) -> None:
    table = pa.table({"number": range(10), "other": range(10)})
    pq.write_table(table, tmp_path / "one.parquet", row_group_size=4)
    batches = [*batches_by_group(pq.ParquetFile(tmp_path / "one.parquet"), 3, ["number"])]
    assert [b.column("number").to_pylist() for b in batches] == [
        [0, 1, 2], [3], [4, 5, 6], [7], [8, 9],
    ]  # fmt: skip
