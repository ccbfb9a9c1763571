"""Answers modules that ask for items of Wikidata, in each worker (see `entity_items`)."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.stages.extract.entity_items import BY_TITLE, ItemSources, as_array
from cstool.storage.checksums import open_part, read_part
from cstool.storage.hash_index import HashIndex, hash_titles

_QID = re.compile(r"Q([1-9][0-9]{0,9})")
_LARGEST = 2**31 - 1
# Bytes of decoded row groups that are kept for each folder, besides the one in use; items; and row
# groups whose QIDs are kept.
_BYTES_KEPT = 64 << 20
_ITEMS_KEPT = 1 << 10
_GROUPS_KEPT = 1 << 8


class ItemLookup:
    """Answers what a folder of `entities` knows (see `Wikibase`); the rest is unknown.

    An item that the folder lacks is unknown, because it may be a redirect to another one. A wiki's
    page is known to have no item if the folder has all items with their sitelinks to the wiki.
    Raises InputError if a row group is damaged, OSError if it cannot be read.
    """

    def __init__(self, sources: ItemSources) -> None:
        self._folder, self._usual = sources.folder, sources.usual
        self._by_title = HashIndex.open(sources.store, BY_TITLE)
        self._near = _ItemRows(sources.items, sources.groups(sources.items))
        entities = sources.folder.folder
        self._all = _ItemRows(entities, sources.groups(entities))

    def entity(self, title: str, wiki: str) -> str | None:
        """Return the item of a page."""
        if wiki != self._usual.wiki or not self._folder.has_site(wiki):
            raise LookupError(title)
        qid = int(self._by_title.look_up(hash_titles([title]))[0])
        if not qid and not self._folder.is_whole:
            raise LookupError(title)
        return f"Q{qid}" if qid else None

    def exists(self, entity: str) -> bool:
        """Return True for an item of the folder."""
        self._near.place(entity)
        return True

    def term(self, kind: str, entity: str, language: str) -> str | None:
        """Return a label; descriptions are unknown."""
        if kind != "label" or not self._folder.has_language(language):
            raise LookupError(entity)
        rows = self._near if language in self._usual.languages else self._all
        return rows.item(entity).labels.get(language)

    def sitelink(self, entity: str, wiki: str) -> str | None:
        """Return the title of an item's page in a wiki."""
        if not self._folder.has_site(wiki):
            raise LookupError(entity)
        rows = self._near if wiki == self._usual.wiki else self._all
        return rows.item(entity).sitelinks.get(wiki)


@dataclass(frozen=True)
class _Item:
    """The labels of an item by language, and its titles by wiki."""

    labels: dict[str, str]
    sitelinks: dict[str, str]


class _ItemRows:
    """The items of a folder, whose row groups are in the order of QIDs.

    `groups`: path of the list of row groups.
    """

    def __init__(self, folder: Path, groups: Path) -> None:
        self._folder = folder
        listed = read_part(groups)
        self._files: Sequence[str] = listed.column("file").to_pylist()
        self._indices = as_array(listed, "index")
        self._lows, self._highs = as_array(listed, "low"), as_array(listed, "high")
        self._tables: OrderedDict[int, pa.Table] = OrderedDict()
        self._qids = lru_cache(maxsize=_GROUPS_KEPT)(self._read_qids)
        self.item = lru_cache(maxsize=_ITEMS_KEPT)(self._read_item)

    def place(self, entity: str) -> tuple[int, int]:
        """Return the row group of an item and its row there. Raises LookupError without one."""
        match = _QID.fullmatch(entity)
        qid = int(match[1]) if match else 0
        if not 0 < qid <= _LARGEST:
            raise LookupError(entity)
        group = int(np.searchsorted(self._lows, np.uint32(qid), "right")) - 1
        if group < 0 or qid > self._highs[group]:
            raise LookupError(entity)
        qids = self._qids(group)
        row = int(np.searchsorted(qids, np.uint32(qid)))
        if qids[row] != qid:
            raise LookupError(entity)
        return group, row

    def _read_item(self, entity: str) -> _Item:
        """Return an item. Raises LookupError without one."""
        group, row = self.place(entity)
        labels, links = (self._table(group).column(n)[row].as_py() for n in ("labels", "sitelinks"))
        return _Item(
            {label["language"]: label["value"] for label in labels},
            {link["site"]: link["title"] for link in links},
        )

    def _table(self, group: int) -> pa.Table:
        table = self._tables.pop(group, None)
        if table is None:
            table = self._read(group, ["labels", "sitelinks"])
            kept = table.nbytes + sum(other.nbytes for other in self._tables.values())
            while self._tables and kept > _BYTES_KEPT:
                kept -= self._tables.popitem(last=False)[1].nbytes
        self._tables[group] = table
        return table

    def _read_qids(self, group: int) -> Array:
        return as_array(self._read(group, ["qid"]), "qid")

    def _read(self, group: int, columns: list[str]) -> pa.Table:
        index = int(self._indices[group])
        part = open_part(self._folder / self._files[group], [index])
        return part.read_row_group(index, columns, use_threads=False)
