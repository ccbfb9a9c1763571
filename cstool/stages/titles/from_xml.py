"""Reads titles from the sitelinks of an entities folder and the redirects of page dumps."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import booleans, flat, numbers, one_chunk
from cstool.dumps.page_slices import PageDump
from cstool.dumps.page_versions import SupersededPages, VersionLog, without_superseded
from cstool.dumps.pages import Damage, PageSlice, pages_of
from cstool.dumps.xml import MAIN, Site
from cstool.languages.data_tables import rows
from cstool.stages.titles.normal_form import in_normal_form
from cstool.stages.titles.resolve import (
    ELSEWHERE,
    LINKS,
    LONGEST_TITLE,
    OTHER_NAMESPACE,
    PAGES,
    TOO_LONG,
    LinkLists,
)
from cstool.stages.titles.write_non_entities import rows_of_reasons
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import FileRead
from cstool.storage.hash_index import hash_column
from cstool.storage.manifest import Manifest
from cstool.storage.parts import Batches, FinishedPart, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.storage.tasks import Task, part_name
from cstool.wikitext.redirects import read_redirect
from cstool.wikitext.titles import namespaces_of

_PAGES_SPEC = PartSpec(PAGES, label="titles: pages", phase="pages")
# The side tables of items that are not entities.
_BY_TYPES = "not-entities-by-types"
_ROWS_AT_ONCE = 200_000


@dataclass(frozen=True)
class DumpListing:
    """The lists of titles from the dumps, and the parts that contain them."""

    lists: LinkLists
    made: list[FinishedPart]
    not_entities: list[Path]
    read: dict[str, FileRead]


@dataclass(frozen=True)
class _Reading:
    """How pages are read: `site` is their wiki, which overrides the dump's <siteinfo>."""

    site: Site
    keep_going: bool


def list_dumps(
    run: Run, entities: Path, manifest: Manifest, dump: PageDump, site: Site, *, keep_going: bool
) -> DumpListing:
    """Read the page titles of a wiki, and the titles of its sitelinks, into lists."""
    pages = run.map(
        list_pages,
        _Reading(site, keep_going),
        dump.tasks,
        _PAGES_SPEC,
        size=dump.size,
    )
    spec = replace(_PAGES_SPEC, label="titles: repeated pages")
    pages = without_superseded(run, pages, list_latest, None, spec)
    tasks = [
        Task(part_name(i), str(entities.absolute() / part.file), part.checksum, part.bytes)
        for i, part in enumerate(manifest.tables)
    ]
    links = run.map(
        list_sitelinks,
        site,
        tasks,
        PartSpec(LINKS, label="titles: sitelinks", phase="sitelinks"),
    )
    lists = LinkLists(
        tuple(str(run.work("sitelinks") / made.part.file) for made in links),
        tuple(str(run.work("pages") / made.part.file) for made in pages),
        unique=False,
    )
    beside = [run.work(_BY_TYPES) / made.part.file for made in links]
    return DumpListing(lists, [*pages, *links], beside, dump.read)


def list_pages(slice_: PageSlice, how: _Reading) -> Batches:
    """Yield the main-namespace pages of a slice, with the goals of those that are redirects."""
    counts = Counts()
    damage = Damage() if how.keep_going else None
    names: list[str] = []
    targets: list[str | None] = []
    tally = counts.tally("pages")
    versions = VersionLog()
    namespaces = namespaces_of(how.site)
    for page in map(namespaces.of_page, pages_of(slice_, damage)):
        kept = None
        if page.namespace != MAIN:
            tally.drop(OTHER_NAMESPACE)
        elif len(page.title.encode()) > LONGEST_TITLE:
            tally.drop(TOO_LONG)
        else:
            tally.keep()
            kept = 1
            names.append(page.title)
            targets.append(read_redirect(page, namespaces).redirect)
        versions.add(page, kept)
        if len(names) >= _ROWS_AT_ONCE:
            yield _listed(names, targets, how.site)
            names, targets = [], []
    if damage:
        damage.count(counts)
    yield _listed(names, targets, how.site)
    yield from versions.beside()
    return counts


def list_latest(pages: SupersededPages, _: None) -> Batches:
    """Yield the rows of a list without those of superseded pages."""
    yield read_part(pages.part).filter(booleans(pages.rows_to_keep()))
    return pages.new_counts({})


def _listed(names: list[str], targets: list[str | None], site: Site) -> pa.RecordBatch:
    titles = in_normal_form(pa.array(names, pa.string()), site)
    arrays = [titles, numbers(hash_column(titles)), numbers(_goals(targets, site))]
    return pa.RecordBatch.from_arrays(arrays, schema=PAGES)


def _goals(targets: list[str | None], site: Site) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return the goals of pages: the hash of a title, `ELSEWHERE`, or 0 if not a redirect."""
    namespaces = namespaces_of(site)
    goals = np.zeros(len(targets), np.uint64)
    moved = [i for i, target in enumerate(targets) if target is not None]
    titles = [(targets[i] or "").partition("#")[0].rstrip() for i in moved]
    goals[moved] = hash_column(in_normal_form(pa.array(titles, pa.string()), site))
    away = [i for i, t in zip(moved, titles, strict=True) if namespaces.number(t) != MAIN]
    goals[away] = ELSEWHERE
    return goals


def list_sitelinks(file: str, site: Site) -> Batches:
    """Yield the main-namespace titles of a wiki in the sitelinks of an entities part."""
    table = read_part(file, ["qid", "sitelinks", "types"])
    offsets, links = flat(one_chunk(table.column("sitelinks")))
    ours = pc.equal(links.field("site"), site.wiki).to_numpy(zero_copy_only=False)
    items = np.repeat(np.arange(table.num_rows), np.diff(offsets))[ours]
    titles = in_normal_form(links.field("title").filter(booleans(ours)), site)
    namespaces = namespaces_of(site)
    main = np.array([namespaces.number(name) == MAIN for name in titles.to_pylist()], bool)
    short = pc.binary_length(titles).to_numpy() <= LONGEST_TITLE
    counts = Counts()
    tally = counts.tally("sitelinks")
    tally.drop(OTHER_NAMESPACE, int((~main).sum()))
    tally.drop(TOO_LONG, int((main & ~short).sum()))
    kept = main & short
    items, titles = items[kept], titles.filter(booleans(kept))
    qids = table.column("qid").to_numpy()[items]
    hashes = numbers(hash_column(titles))
    yield SideTable(_BY_TYPES, rows_of_reasons(qids, *_reasons(table, items)))
    columns = [titles, hashes, numbers(qids.astype(np.uint32))]
    yield pa.RecordBatch.from_arrays(columns, schema=LINKS)
    return counts


@cache
def _classes() -> tuple[tuple[str, ...], dict[str, np.ndarray[Any, Any]]]:
    """Return the reasons, and for each the classes whose instances are not entities."""
    table = rows("cstool.stages.titles", "page_classes.tsv")
    reasons = tuple(dict.fromkeys(reason for _, reason, _ in table))
    return reasons, {
        reason: np.array([int(qid) for qid, r, _ in table if r == reason], np.uint32)
        for reason in reasons
    }


def _reasons(
    table: pa.Table, items: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Return the number of each item's reason, starting at 1; 0 for an entity."""
    names, classes = _classes()
    offsets, types = flat(one_chunk(table.column("types")))
    of_row = np.repeat(np.arange(table.num_rows), np.diff(offsets))
    numbers = np.zeros(table.num_rows, np.uint8)
    for number, name in reversed(list(enumerate(names, 1))):  # the first reason in the table wins
        numbers[of_row[np.isin(types.to_numpy(), classes[name])]] = number
    return numbers[items], names
