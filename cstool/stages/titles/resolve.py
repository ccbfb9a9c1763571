"""Resolves redirects and writes the table of titles and its index, for both kinds of input.

Titles are hashed once, when they are read; all later steps use the hashes. The goal of a redirect
is the hash of its target's title, or `ELSEWHERE` or `UNTOLD`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, column
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts, Tally
from cstool.storage.hash_index import NO_ITEM, HashIndex, building
from cstool.storage.parts import Batches, FinishedPart, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.storage.schemas import QID, TITLES
from cstool.storage.tasks import Task, part_name

# Pages of the main namespace, titles with their items, and both combined; goal 0 and qid 0: none.
PAGES = pa.schema([("title", pa.string()), ("hash", pa.uint64()), ("goal", pa.uint64())])
LINKS = pa.schema([("title", pa.string()), ("hash", pa.uint64()), ("qid", QID)])
JOINED = PAGES.append(pa.field("qid", QID))
_HASHED = pa.schema([("hash", pa.uint64()), ("qid", QID), ("redirect", pa.bool_())])

# Special goals: a target in another namespace or wiki, and an unknown target. (A title's hash
# equals one of them with probability 10⁻¹⁹.)
ELSEWHERE = np.uint64(1)
UNTOLD = np.uint64(2)
# Longer chains are treated as loops; MediaWiki itself follows a single redirect.
_LONGEST_CHAIN = 10
# Maximum bytes of a MediaWiki title (page_title is varbinary(255)).
LONGEST_TITLE = 255

TOO_LONG = f"title longer than {LONGEST_TITLE} bytes"
TWICE = "title twice"
OTHER_NAMESPACE = "other namespace"
OWN_ITEM = "has an item of its own"
NO_TARGET = "no target in the redirect table"
_REASONS = (
    "",
    "loop, or a chain of more than ten",
    "target in another namespace or wiki",
    NO_TARGET,
    "target has no item",
    "target is missing",
    OWN_ITEM,
    TWICE,
)
_FOUND, _LOOP, _ELSEWHERE, _UNTOLD, _NO_ITEM, _MISSING, _OWN, _TWICE = range(len(_REASONS))


@dataclass(frozen=True)
class LinkLists:
    """Paths of files with the schemas `LINKS` and `PAGES`; both may be the same files.

    `unique`: whether no title occurs in two rows of `pages`.
    """

    links: tuple[str, ...]
    pages: tuple[str, ...]
    unique: bool


@dataclass(frozen=True)
class _Known:
    """Folder of the indexes of own items, redirects and pages; name of the side table."""

    folder: str
    beside: str

    def open(self, name: str) -> HashIndex:
        """Open an index by name."""
        return HashIndex.open(Path(self.folder), name)


@dataclass(frozen=True)
class _List:
    """A file of a list; `first`: row index of its first row, None if titles are unique."""

    file: str
    first: int | None = None


@dataclass(frozen=True)
class ResolvedTitles:
    """The parts of a table of titles, their paths, and the paths of their hashes."""

    made: list[FinishedPart]
    files: list[str]
    hashed: list[str]


def resolve(run: Run, lists: LinkLists, label: str, *, phase: str | None = None) -> ResolvedTitles:
    """Write the table of titles: those with an item, then the redirects that lead to an item.

    Writes into the output folder, or into that of `phase` in the work folder.
    """
    name = phase or "titles"
    work = run.work(f"{name}-known")
    firsts = _index_lists(lists, work)
    known = _Known(str(work), f"{name}-hashed")
    own = [Task(part_name(i), _List(f), f"links {i}") for i, f in enumerate(lists.links)]
    moved = [
        Task(part_name(i), _List(f, None if lists.unique else first), f"pages {i}")
        for i, (f, first) in enumerate(zip(lists.pages, firsts, strict=True), len(own))
    ]
    own_spec = PartSpec(TITLES, label=f"{label}: own", phase=phase, unit="part")
    redirects_spec = PartSpec(TITLES, label=f"{label}: redirects", phase=phase, unit="part")
    made = [
        *run.map(own_titles, known, own, own_spec),
        *run.map(redirected_titles, known, moved, redirects_spec),
    ]
    folder = run.out if phase is None else run.work(phase)
    return ResolvedTitles(
        made,
        [str(folder / m.part.file) for m in made],
        [str(run.work(known.beside) / m.part.file) for m in made],
    )


def own_titles(rows: _List, known: _Known) -> Batches:
    """Yield the titles of a list that have an item; for a title with two items, the first one."""
    table = read_part(rows.file, LINKS.names)
    table = table.filter(booleans(table.column("qid").to_numpy() != 0))
    hashes, qids = table.column("hash").to_numpy(), table.column("qid").to_numpy()
    kept = (known.open("own").look_up(hashes) == qids) & _first_of_equal(hashes)
    counts = Counts()
    tally = counts.tally("sitelinks")
    tally.keep(int(kept.sum()))
    tally.drop(TWICE, int((~kept).sum()))
    redirects = known.open("redirects").look_up(hashes[kept]) != 0
    yield from _titles(table.filter(booleans(kept)), qids[kept], redirects, known)
    return counts


def redirected_titles(rows: _List, known: _Known) -> Batches:
    """Yield the redirects of a list of pages that lead to an item and have no item themselves."""
    table = read_part(rows.file, PAGES.names)
    moved = table.column("goal").to_numpy() != 0
    repeated = _repeated(table, rows.first, known)[moved]
    table = table.filter(booleans(moved))
    hashes, goals = table.column("hash").to_numpy(), table.column("goal").to_numpy()
    qids, reasons = _follow(goals, known)
    reasons[known.open("own").look_up(hashes) != 0] = _OWN
    reasons[repeated] = _TWICE
    counts = Counts()
    _count(reasons, counts.tally("redirects"))
    kept = reasons == _FOUND
    redirects = np.ones(int(kept.sum()), bool)
    yield from _titles(table.filter(booleans(kept)), qids[kept], redirects, known)
    return counts


def _first_of_equal(hashes: Array) -> Array:
    first = np.zeros(len(hashes), bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    return first


def _repeated(table: pa.Table, first: int | None, known: _Known) -> Array:
    """Return which rows repeat the title of an earlier row."""
    if first is None:
        return np.zeros(table.num_rows, bool)
    return repeated_rows(table.column("hash").to_numpy(), first, known.open("pages"))


def repeated_rows(hashes: Array, first: int, pages: HashIndex) -> Array:
    """Return which rows are not the first one with their hash, by the index of pages.

    `first`: row index of the first of these rows.
    """
    numbers = np.arange(first + 1, first + 1 + len(hashes), dtype=np.uint64)
    repeated: Array = pages.look_up(hashes) != numbers
    return repeated


def _count(reasons: Array, tally: Tally) -> None:
    for code, number in enumerate(np.bincount(reasons, minlength=len(_REASONS)).tolist()):
        if code == _FOUND:
            tally.keep(number)
        else:
            tally.drop(_REASONS[code], number)


def _follow(goals: Array, known: _Known) -> tuple[Array, Array]:
    """Return the QID of each goal (0: none), and the index of the reason in `_REASONS`."""
    own, redirects, pages = (known.open(name) for name in ("own", "redirects", "pages"))
    goals = goals.copy()
    qids = own.look_up(goals)
    unresolved = np.flatnonzero(qids == 0)
    for _ in range(_LONGEST_CHAIN):
        targets = redirects.look_up(goals[unresolved])
        unresolved, targets = unresolved[targets != 0], targets[targets != 0]
        if not len(unresolved):
            break
        goals[unresolved] = targets
        qids[unresolved] = own.look_up(targets)
        unresolved = unresolved[qids[unresolved] == 0]
    reasons = np.where(pages.look_up(goals) != 0, _NO_ITEM, _MISSING).astype(np.uint8)
    reasons[unresolved] = _LOOP
    reasons[goals == ELSEWHERE] = _ELSEWHERE
    reasons[goals == UNTOLD] = _UNTOLD
    reasons[qids != 0] = _FOUND
    return qids, reasons


def _titles(
    table: pa.Table, qids: Array, redirects: Array, known: _Known
) -> Iterator[pa.Table | SideTable]:
    columns = [column(qids, QID), booleans(redirects)]
    title, hash_ = table.column("title").combine_chunks(), table.column("hash").combine_chunks()
    yield SideTable(known.beside, pa.Table.from_arrays([hash_, *columns], schema=_HASHED))
    yield pa.Table.from_arrays([title, *columns], schema=TITLES)


def _index_lists(lists: LinkLists, folder: Path) -> list[int]:
    """Write the indexes of own items, redirects and pages; return the row index of each file."""
    with building(folder, "own", np.uint32) as add:
        for file in lists.links:
            table = read_part(file, ["hash", "qid"])
            qids = table.column("qid").to_numpy()
            add(table.column("hash").to_numpy()[qids != 0], qids[qids != 0])
    with building(folder, "redirects", np.uint64) as add:
        for file in lists.pages:
            table = read_part(file, ["hash", "goal"])
            goals = table.column("goal").to_numpy()
            add(table.column("hash").to_numpy()[goals != 0], goals[goals != 0])
    return index_pages(lists.pages, folder)


def index_pages(files: tuple[str, ...], folder: Path) -> list[int]:
    """Write the index of pages: title hash → number of its first row, starting at 1.

    Rows with hash 0 are skipped. Returns the row index of the first row of each file.
    """
    rows = 0
    firsts = []
    with building(folder, "pages", np.uint64) as add:
        for file in files:
            hashes = read_part(file, ["hash"]).column("hash").to_numpy()
            numbers = np.arange(rows + 1, rows + 1 + len(hashes), dtype=np.uint64)
            add(hashes[hashes != 0], numbers[hashes != 0])
            firsts.append(rows)
            rows += len(hashes)
    return firsts


def index_titles(resolved: ResolvedTitles, pages: tuple[str, ...], folder: Path, name: str) -> None:
    """Write the index of a table of titles: title hash → QID; NO_ITEM for other pages."""
    with building(folder, name, np.uint32) as add:
        for file in resolved.hashed:
            table = read_part(file, ["hash", "qid"])
            add(table.column("hash").to_numpy(), table.column("qid").to_numpy())
        for file in pages:  # the first of equal hashes wins, so titles with an item keep it
            hashes = read_part(file, ["hash"]).column("hash").to_numpy()
            hashes = hashes[hashes != 0]
            add(hashes, np.full(len(hashes), NO_ITEM))
