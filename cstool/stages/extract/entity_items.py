"""Items in an output folder of `entities`, for modules that ask for data of Wikidata.

An item is read from its row group in the folder. What is known of titles is an index from those of
the wiki's pages to QIDs, made once per run, which the workers map into memory.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import column, flat, numbers, one_chunk
from cstool.dumps.xml import Site
from cstool.errors import writing
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import open_part, read_part, write_table
from cstool.storage.counts import Counts
from cstool.storage.hash_index import HashIndex, building, hash_column, hash_titles
from cstool.storage.manifest import Input, describe_folder, need_stage
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import Run
from cstool.storage.sorted_runs import read_groups
from cstool.storage.tasks import Task, part_name
from cstool.wikitext.expansion.lua.term_languages import label_languages

_PAGES = "item-pages"
_STORE = "items"
_BY_TITLE = "items_by_title"
_GROUPS = "row_groups.parquet"
_LINKS = pa.schema([("hash", pa.uint64()), ("qid", pa.uint32())])
_LISTED = pa.schema(
    [("file", pa.string()), ("index", pa.uint32()), ("low", pa.uint32()), ("high", pa.uint32())]
)
_QUICK = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
_QID = re.compile(r"Q([1-9][0-9]{0,9})")
_LARGEST = 2**31 - 1
# Bytes of decoded columns that a worker keeps, besides those of the row group in use; items; and
# row groups whose QIDs are kept.
_KEPT = 256 << 20
_ITEMS_KEPT = 1 << 10
_GROUPS_KEPT = 1 << 6


@dataclass(frozen=True)
class EntityFolder:
    """An output folder of `entities`, and what it was made with.

    `described`: the folder as an input. `files`: path, checksum and bytes of its parts.
    `languages`, `sites`: those of its labels and sitelinks, None for all. `is_whole`: whether it
    has all items of Wikidata.
    """

    folder: Path
    described: Input
    files: tuple[tuple[str, str, int], ...]
    languages: frozenset[str] | None
    sites: frozenset[str] | None
    is_whole: bool


def entity_folder(folder: Path) -> EntityFolder:
    """Return what a folder was made with. Raises InputError if `entities` has not completed it."""
    manifest = need_stage(folder, "entities")
    given = manifest.parameters
    languages, sites = given.get("languages"), given.get("sites")
    lacks = {"only", "limit", "api"} & given.keys()
    unread = manifest.counts.details.get("damaged inputs")
    malformed = manifest.counts.tally("entities").dropped.get("malformed line")
    return EntityFolder(
        folder.absolute(),
        describe_folder(folder, manifest),
        tuple((part.file, part.checksum, part.bytes) for part in manifest.tables),
        None if languages is None else frozenset(languages),
        None if sites is None else frozenset(sites),
        not (lacks or unread or malformed),
    )


@dataclass(frozen=True)
class ItemSources:
    """What the workers read: the folder and, in `store`, the index of a wiki's pages."""

    folder: EntityFolder
    store: Path
    wiki: str

    def open(self) -> "ItemLookup":
        """Return the items. Raises InputError if the index is damaged."""
        return ItemLookup(self)


def index_items(
    run: Run, folder: EntityFolder, site: Site, on_message: Callable[[str], None]
) -> ItemSources:
    """Make the index of the pages of a wiki that have an item.

    `on_message` is called if the folder lacks the wiki or a language of its labels. Raises
    InputError for a damaged part, OutputError if the index cannot be written.
    """
    wiki = site.wiki
    for line in _lacking(folder, wiki, site.language):
        on_message(line)
    tasks = [
        Task(part_name(i), str(folder.folder / file), f"{wiki} {checksum}", size)
        for i, (file, checksum, size) in enumerate(folder.files)
    ]
    spec = PartSpec(_LINKS, label="extract: items", phase=_PAGES, layout=_QUICK)
    made = run.map(list_item_pages, wiki, tasks, spec)
    store = run.work(_STORE)
    with building(store, _BY_TITLE, np.uint32) as add:
        for part in made:
            table = read_part(run.work(_PAGES) / part.part.file)
            add(_array(table, "hash"), _array(table, "qid"))
    groups = read_groups((folder.folder / file for file, _, _ in folder.files), "qid")
    listed = [(Path(g.file).name, g.index, g.low, g.high) for g in groups]
    columns = zip(*listed, strict=True) if listed else [()] * len(_LISTED)
    arrays = [column(values, f.type) for values, f in zip(columns, _LISTED, strict=True)]
    with writing(store), whole_file(store / _GROUPS) as temporary:
        write_table(temporary, pa.table(arrays, schema=_LISTED))
    return ItemSources(folder, store, wiki)


def _lacking(folder: EntityFolder, wiki: str, language: str) -> Iterator[str]:
    """Yield messages about what modules will usually ask for and the folder does not have."""
    if folder.sites is not None and wiki not in folder.sites:
        yield (
            f"{folder.folder}: made without sitelinks to {wiki}, so modules do not know the items "
            f"of pages; make it again with {wiki} in --sites"
        )
    wanted = label_languages(language)
    lacking = [] if folder.languages is None else [c for c in wanted if c not in folder.languages]
    if lacking:
        yield (
            f"{folder.folder}: made without labels in {', '.join(lacking)}, so modules that ask "
            f"for labels leave holes; make it again with {language} in --languages"
        )


def list_item_pages(file: str, wiki: str) -> Batches:
    """Yield the pages of a wiki in the sitelinks of a part of `entities`."""
    part = open_part(Path(file))
    for index in range(part.num_row_groups):
        table = part.read_row_group(index, ["qid", "sitelinks"], use_threads=False)
        offsets, links = flat(one_chunk(table.column("sitelinks")))
        ours = pc.equal(links.field("site"), wiki)
        rows = np.repeat(np.arange(table.num_rows), np.diff(offsets))
        qids = _array(table, "qid")[rows[ours.to_numpy(zero_copy_only=False)]]
        hashes = hash_column(links.field("title").filter(ours))
        if len(hashes):
            yield pa.table([numbers(hashes), numbers(qids)], schema=_LINKS)
    return Counts()


def _array(table: pa.Table, name: str) -> Array:
    values: Array = np.from_dlpack(one_chunk(table.column(name)))
    return values


@dataclass(frozen=True)
class _Item:
    """The labels of an item by language, and its titles by wiki."""

    labels: dict[str, str]
    sitelinks: dict[str, str]


class ItemLookup:
    """Answers what a folder of `entities` knows (see `Wikibase`); the rest is unknown.

    An item that the folder lacks is unknown, because it may be a redirect to another one. A wiki's
    page is known to have no item if the folder has all items with their sitelinks to the wiki.
    Raises InputError if a row group is damaged, OSError if it cannot be read.
    """

    def __init__(self, sources: ItemSources) -> None:
        self._folder, self._wiki = sources.folder, sources.wiki
        self._by_title = HashIndex.open(sources.store, _BY_TITLE)
        groups = read_part(sources.store / _GROUPS)
        self._files: Sequence[str] = groups.column("file").to_pylist()
        self._indices = _array(groups, "index")
        self._lows, self._highs = _array(groups, "low"), _array(groups, "high")
        self._columns: OrderedDict[int, pa.Table] = OrderedDict()
        self._qids = lru_cache(maxsize=_GROUPS_KEPT)(self._read_qids)
        self._item = lru_cache(maxsize=_ITEMS_KEPT)(self._read_item)

    def entity(self, title: str, wiki: str) -> str | None:
        """Return the item of a page."""
        if wiki != self._wiki or not self._has_site(wiki):
            raise LookupError(title)
        qid = int(self._by_title.look_up(hash_titles([title]))[0])
        if not qid and not self._folder.is_whole:
            raise LookupError(title)
        return f"Q{qid}" if qid else None

    def exists(self, entity: str) -> bool:
        """Return True for an item of the folder."""
        self._place(entity)
        return True

    def term(self, kind: str, entity: str, language: str) -> str | None:
        """Return a label; descriptions are unknown."""
        languages = self._folder.languages
        if kind != "label" or (languages is not None and language not in languages):
            raise LookupError(entity)
        return self._item(self._place(entity)).labels.get(language)

    def sitelink(self, entity: str, wiki: str) -> str | None:
        """Return the title of an item's page in a wiki."""
        if not self._has_site(wiki):
            raise LookupError(entity)
        return self._item(self._place(entity)).sitelinks.get(wiki)

    def _has_site(self, wiki: str) -> bool:
        return self._folder.sites is None or wiki in self._folder.sites

    def _place(self, entity: str) -> tuple[int, int]:
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

    def _read(self, group: int, columns: list[str]) -> pa.Table:
        index = int(self._indices[group])
        part = open_part(self._folder.folder / self._files[group], [index])
        return part.read_row_group(index, columns, use_threads=False)

    def _read_qids(self, group: int) -> Array:
        return _array(self._read(group, ["qid"]), "qid")

    def _read_item(self, place: tuple[int, int]) -> _Item:
        group, row = place
        table = self._columns.pop(group, None)
        if table is None:
            table = self._read(group, ["labels", "sitelinks"])
            while self._columns and table.nbytes + self._kept() > _KEPT:
                self._columns.popitem(last=False)
        self._columns[group] = table
        labels, links = (table.column(name)[row].as_py() for name in ("labels", "sitelinks"))
        return _Item(
            {label["language"]: label["value"] for label in labels},
            {link["site"]: link["title"] for link in links},
        )

    def _kept(self) -> int:
        return sum(table.nbytes for table in self._columns.values())
