"""The list of items that are pages and no entities, as `titles` has written it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import one_chunk
from cstool.errors import InputError
from cstool.storage.checksums import read_part
from cstool.storage.manifest import NOT_ENTITIES


class NonEntities:
    """QIDs in rising order, and of each the number of its reason, from 1 on, in `names`."""

    def __init__(self, qids: Array, reasons: Array, names: list[str]) -> None:
        self._qids = qids
        self._reasons = reasons
        self.names = names

    @staticmethod
    def none() -> "NonEntities":
        """Return a list that holds nothing."""
        return NonEntities(np.zeros(0, np.uint32), np.zeros(0, np.uint8), [])

    @staticmethod
    def read(folder: Path) -> "NonEntities":
        """Read the list in a folder of titles. Raises InputError when it cannot be read."""
        try:
            table = read_part(folder / NOT_ENTITIES)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(
                f"{folder / NOT_ENTITIES}: cannot be read ({error}); make the folder again with "
                "--overwrite"
            ) from error
        encoded = pc.dictionary_encode(one_chunk(table.column("reason")))
        reasons = encoded.indices.to_numpy().astype(np.uint8) + np.uint8(1)
        return NonEntities(table.column("qid").to_numpy(), reasons, encoded.dictionary.to_pylist())

    def reasons(self, qids: Array) -> Array:
        """Return the number of the reason why each QID names no entity; 0 where it may."""
        answer = np.zeros(len(qids), np.uint8)
        if len(self._qids):
            order = np.argsort(qids)  # a binary search of sorted keys stays within the cache
            asked = qids[order]
            places = np.minimum(np.searchsorted(self._qids, asked), len(self._qids) - 1)
            there = self._qids[places] == asked
            answer[order[there]] = self._reasons[places[there]]
        return answer
