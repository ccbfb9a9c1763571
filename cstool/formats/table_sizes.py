"""Counts the bytes of a file's tables in memory, which a dataset card gives as `num_bytes`."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from cstool.arrays.arrow import bytes_in_memory
from cstool.storage.counts import Counts

# A detail of the counts.
IN_MEMORY = "bytes in memory"


def count_bytes(table: pa.Table, split: str, counts: Counts) -> None:
    """Add the bytes of a table to those of its split, in the detail IN_MEMORY."""
    counts.add(IN_MEMORY, {split: bytes_in_memory(table)})


def counted_tables(tables: Iterable[pa.Table], split: str, counts: Counts) -> Iterator[pa.Table]:
    """Yield the tables; add their bytes to the counts."""
    for table in tables:
        count_bytes(table, split, counts)
        yield table
