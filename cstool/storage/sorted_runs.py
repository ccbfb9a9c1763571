"""External sort: Parquet files sorted by an integer key (runs), read by ranges of the key.

It is used by `entities`: workers write runs with small row groups. A range of keys is then read
from the row groups whose statistics overlap it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import rows_at
from cstool.storage.checksums import open_part, read_footer

ROWS_A_GROUP = 4096


@dataclass(frozen=True)
class Group:
    """A row group of a run: its file and index, its smallest and largest key, its bytes.

    `bytes`: not compressed.
    """

    file: str
    index: int
    low: int
    high: int
    bytes: int


@dataclass(frozen=True)
class KeyRange:
    """The rows with low ≤ key < high; `pieces`: by file, the row groups that may contain some."""

    low: int
    high: int
    pieces: tuple[tuple[str, tuple[int, ...]], ...]


def read_groups(files: Iterable[Path], key: str) -> list[Group]:
    """Return the row groups of the runs; reads only the footers."""
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
    """Return the range with the row groups that overlap it."""
    by_file: dict[str, list[int]] = {}
    for group in groups:
        if group.low < high and group.high >= low:
            by_file.setdefault(group.file, []).append(group.index)
    return KeyRange(low, high, tuple((file, tuple(i)) for file, i in by_file.items()))


@dataclass(frozen=True)
class SortedRows:
    """The rows of a range in stored order, with the permutation that sorts them.

    `order`: int64[n], row indices. `keys`: [n], sorted.
    """

    table: pa.Table
    order: np.ndarray[Any, Any]
    keys: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.order)

    def kept(self, mask: np.ndarray[Any, Any]) -> "SortedRows":
        """Return the rows where the mask (bool[n], in sorted order) is true."""
        return SortedRows(self.table, self.order[mask], self.keys[mask])

    def chunks(self, rows: int) -> Iterator[pa.Table]:
        """Yield the sorted rows, `rows` at a time, without a copy of all of them."""
        for start in range(0, len(self.order), rows):
            yield rows_at(self.table, self.order[start : start + rows])


def read_range(range_: KeyRange, key: str, schema: pa.Schema) -> SortedRows:
    """Return the rows of a range, sorted by key, equal keys in the order of the files.

    Raises InputError if a row group is damaged.
    """
    tables = [schema.empty_table()]
    for file, indices in range_.pieces:
        run = open_part(Path(file), indices)
        for index in indices:
            table = run.read_row_group(index, use_threads=False)
            keys = table.column(key).to_numpy()
            first, last = (_number_below(keys, bound) for bound in (range_.low, range_.high))
            tables.append(table.slice(first, last - first).replace_schema_metadata(None))
    # One chunk: each `take` from several chunks would concatenate them again.
    table = pa.concat_tables(tables).combine_chunks()
    keys = table.column(key).to_numpy()
    order: np.ndarray[Any, Any] = np.argsort(keys, kind="stable")
    return SortedRows(table, order, keys[order])


def _number_below(keys: np.ndarray[Any, Any], key: int) -> int:
    """Return the number of sorted keys below `key`, which may exceed the range of their type."""
    if key > np.iinfo(keys.dtype).max:
        return len(keys)
    return int(np.searchsorted(keys, keys.dtype.type(key)))


def in_groups(table: pa.Table) -> Iterable[pa.Table]:
    """Yield a sorted table in slices of ROWS_A_GROUP rows, the row groups of a run."""
    for start in range(0, table.num_rows, ROWS_A_GROUP):
        yield table.slice(start, ROWS_A_GROUP)
