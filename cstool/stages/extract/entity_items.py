"""Items in an output folder of `entities`, for modules that ask for data of Wikidata.

A step of the run copies what modules usually ask for, labels in the wiki's languages and titles in
the wiki, to parts with small row groups, of which a lookup reads one, and makes an index from the
titles of the wiki's pages to QIDs. Workers share both (`item_lookup`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import column, flat, list_of_structs, numbers, one_chunk, strings
from cstool.dumps.xml import Site
from cstool.errors import writing
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import open_part, read_part, write_table
from cstool.storage.counts import Counts
from cstool.storage.hash_index import building, hash_column
from cstool.storage.manifest import Input, describe_folder, need_stage
from cstool.storage.parts import Batches, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.storage.schemas import ENTITIES
from cstool.storage.sorted_runs import read_groups
from cstool.storage.tasks import Task, part_name
from cstool.wikitext.expansion.lua.term_languages import converted_from, label_languages

BY_TITLE = "items_by_title"
_ITEMS = "items"
_PAGES = "item_pages"
_STORE = "item_store"
_COPIED = pa.schema([ENTITIES.field(name) for name in ("qid", "labels", "sitelinks")])
_LINKS = pa.schema([("hash", pa.uint64()), ("qid", pa.uint32())])
_GROUPS = pa.schema(
    [("file", pa.string()), ("index", pa.uint32()), ("low", pa.uint32()), ("high", pa.uint32())]
)
_ROWS_A_GROUP = 1024
_LAYOUT = {
    "compression": "zstd",
    "use_dictionary": ["labels.list.element.language", "sitelinks.list.element.site"],
    "write_statistics": ["qid"],
}


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

    def has_site(self, wiki: str) -> bool:
        """Return whether the folder has the sitelinks to a wiki."""
        return self.sites is None or wiki in self.sites

    def has_language(self, code: str) -> bool:
        """Return whether the folder has the labels in a language."""
        return self.languages is None or code in self.languages


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
class UsualAnswers:
    """What modules of a wiki usually ask for: labels in some languages, titles in the wiki."""

    wiki: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class ItemSources:
    """What the workers read.

    `items`: the folder with the copied parts, which have the `usual` answers; `store`: the folder
    with the index and the lists of row groups.
    """

    folder: EntityFolder
    usual: UsualAnswers
    items: Path
    store: Path

    def groups(self, folder: Path) -> Path:
        """Return the list of the row groups of a folder: `items` or that of `entities`."""
        return self.store / ("items.parquet" if folder == self.items else "all.parquet")


def index_items(
    run: Run, folder: EntityFolder, site: Site, on_message: Callable[[str], None]
) -> ItemSources:
    """Copy what modules of a wiki usually ask for, and make the index of its pages with an item.

    `on_message` is called if the folder lacks the wiki or a language of its labels. Raises
    InputError for a damaged part, OutputError if the copy cannot be written.
    """
    languages = label_languages(site.language)
    for line in _lacking(folder, site.wiki, languages):
        on_message(line)
    variants = (other for code in languages for other in converted_from(code))
    usual = UsualAnswers(site.wiki, tuple(dict.fromkeys((*languages, *variants))))
    tasks = [
        Task(part_name(i), str(folder.folder / file), f"{usual} {checksum}", size)
        for i, (file, checksum, size) in enumerate(folder.files)
    ]
    spec = PartSpec(_COPIED, label="extract: items", phase=_ITEMS, layout=_LAYOUT)
    made = run.map(copy_items, usual, tasks, spec)
    files = [part.part.file for part in made]
    alone = replace(folder, files=())  # workers find the files in the lists of row groups
    sources = ItemSources(alone, usual, run.work(_ITEMS), run.work(_STORE))
    with building(sources.store, BY_TITLE, np.uint32) as add:
        for path in (run.work(_PAGES) / file for file in files):
            if path.is_file():
                table = read_part(path)
                add(as_array(table, "hash"), as_array(table, "qid"))
    _list_groups(sources, sources.items, files)
    _list_groups(sources, folder.folder, (file for file, _, _ in folder.files))
    return sources


def _lacking(folder: EntityFolder, wiki: str, languages: Iterable[str]) -> Iterator[str]:
    """Yield messages about what modules will usually ask for and the folder does not have."""
    if not folder.has_site(wiki):
        yield (
            f"{folder.folder}: made without sitelinks to {wiki}, so modules do not know the items "
            f"of pages; make it again with {wiki} in --sites"
        )
    lacking = ",".join(code for code in languages if not folder.has_language(code))
    if lacking:
        yield (
            f"{folder.folder}: made without labels in {lacking}, so modules that ask for labels "
            "leave holes; make it again with these in --languages"
        )


def copy_items(file: str, usual: UsualAnswers) -> Batches:
    """Yield the items of a part of `entities` with the usual answers only, in small batches."""
    part = open_part(Path(file))
    languages, wiki = strings(usual.languages), strings([usual.wiki])
    pages = [_LINKS.empty_table()]
    for batch in part.iter_batches(_ROWS_A_GROUP, columns=_COPIED.names, use_threads=False):
        qids, labels, links = (batch.column(name) for name in _COPIED.names)
        labels = _only(labels, "language", languages)
        links = _only(links, "site", wiki)
        lengths, ours = flat(links)
        of_link = np.from_dlpack(qids)[np.diff(lengths).astype(bool)]
        hashes = hash_column(ours.field("title"))
        pages.append(pa.table([numbers(hashes), numbers(of_link)], schema=_LINKS))
        yield pa.table([qids, labels, links], schema=_COPIED)
    listed = pa.concat_tables(pages).combine_chunks()
    if listed.num_rows:
        yield SideTable(_PAGES, listed)
    return Counts()


def _only(terms: pa.Array, key: str, kept: pa.Array) -> pa.Array:
    """Return a column of lists of structs with only those whose field `key` is one of `kept`."""
    import pyarrow.compute as pc  # here, because most runs have no --entities

    offsets, structs = flat(terms)
    mask = pc.is_in(structs.field(key), kept)
    before = np.zeros(len(mask) + 1, np.int64)
    np.cumsum(mask.to_numpy(zero_copy_only=False), out=before[1:])
    fields = [structs.field(i).filter(mask) for i in range(structs.type.num_fields)]
    return list_of_structs(before[offsets[1:]] - before[offsets[:-1]], fields, terms.type)


def _list_groups(sources: ItemSources, folder: Path, files: Iterable[str]) -> None:
    """Write the list of the row groups of a folder, in the order of their QIDs."""
    groups = read_groups((folder / file for file in files), "qid")
    listed = [(Path(g.file).name, g.index, g.low, g.high) for g in groups]
    columns = zip(*listed, strict=True) if listed else [()] * len(_GROUPS)
    arrays = [column(values, f.type) for values, f in zip(columns, _GROUPS, strict=True)]
    with writing(sources.store), whole_file(sources.groups(folder)) as temporary:
        write_table(temporary, pa.table(arrays, schema=_GROUPS))


def as_array(table: pa.Table, name: str) -> Array:
    """Return a column of numbers, without nulls."""
    values: Array = np.from_dlpack(one_chunk(table.column(name)))
    return values
