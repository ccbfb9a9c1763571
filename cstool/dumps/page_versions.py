"""Find pages that occur more than once in the dumps of a wiki.

Overlapping files, exports with a <page> for each revision and histories that are cut within a page
contain a page several times. The occurrence with the greatest revision is kept; of equal ones, the
last. A stage writes what it reads to a side table per part (`VersionLog`), finds the superseded
occurrences once all parts exist, and writes the parts that contain them again
(`without_superseded`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import column, one_chunk
from cstool.dumps.xml import Page
from cstool.storage.checksums import read_footer, read_part
from cstool.storage.counts import Counts, total
from cstool.storage.parts import Batches, FinishedPart, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.storage.tasks import P, Task

PAGE_TWICE = "page twice"
VERSIONS_FOLDER = "versions"
# `rows`: the number of the page's rows in the part, -1 if the stage dropped the page.
VERSIONS = pa.schema([("page_id", pa.uint32()), ("revision_id", pa.int64()), ("rows", pa.int32())])
# The number of occurrences that are compared at a time, which bounds the memory.
_AT_A_TIME = 1 << 22
_IDS_AT_A_TIME = 1 << 25


@dataclass
class VersionLog:
    """The pages of a slice, in order, whether they are kept or not."""

    ids: list[int] = field(default_factory=list)
    revisions: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def add(self, page: Page, rows: int | None) -> None:
        """Add a page and the number of its rows, None if it was dropped."""
        self.ids.append(page.id)
        self.revisions.append(page.revision_id)
        self.rows.append(-1 if rows is None else rows)

    def beside(self) -> Iterator[SideTable]:
        """Yield the side table, unless the slice has no pages."""
        if self.ids:
            columns = (self.ids, self.revisions, self.rows)
            arrays = [column(c, f.type) for c, f in zip(columns, VERSIONS, strict=True)]
            yield SideTable(VERSIONS_FOLDER, pa.Table.from_arrays(arrays, schema=VERSIONS))


class SupersededPages(NamedTuple):
    """The superseded occurrences in a part.

    `part`, `versions`: paths of the part and its side table. `pages`: indexes of the occurrences
    in the side table. `counts`: those of the part.
    """

    part: Path
    versions: Path
    pages: Array
    counts: Counts

    def rows_to_keep(self) -> Array:
        """Return which rows of the part are kept, `bool[rows]`."""
        rows = self._rows()
        keep = np.ones(len(rows), bool)
        keep[self.pages] = False
        return np.repeat(keep, np.maximum(rows, 0))

    def new_counts(self, dropped: Mapping[str, int]) -> Counts:
        """Return the counts of the part without these pages.

        `dropped`: the numbers of written units, other than pages, that are dropped with them.
        """
        pages = int((self._rows()[self.pages] >= 0).sum())
        counts = total([self.counts])
        for unit, number in {"pages": pages, **dropped}.items():
            tally = counts.tally(unit)
            tally.written -= number
            tally.read -= number  # which `drop` adds
            tally.drop(PAGE_TWICE, number)
        return counts

    def _rows(self) -> Array:
        return _column(self.versions, "rows")


def without_superseded(
    run: Run,
    made: Sequence[FinishedPart],
    function: Callable[[SupersededPages, P], Batches],
    parameters: P,
    spec: PartSpec,
) -> list[FinishedPart]:
    """Write the parts that contain superseded pages again, without these; return all parts.

    `function(pages, parameters)` yields the rows that are left. `spec`: of the parts. Raises
    Unfinished for an array task, which must not change the parts of other tasks.
    """
    folder = run.out if spec.phase is None else run.work(spec.phase)
    tasks = _tasks(folder, run.work(VERSIONS_FOLDER), made)
    if not tasks:
        return [*made]
    run.leave_the_rest()
    again = run.map(function, parameters, [*tasks.values()], spec)
    return [*(dict(enumerate(made)) | dict(zip(tasks, again, strict=True))).values()]


def _tasks(
    folder: Path, versions: Path, made: Sequence[FinishedPart]
) -> dict[int, Task[SupersededPages]]:
    """Return the tasks that write parts in `folder` again, by the index of the part in `made`."""
    files = [versions / m.part.file for m in made]
    tasks = {}
    for index, pages in superseded_in(files).items():
        part = made[index].part
        slice_ = SupersededPages(folder / part.file, files[index], pages, made[index].counts)
        fingerprint = f"superseded {xxhash.xxh3_128_hexdigest(pages.tobytes())}"
        tasks[index] = Task(part.file, slice_, fingerprint, part.bytes)
    return tasks


def superseded_in(
    files: Sequence[Path], *, at_a_time: int = _AT_A_TIME, ids_at_a_time: int = _IDS_AT_A_TIME
) -> dict[int, Array]:
    """Return the indexes of superseded occurrences, `int64[n]` ascending, by index of the file.

    `files`: side tables in the order of the input; one may be missing (a slice without pages).
    Reads them again for each `ids_at_a_time` pages and each `at_a_time` repeated occurrences.
    """
    existing = [(i, file) for i, file in enumerate(files) if file.is_file()]
    number = sum(read_footer(file).num_rows for _, file in existing)
    found: dict[int, list[Array]] = {}
    groups = number // ids_at_a_time + 1
    for group in range(groups):
        for ids in _repeated_ids(existing, group, groups, at_a_time):
            for index, pages in _superseded(existing, ids):
                found.setdefault(index, []).append(pages)
    return {index: np.sort(np.concatenate(pages)) for index, pages in sorted(found.items())}


def _column(file: Path, name: str) -> Array:
    # `to_numpy` would import pandas, if it is installed.
    values: Array = np.from_dlpack(one_chunk(read_part(file, [name]).column(name)))
    return values


def _repeated_ids(
    files: Sequence[tuple[int, Path]], group: int, groups: int, at_a_time: int
) -> Iterator[Array]:
    """Yield the ids that occur more than once, in chunks of `at_a_time` occurrences or one id."""
    of_group = [np.empty(0, np.uint32)]
    for _, file in files:
        ids = _column(file, "page_id")
        of_group.append(ids[ids % groups == group])
    ids, numbers_of = np.unique(np.concatenate(of_group), return_counts=True)
    ids, numbers_of = ids[numbers_of > 1], numbers_of[numbers_of > 1]
    chunk = np.cumsum(numbers_of) // at_a_time
    for cut in np.split(ids, np.flatnonzero(np.diff(chunk)) + 1):
        if len(cut):
            yield cut


def _superseded(files: Sequence[tuple[int, Path]], ids: Array) -> Iterator[tuple[int, Array]]:
    """Yield the index of each file with superseded occurrences of these ids, and theirs."""
    columns: list[list[Array]] = [[], [], [], []]
    for index, file in files:
        page_ids = _column(file, "page_id")
        at = np.flatnonzero(np.isin(page_ids, ids))
        if len(at):
            revisions = _column(file, "revision_id")[at]
            for of_column, values in zip(
                columns, (page_ids[at], revisions, np.full(len(at), index), at), strict=True
            ):
                of_column.append(values)
    page, revision, file_of, at = map(np.concatenate, columns)
    order = np.lexsort((at, file_of, revision, page))
    superseded = order[:-1][page[order[:-1]] == page[order[1:]]]
    superseded = superseded[np.argsort(file_of[superseded], kind="stable")]
    indexes, starts = np.unique(file_of[superseded], return_index=True)
    yield from zip(indexes.tolist(), np.split(at[superseded], starts[1:]), strict=True)
