"""Sorted runs: Parquet files of row groups sorted by an integer key, read by ranges of it.

The external sort of `entities` and `shard`: workers write runs with small row groups; each range
of keys, cut by what the files' footers tell, is then read from just those row groups that touch it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import numbers
from cstool.storage.checksums import open_part, read_footer

ROWS_A_GROUP = 4096


@dataclass(frozen=True)
class Group:
    """A row group of a run: where it is, its keys from `low` to `high`, its bytes unpacked."""

    file: str
    index: int
    low: int
    high: int
    bytes: int


@dataclass(frozen=True)
class KeyRange:
    """The rows with low ≤ key < high, and the row groups, by file, that may have some."""

    low: int
    high: int
    pieces: tuple[tuple[str, tuple[int, ...]], ...]


def read_groups(files: Iterable[Path], key: str) -> list[Group]:
    """Return the row groups of the runs, from their footers alone."""
    groups = []
    for file in files:
        metadata = read_footer(file)
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            columns = (group.column(i) for i in range(group.num_columns))
            statistics = next(c for c in columns if c.path_in_schema == key).statistics
            groups.append(
                Group(str(file), index, statistics.min, statistics.max, group.total_byte_size)
            )
    return groups


def key_range(groups: Iterable[Group], low: int, high: int) -> KeyRange:
    """Return the range with the row groups that it is read from."""
    by_file: dict[str, list[int]] = {}
    for group in groups:
        if group.low < high and group.high >= low:
            by_file.setdefault(group.file, []).append(group.index)
    return KeyRange(low, high, tuple((file, tuple(i)) for file, i in by_file.items()))


@dataclass(frozen=True)
class SortedRows:
    """A range's rows as they were read, and the order that sorts them; `keys` are in order."""

    table: pa.Table
    order: np.ndarray[Any, Any]
    keys: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.order)

    def kept(self, mask: np.ndarray[Any, Any]) -> "SortedRows":
        """Return the rows for which the mask, in their order, is true."""
        return SortedRows(self.table, self.order[mask], self.keys[mask])

    def chunks(self, rows: int) -> Iterator[pa.Table]:
        """Yield the rows in order, so many at a time: the whole is never copied."""
        for start in range(0, len(self.order), rows):
            yield self.table.take(numbers(self.order[start : start + rows]))


def read_range(range_: KeyRange, key: str, schema: pa.Schema) -> SortedRows:
    """Return the range's rows, sorted by key; equal keys in the order of the files."""
    tables = [schema.empty_table()]
    for file, indices in range_.pieces:
        run = open_part(Path(file), indices)
        for index in indices:
            table = run.read_row_group(index, use_threads=False)
            keys = table.column(key).to_numpy()
            first, last = (_place(keys, bound) for bound in (range_.low, range_.high))
            tables.append(table.slice(first, last - first).replace_schema_metadata(None))
    # One chunk: taking rows from many would put them together anew each time.
    table = pa.concat_tables(tables).combine_chunks()
    keys = table.column(key).to_numpy()
    order: np.ndarray[Any, Any] = np.argsort(keys, kind="stable")
    return SortedRows(table, order, keys[order])


def _place(keys: np.ndarray[Any, Any], key: int) -> int:
    """Return how many of the sorted keys are below that one, which their type may not hold."""
    if key > np.iinfo(keys.dtype).max:
        return len(keys)
    return int(np.searchsorted(keys, keys.dtype.type(key)))


def in_groups(table: pa.Table) -> Iterable[pa.Table]:
    """Cut a sorted table into the row groups of a run."""
    for start in range(0, table.num_rows, ROWS_A_GROUP):
        yield table.slice(start, ROWS_A_GROUP)
