"""Reads titles from a wiki's tables page, page_props and redirect, joined by page id.

https://www.mediawiki.org/wiki/Manual:Page_table, …:Page_props_table, …:Redirect_table. The tables
are dumped one after another while the wiki is edited, so they are never fully consistent;
inconsistent rows are counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans
from cstool.arrays.hashing import mix
from cstool.dumps.sql import (
    DEFAULT_PART_SIZE,
    SqlSlice,
    SqlTable,
    read_columns,
    sql_tasks,
    whole_numbers,
)
from cstool.dumps.streams import STDIN, absolute
from cstool.dumps.xml import MAIN, Site
from cstool.errors import InputError
from cstool.stages.titles.normal_form import in_normal_form
from cstool.stages.titles.resolve import (
    ELSEWHERE,
    JOINED,
    LONGEST_TITLE,
    OTHER_NAMESPACE,
    TOO_LONG,
    TWICE,
    UNTOLD,
    LinkLists,
    index_pages,
    repeated_rows,
)
from cstool.stages.titles.write_non_entities import rows_of_reasons
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts, total
from cstool.storage.file_hashes import FileRead
from cstool.storage.hash_index import HashIndex, building, hash_column
from cstool.storage.parts import Batches, FinishedPart, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.storage.tasks import Task, part_name

NOT_UTF8 = "title is not UTF-8"
NO_PAGE = "page is not in the page table"
NO_REDIRECT = "page is no redirect"
NO_QID = "no QID"
TWO_ITEMS = "page has two items"
TWO_TARGETS = "page has two targets"
DISAMBIGUATION = "disambiguation page"

_PAGE = SqlTable("page", ("page_id", "page_namespace", "page_title", "page_is_redirect"))
_PROPS = SqlTable("page_props", ("pp_page", "pp_propname", "pp_value"))
_REDIRECT = SqlTable("redirect", ("rd_from", "rd_namespace", "rd_title"), ("rd_interwiki",))
# Kinds of pages: in the main namespace, in another one, or with a title that is dropped.
_MAIN, _OTHER, _DROPPED = 0, 1, 2
_PAGE_ROWS = pa.schema(
    [
        ("id", pa.uint32()),
        ("kind", pa.uint8()),
        ("title", pa.string()),
        ("hash", pa.uint64()),
        ("redirect", pa.bool_()),
    ]
)
# Values by page id: an item, the mark of a disambiguation page, or the goal of a redirect.
_VALUES = pa.schema([("id", pa.uint32()), ("value", pa.uint64())])
_DISAMBIGUATION = np.uint64(1 << 40)
# The side tables of items that are not entities.
_BY_PROPS = "not-entities-by-props"


@dataclass(frozen=True)
class SqlTables:
    """The paths of the three tables' dumps."""

    page: str
    props: str
    redirect: str

    @property
    def paths(self) -> tuple[str, str, str]:
        """The three paths, in the order of the fields."""
        return self.page, self.props, self.redirect


@dataclass(frozen=True)
class SqlListing:
    """The lists of titles from the tables, and the counts of reading and joining them."""

    lists: LinkLists
    counts: Counts
    not_entities: list[Path]
    read: dict[str, FileRead]


def list_tables(
    run: Run, tables: SqlTables, site: Site, part_size: int | None, faults: list[str] | None
) -> SqlListing:
    """Read the tables into lists. Raises InputError for another table, or one of another wiki."""
    size = part_size or DEFAULT_PART_SIZE
    read: dict[str, FileRead] = {}
    pages = _read(run, list_page_rows, _PAGE, tables.page, site, size, faults, _PAGE_ROWS, read)
    props = _read(run, list_props, _PROPS, tables.props, site, size, faults, _VALUES, read)
    moves = _read(run, list_moves, _REDIRECT, tables.redirect, site, size, faults, _VALUES, read)
    counts = total(made.counts for made in [*pages, *props, *moves])
    if not counts.tally("pages").read:
        raise InputError(f"{tables.page}: contains no pages; give the wiki's page table")
    work = run.work("ids")
    items, moved = _index_ids(run, props, moves, work, counts)
    files = _files(run, _PAGE.name, pages)
    firsts = index_pages(files, work)
    tasks = [
        Task(part_name(i), _PageFile(file, first), f"pages {i}")
        for i, (file, first) in enumerate(zip(files, firsts, strict=True))
    ]
    made = run.map(
        join,
        str(work),
        tasks,
        PartSpec(JOINED, label="titles: join", phase="joined", unit="part"),
    )
    files = _files(run, "joined", made)
    _count_unjoined(counts, made, files, items, moved)
    counts = total([counts, *(m.counts for m in made)])
    beside = [run.work(_BY_PROPS) / m.part.file for m in made]
    return SqlListing(LinkLists(files, files, unique=True), counts, beside, read)


def _read(
    run: Run,
    function: Any,
    table: SqlTable,
    path: str,
    site: Site,
    size: int,
    faults: list[str] | None,
    schema: pa.Schema,
    read: dict[str, FileRead],
) -> list[FinishedPart]:
    """Read a table, slice by slice, in the workers."""
    bytes_ = None if path == STDIN else Path(path).stat().st_size
    tasks = sql_tasks(absolute(path), table, size, faults, database=site.wiki, read=read)
    spec = PartSpec(schema, label=f"titles: {table.name}", phase=table.name)
    return run.map(function, site, tasks, spec, size=bytes_)


def _files(run: Run, phase: str, made: list[FinishedPart]) -> tuple[str, ...]:
    return tuple(str(run.work(phase) / m.part.file) for m in made)


def list_page_rows(slice_: SqlSlice, site: Site) -> Batches:
    """Yield the pages of a slice; titles of pages in other namespaces are null."""
    ids, namespaces, titles, redirects = read_columns(slice_, _PAGE)
    kinds = _whole(namespaces, pa.int32(), slice_, "page_namespace") != MAIN
    kinds = np.where(kinds, _OTHER, _MAIN).astype(np.uint8)
    counts = Counts()
    tally = counts.tally("pages")
    tally.drop(OTHER_NAMESPACE, int((kinds == _OTHER).sum()))
    for reason, faulty in ((NOT_UTF8, _not_utf8(titles)), (TOO_LONG, _too_long(titles))):
        bad = faulty & (kinds == _MAIN)
        tally.drop(reason, int(bad.sum()))
        kinds[bad] = _DROPPED
    main = kinds == _MAIN
    tally.keep(int(main.sum()))
    names = pc.if_else(pa.array(main), titles, pa.scalar(None, pa.binary()))
    names = in_normal_form(names.cast(pa.string()), site)
    hashes = np.zeros(len(kinds), np.uint64)
    hashes[main] = hash_column(names.drop_null())
    columns = [
        whole_numbers(ids, pa.uint32(), slice_, "page_id"),
        pa.array(kinds),
        names,
        pa.array(hashes),
        pa.array(_whole(redirects, pa.int32(), slice_, "page_is_redirect") != 0),
    ]
    yield pa.RecordBatch.from_arrays(columns, schema=_PAGE_ROWS)
    return counts


def _whole(values: pa.Array, type_: pa.DataType, slice_: SqlSlice, name: str) -> Array:
    numbers: Array = whole_numbers(values, type_, slice_, name).to_numpy()
    return numbers


def _not_utf8(titles: pa.Array) -> Array:
    """Return which titles are not valid UTF-8. NULL counts as invalid: titles cannot be NULL."""
    try:
        titles.cast(pa.string())
        invalid: Array = titles.is_null().to_numpy(zero_copy_only=False).copy()
    except pa.ArrowInvalid:
        invalid = np.array([title is None or not _is_utf8(title) for title in titles.to_pylist()])
    return invalid


def _is_utf8(title: bytes) -> bool:
    try:
        title.decode()
    except UnicodeDecodeError:
        return False
    return True


def _too_long(titles: pa.Array) -> Array:
    lengths = pc.fill_null(pc.binary_length(titles), 0)
    longer: Array = lengths.to_numpy(zero_copy_only=False) > LONGEST_TITLE
    return longer


def list_props(slice_: SqlSlice, _: Site) -> Batches:
    """Yield the items and the disambiguation marks of a slice, by page id."""
    ids, names, values = read_columns(slice_, _PROPS)
    is_item, is_page = (_is(names, name) for name in (b"wikibase_item", b"disambiguation"))
    selected = pa.array(is_item | is_page)
    counts = Counts()
    tally = counts.tally("page_props rows")
    tally.keep(int(is_item.sum()) + int(is_page.sum()))
    tally.drop("other property", len(is_item) - tally.written)
    numbers = _qids(values.filter(booleans(is_item)))
    bad = numbers == 0
    counts.tally("sitelinks").drop(NO_QID, int(bad.sum()))
    result = np.full(len(is_item), _DISAMBIGUATION)
    result[is_item] = numbers
    result = result[is_item | is_page]
    pages = _whole(ids.filter(selected), pa.uint32(), slice_, "pp_page")
    columns = [pa.array(pages[result != 0]), pa.array(result[result != 0])]
    yield pa.RecordBatch.from_arrays(columns, schema=_VALUES)
    return counts


def _is(names: pa.Array, name: bytes) -> Array:
    mask = pc.fill_null(pc.equal(names, name), fill_value=False)
    return mask.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _qids(values: pa.Array) -> Array:
    """Return QIDs as numbers; 0 for invalid values."""
    values = pc.fill_null(values, b"")
    valid = pc.match_substring_regex(values, r"^[Qq][1-9][0-9]{0,9}$")
    # pc.binary_slice fails on an empty array.
    digits = pc.replace_substring_regex(pc.if_else(valid, values, b"Q0"), r"^[Qq]", "")
    numbers: Array = digits.cast(pa.string()).cast(pa.uint64()).to_numpy().copy()
    numbers[numbers >= 1 << 32] = 0
    return numbers


def list_moves(slice_: SqlSlice, site: Site) -> Batches:
    """Yield the goals of the redirects of a slice: the hash of a title, or `ELSEWHERE`."""
    ids, namespaces, titles, interwikis = read_columns(slice_, _REDIRECT)
    main = _whole(namespaces, pa.int32(), slice_, "rd_namespace") == MAIN
    away = pc.fill_null(pc.binary_length(interwikis), 0).to_numpy(zero_copy_only=False) > 0
    titles = in_normal_form(_as_text(pc.fill_null(titles, b"")), site)
    goals = np.where(main & ~away, hash_column(titles), ELSEWHERE)
    columns = [whole_numbers(ids, pa.uint32(), slice_, "rd_from"), pa.array(goals)]
    yield pa.RecordBatch.from_arrays(columns, schema=_VALUES)
    return Counts()


def _as_text(titles: pa.Array) -> pa.Array:
    """Return titles as strings; U+FFFD, which no page's title has, for invalid UTF-8."""
    try:
        return titles.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([title.decode(errors="replace") for title in titles.to_pylist()])


def _index_ids(
    run: Run, props: list[FinishedPart], moves: list[FinishedPart], work: Path, counts: Counts
) -> tuple[int, int]:
    """Index items, disambiguation marks and goals by page id; return how many items and goals."""
    items = targets = 0
    with (
        building(work, "items", np.uint32) as add_item,
        building(work, "disambiguations", np.uint8) as add_page,
    ):
        for ids, values in map(_ids_and_values, _files(run, _PROPS.name, props)):
            is_item = values < _DISAMBIGUATION
            add_item(mix(ids[is_item]), values[is_item])
            add_page(mix(ids[~is_item]), np.ones(int((~is_item).sum()), np.uint8))
            items += int(is_item.sum())
    with building(work, "moves", np.uint64) as add_move:
        for ids, values in map(_ids_and_values, _files(run, _REDIRECT.name, moves)):
            add_move(mix(ids), values)
            targets += len(ids)
    pages = [len(HashIndex.open(work, name)) for name in ("items", "moves")]
    counts.tally("sitelinks").drop(TWO_ITEMS, items - pages[0])
    counts.tally("redirect rows").drop(TWO_TARGETS, targets - pages[1])
    return pages[0], pages[1]


def _ids_and_values(file: str) -> tuple[Array, Array]:
    table = read_part(file)
    return table.column("id").to_numpy().astype(np.uint64), table.column("value").to_numpy()


@dataclass(frozen=True)
class _PageFile:
    """A file of pages, and the row index of its first row over all files."""

    file: str
    first: int


def join(pages: _PageFile, folder: str) -> Batches:
    """Yield the main-namespace pages of a file with their items and goals."""
    work = Path(folder)
    table = read_part(pages.file)
    ids, kinds = table.column("id").to_numpy(), table.column("kind").to_numpy()
    hashes, moved = table.column("hash").to_numpy(), table.column("redirect").to_numpy()
    # The index requires uniformly distributed keys, so ids are mixed (a bijection).
    qids, goals, disambiguations = (
        HashIndex.open(work, name).look_up(mix(ids.astype(np.uint64)))
        for name in ("items", "moves", "disambiguations")
    )
    repeated = repeated_rows(hashes, pages.first, HashIndex.open(work, "pages"))
    repeated &= kinds == _MAIN
    main = (kinds == _MAIN) & ~repeated
    counts = Counts()
    of_kind = ((TWICE, repeated), (OTHER_NAMESPACE, kinds == _OTHER), ("", kinds == _DROPPED))
    for reason, rows in of_kind:
        dropped_for = reason or "page's title is dropped"
        counts.tally("sitelinks").drop(dropped_for, int((rows & (qids != 0)).sum()))
        counts.tally("redirect rows").drop(dropped_for, int((rows & (goals != 0)).sum()))
    counts.tally("redirects").drop(TWICE, int((repeated & moved).sum()))
    counts.tally("redirect rows").keep(int((main & moved & (goals != 0)).sum()))
    counts.tally("redirect rows").drop(NO_REDIRECT, int((main & ~moved & (goals != 0)).sum()))
    goals = np.where(moved, np.where(goals != 0, goals, UNTOLD), np.uint64(0))
    reasons = disambiguations * ((qids != 0) & main)
    yield SideTable(_BY_PROPS, rows_of_reasons(qids, reasons, (DISAMBIGUATION,)))
    columns = [table.column("title"), table.column("hash"), pa.array(goals), pa.array(qids)]
    joined = pa.table([c.cast(f.type) for c, f in zip(columns, JOINED, strict=True)], JOINED)
    yield joined.filter(booleans(main))
    return counts


def _count_unjoined(
    counts: Counts, made: list[FinishedPart], files: tuple[str, ...], items: int, moves: int
) -> None:
    """Count the items and redirects whose page is missing from the page table."""
    joined = total(m.counts for m in made)
    with_items = sum(
        int((read_part(file, ["qid"]).column("qid").to_numpy() != 0).sum()) for file in files
    )
    joined_items = with_items + joined.tally("sitelinks").read
    # Negative if a page is in the table twice, as in a concatenation of two dumps.
    counts.tally("sitelinks").drop(NO_PAGE, max(0, items - joined_items))
    moved = joined.tally("redirect rows").read
    counts.tally("redirect rows").drop(NO_PAGE, max(0, moves - moved))


def misfits(counts: Counts) -> Iterator[tuple[int, str]]:
    """Yield the inconsistencies between the tables: the number of rows, and a phrase."""
    inconsistencies = (
        ("sitelinks", NO_PAGE, "items of pages missing from the page table"),
        ("redirect rows", NO_PAGE, "redirects from pages missing from the page table"),
        ("redirect rows", NO_REDIRECT, "redirects from pages that are not redirects"),
        ("redirects", "no target in the redirect table", "redirect pages without a target"),
    )
    for unit, reason, what in inconsistencies:
        number = counts.tallies[unit].dropped.get(reason, 0) if unit in counts.tallies else 0
        if number:
            yield number, what
