"""The number of mentions of each entity in linked text."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import flat, one_chunk
from cstool.storage.checksums import load_array, read_part

# Number of distinct QIDs to collect before they are merged: 64 MB.
_PENDING = 4_000_000


class LinkCounts:
    """The number of mentions of each entity; 0 for an entity without mentions."""

    def __init__(self, table: Array) -> None:
        """Use a table of QIDs, ascending, and their numbers: uint32[2, n]."""
        self._qids, self._numbers = table

    @staticmethod
    def open(file: Path) -> "LinkCounts":
        """Open a table that was saved. Raises InputError if it is damaged."""
        return LinkCounts(load_array(file))

    def of(self, qids: Array) -> Array:
        """Return uint32[n]: the number of mentions of each QID."""
        if not len(self._qids):
            return np.zeros(len(qids), np.uint32)
        place = np.minimum(np.searchsorted(self._qids, qids), len(self._qids) - 1)
        found: Array = np.where(self._qids[place] == qids, self._numbers[place], np.uint32(0))
        return found


def count_links(parts: Iterable[Path]) -> Array:
    """Return the QIDs of the mentions in parts of linked text, ascending, and their numbers.

    uint32[2, n]. Raises InputError if a part is damaged.
    """
    pending: list[Array] = []
    merged = np.zeros((2, 0), np.int64)
    for part in parts:
        column = read_part(part, ["mentions.list.element.qid"])
        _, mentions = flat(one_chunk(column.column("mentions")))
        qids, numbers = np.unique(mentions.field("qid").drop_null(), return_counts=True)
        pending.append(np.stack([qids.astype(np.int64), numbers]))
        if sum(table.shape[1] for table in pending) > max(_PENDING, merged.shape[1]):
            merged, pending = _sum([merged, *pending]), []
    return _sum([merged, *pending]).astype(np.uint32)


def _sum(tables: list[Array]) -> Array:
    """Return the table of all QIDs in these tables, with their numbers added up: int64[2, n]."""
    every = np.concatenate(tables, axis=1)
    qids, place = np.unique(every[0], return_inverse=True)
    numbers = np.bincount(place, every[1], minlength=len(qids)).astype(np.int64)
    return np.stack([qids, numbers])
