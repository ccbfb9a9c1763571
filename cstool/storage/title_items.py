"""The QIDs of page titles, from a folder of `titles`."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.errors import InputError
from cstool.storage.hash_index import NO_ITEM, HashIndex, hash_column
from cstool.storage.manifest import NOT_ENTITIES, TITLE_INDEX, Manifest
from cstool.storage.non_entities import NonEntities

# What `need_title_files` must find for lookups that leave out what is not an entity.
ENTITY_FILES = (NOT_ENTITIES,)
_NO_PAGE = "no page of that title"
_NO_ITEM = "page without an item"


class TitleItems:
    """Maps titles to the QIDs of entities.

    `reasons`: why a title has none; the number of a reason is its index + 1.
    """

    def __init__(self, folder: Path, *, keep_disambiguation: bool = False) -> None:
        """Open a folder; `keep_disambiguation`: take the items of such pages for entities."""
        self._index = HashIndex.open(folder, TITLE_INDEX)
        keep = keep_disambiguation
        self._others = NonEntities.none() if keep else NonEntities.read(folder)
        self.reasons = [*self._others.names, _NO_PAGE, _NO_ITEM]

    def items(self, titles: pa.Array) -> Array:
        """Return the value of each title in the index, entity or not; 0: no page."""
        return self._index.look_up(hash_column(titles))

    def look_up(self, titles: pa.Array) -> tuple[Array, Array]:
        """Return the QID of each title (uint32, 0 for none) and the number of its reason (0)."""
        items = self.items(titles)
        reasons = self._others.reasons(items)
        reasons[items == 0] = len(self.reasons) - 1
        reasons[items == NO_ITEM] = len(self.reasons)
        return np.where(reasons == 0, items, 0).astype(np.uint32), reasons


def need_title_files(folder: Path, table: Manifest, others: Collection[str] = ()) -> None:
    """Raise InputError if a folder of titles lacks its index or `others`, as older ones do."""
    wanted = {*HashIndex.files(TITLE_INDEX), *others}
    missing = sorted(wanted - {part.file for part in table.parts})
    if missing:
        raise InputError(
            f"{folder}: {missing[0]} is missing, because an older version of cstool made the "
            "folder; make it again with `cstool titles … --overwrite`"
        )
