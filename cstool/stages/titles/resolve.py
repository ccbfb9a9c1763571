"""The last steps of `cstool titles`, whatever it reads: items, redirects, the index.

Titles are hashed once, where they are read; from there on all is done by hash. A redirect's
goal is the hash of the title that it leads to, or one of two marks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts, Tally
from cstool.storage.hash_index import NO_ITEM, HashIndex, building
from cstool.storage.parts import Batches, FinishedPart, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.storage.schemas import QID, TITLES
from cstool.storage.tasks import Task, part_name

# Pages of the main namespace, titles with their items, and both at once (goal or qid 0: none).
PAGES = pa.schema([("title", pa.string()), ("hash", pa.uint64()), ("goal", pa.uint64())])
LINKS = pa.schema([("title", pa.string()), ("hash", pa.uint64()), ("qid", QID)])
JOINED = PAGES.append(pa.field("qid", QID))
_HASHED = pa.schema([("hash", pa.uint64()), ("qid", QID), ("redirect", pa.bool_())])

# Goals that are no hash (a title has one of these once in 10¹⁹).
ELSEWHERE = np.uint64(1)
UNTOLD = np.uint64(2)
# A longer chain is a loop, or as good as one: MediaWiki itself follows a single step.
_LONGEST_CHAIN = 10
# MediaWiki's titles have no more bytes (page_title is varbinary(255)).
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
    """Files of `LINKS` and of `PAGES` (they may be the same ones).

    `unique`: no title is in two rows of `pages`.
    """

    links: tuple[str, ...]
    pages: tuple[str, ...]
    unique: bool


@dataclass(frozen=True)
class _Known:
    """Where the indexes of own items, redirects and pages lie; what goes beside the parts."""

    folder: str
    beside: str

    def open(self, name: str) -> HashIndex:
        """Open one of the indexes."""
        return HashIndex.open(Path(self.folder), name)


@dataclass(frozen=True)
class _List:
    """A file of a list; `first`: the number of its first row, None where no title is twice."""

    file: str
    first: int | None = None


@dataclass(frozen=True)
class ResolvedTitles:
    """The parts of a table of titles, and where their hashes lie."""

    made: list[FinishedPart]
    files: list[str]
    hashed: list[str]


def resolve(run: Run, lists: LinkLists, label: str, *, phase: str | None = None) -> ResolvedTitles:
    """Write the table of titles: those with an item, then the redirects that lead to one.

    Into the run's folder, or as a `phase` of it.
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
    """Yield the titles of a list that have an item; of a title with two the first one counts."""
    table = read_part(rows.file, LINKS.names)
    table = table.filter(pa.array(table.column("qid").to_numpy() != 0))
    hashes, qids = table.column("hash").to_numpy(), table.column("qid").to_numpy()
    kept = (known.open("own").look_up(hashes) == qids) & _first_of_equal(hashes)
    counts = Counts()
    tally = counts.tally("sitelinks")
    tally.keep(int(kept.sum()))
    tally.drop(TWICE, int((~kept).sum()))
    redirects = known.open("redirects").look_up(hashes[kept]) != 0
    yield from _titles(table.filter(pa.array(kept)), qids[kept], redirects, known)
    return counts


def redirected_titles(rows: _List, known: _Known) -> Batches:
    """Yield those redirects of a list of pages that lead to an item and have none of their own."""
    table = read_part(rows.file, PAGES.names)
    moved = table.column("goal").to_numpy() != 0
    repeated = _repeated(table, rows.first, known)[moved]
    table = table.filter(pa.array(moved))
    hashes, goals = table.column("hash").to_numpy(), table.column("goal").to_numpy()
    qids, reasons = _follow(goals, known)
    reasons[known.open("own").look_up(hashes) != 0] = _OWN
    reasons[repeated] = _TWICE
    counts = Counts()
    _count(reasons, counts.tally("redirects"))
    kept = reasons == _FOUND
    redirects = np.ones(int(kept.sum()), bool)
    yield from _titles(table.filter(pa.array(kept)), qids[kept], redirects, known)
    return counts


def _first_of_equal(hashes: Array) -> Array:
    first = np.zeros(len(hashes), bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    return first


def _repeated(table: pa.Table, first: int | None, known: _Known) -> Array:
    """Return which rows have a title that an earlier row has."""
    if first is None:
        return np.zeros(table.num_rows, bool)
    return repeated_rows(table.column("hash").to_numpy(), first, known.open("pages"))


def repeated_rows(hashes: Array, first: int, pages: HashIndex) -> Array:
    """Return which of these rows stand behind the one that the index of pages has."""
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
    """Return each goal's QID, and the number of the reason why it has none."""
    own, redirects, pages = (known.open(name) for name in ("own", "redirects", "pages"))
    goals = goals.copy()
    qids = own.look_up(goals)
    open_ = np.flatnonzero(qids == 0)
    for _ in range(_LONGEST_CHAIN):
        further = redirects.look_up(goals[open_])
        open_, further = open_[further != 0], further[further != 0]
        if not len(open_):
            break
        goals[open_] = further
        qids[open_] = own.look_up(further)
        open_ = open_[qids[open_] == 0]
    reasons = np.where(pages.look_up(goals) != 0, _NO_ITEM, _MISSING).astype(np.uint8)
    reasons[open_] = _LOOP
    reasons[goals == ELSEWHERE] = _ELSEWHERE
    reasons[goals == UNTOLD] = _UNTOLD
    reasons[qids != 0] = _FOUND
    return qids, reasons


def _titles(
    table: pa.Table, qids: Array, redirects: Array, known: _Known
) -> Iterator[pa.Table | SideTable]:
    columns = [pa.array(qids, QID), pa.array(redirects)]
    title, hash_ = table.column("title").combine_chunks(), table.column("hash").combine_chunks()
    yield SideTable(known.beside, pa.Table.from_arrays([hash_, *columns], schema=_HASHED))
    yield pa.Table.from_arrays([title, *columns], schema=TITLES)


def _index_lists(lists: LinkLists, folder: Path) -> list[int]:
    """Write the indexes of own items, redirects and pages; return each list's first row number."""
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
    """Write the index of pages: of each title the number of its first row, from 1 on.

    Rows without a hash are none. Returns the number of rows before each file's.
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
    """Write the index of a table of titles: of each its QID, of other pages NO_ITEM."""
    with building(folder, name, np.uint32) as add:
        for file in resolved.hashed:
            table = read_part(file, ["hash", "qid"])
            add(table.column("hash").to_numpy(), table.column("qid").to_numpy())
        for file in pages:  # of equal hashes the first one counts: those with an item stay
            hashes = read_part(file, ["hash"]).column("hash").to_numpy()
            hashes = hashes[hashes != 0]
            add(hashes, np.full(len(hashes), NO_ITEM))
