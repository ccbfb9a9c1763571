"""Reads the list of items that are pages (disambiguations, lists, …) and not entities."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import computed, one_chunk
from cstool.errors import InputError
from cstool.storage.checksums import read_part
from cstool.storage.manifest import NOT_ENTITIES
from cstool.storage.schemas import QID

# The columns of the table, which is sorted by QID.
NON_ENTITIES = pa.schema([("qid", QID), ("reason", pa.string())])


class NonEntities:
    """Sorted QIDs, each with the number of its reason: 1 for `names[0]`, 2 for `names[1]`, …"""

    def __init__(self, qids: Array, reasons: Array, names: list[str]) -> None:
        self._qids = qids
        self._reasons = reasons
        self.names = names

    @staticmethod
    def none() -> "NonEntities":
        """Return an empty list."""
        return NonEntities(np.zeros(0, np.uint32), np.zeros(0, np.uint8), [])

    @staticmethod
    def read(folder: Path) -> "NonEntities":
        """Read the list from a folder of `titles`. Raises InputError if it cannot be read."""
        try:
            table = read_part(folder / NOT_ENTITIES)
            if not table.schema.equals(NON_ENTITIES):
                raise ValueError("columns other than qid and reason")
            # Damage without checksums may also be in the data: invalid UTF-8, nulls.
            table.validate(full=True)
            if any(column.null_count for column in table.columns):
                raise ValueError("missing values")
        except (OSError, ValueError, pa.ArrowException) as error:
            raise InputError(
                f"{folder / NOT_ENTITIES}: cannot be read ({' '.join(str(error).split())}); make "
                "the folder again with --overwrite"
            ) from error
        encoded = computed("dictionary_encode", one_chunk(table.column("reason")))
        reasons = encoded.indices.to_numpy().astype(np.uint8) + np.uint8(1)
        return NonEntities(table.column("qid").to_numpy(), reasons, encoded.dictionary.to_pylist())

    def reasons(self, qids: Array) -> Array:
        """Return uint8[n]: the number of each QID's reason, 0 if the QID is not in the list."""
        reasons = np.zeros(len(qids), np.uint8)
        if len(self._qids):
            order = np.argsort(qids)  # the binary search of sorted keys stays within the cache
            wanted = qids[order]
            indices = np.minimum(np.searchsorted(self._qids, wanted), len(self._qids) - 1)
            listed = self._qids[indices] == wanted
            reasons[order[listed]] = self._reasons[indices[listed]]
        return reasons
