"""Counts the bytes of a file's tables in memory, which a dataset card gives as `num_bytes`."""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from cstool.arrays.arrow import bytes_in_memory
from cstool.storage.counts import Counts

# A detail of the counts.
IN_MEMORY = "bytes in memory"


def with_sizes(
    tables: Iterable[pa.Table],
    name: str,
    counts: Counts,
    as_read: Callable[[pa.Table], pa.Table] | None = None,
) -> Iterator[pa.Table]:
    """Yield the tables; add their bytes to the counts, in the detail IN_MEMORY under `name`.

    `as_read`: makes of a table what readers see, None if that is the table.
    """
    for table in tables:
        counts.add(IN_MEMORY, {name: bytes_in_memory(as_read(table) if as_read else table)})
        yield table
