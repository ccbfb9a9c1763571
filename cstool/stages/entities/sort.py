"""The external sort of items: runs, each sorted by QID → ranges of QIDs, whatever their order was.

A range is read from the row groups that touch it. In a dump that is nearly sorted those hold little
else. In one without any order every group touches every range: then runs are merged first, by
groups of runs, and the merged ones have row groups that end where ranges do.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from cstool.arrays.arrow import numbers, one_chunk
from cstool.stages.entities.rows import count_terms, is_range
from cstool.storage.checksums import STANDARD
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.schemas import ENTITIES
from cstool.storage.sorted_runs import (
    Group,
    KeyRange,
    SortedRows,
    key_range,
    read_groups,
    read_range,
)
from cstool.storage.tasks import Task, part_name

# Reading a byte of the runs more than so many times costs more than merging them does.
MOST_READS = 3.0
# Bytes of a range, which is held in memory, whatever the part size.
LARGEST_RANGE = 256 << 20
_ROWS_A_GROUP = 32_768
# Codes, wikis and types repeat; a dictionary of labels costs a tenth of the time, and more bytes.
LAYOUT = STANDARD | {
    "use_dictionary": [
        "labels.list.element.language",
        "aliases.list.element.language",
        "sitelinks.list.element.site",
        "types.list.element",
    ]
}


@dataclass(frozen=True)
class MergeTask:
    """Runs to merge, and the QIDs at which the row groups of the result end."""

    groups: KeyRange
    cuts: tuple[int, ...]


def sort_runs(
    run: Run, files: Sequence[Path], in_memory: int, range_size: int
) -> list[FinishedPart]:
    """Make the parts of the stage from sorted runs; return them in order.

    `in_memory`: the bytes of all runs' rows there; `range_size`: those of a range.
    """
    groups = read_groups(files, "qid")
    packed = sum(g.bytes for g in groups)
    range_size = max(1, min(range_size, LARGEST_RANGE) * packed // max(1, in_memory))
    cuts = cut_evenly(groups, range_size)
    ranges = _ranges(groups, cuts)
    read = sum(sum(g.bytes for g in touched) for touched in ranges)
    if read > MOST_READS * packed:
        merged = run.map(
            merge_runs,
            None,
            _merges(files, groups, cuts, range_size),
            PartSpec(ENTITIES, label="entities: merge", phase="merged", layout=LAYOUT),
        )
        groups = read_groups((run.work("merged") / m.part.file for m in merged), "qid")
        ranges = _ranges(groups, cuts)
    gathers = [
        Task(
            part_name(i),
            key_range(touched, low, high),
            f"{low}-{high}",
            sum(g.bytes for g in touched),
        )
        for i, ((low, high), touched) in enumerate(zip(pairwise(cuts), ranges, strict=True))
    ]
    spec = PartSpec(ENTITIES, label="entities: sort", layout=LAYOUT)
    return run.map(gather_range, None, gathers, spec)


def cut_evenly(groups: Sequence[Group], size: int) -> list[int]:
    """Return the QIDs at which to cut so that a range has about `size` bytes, ends included.

    A group's bytes are taken to lie evenly between its first and its last QID.
    """
    if not groups:
        return [0, 1]
    lows = np.array([g.low for g in groups], np.float64)
    highs = np.array([g.high + 1 for g in groups], np.float64)
    density = np.array([g.bytes for g in groups], np.float64) / (highs - lows)
    places = np.concatenate([lows, highs])
    order = np.argsort(places, kind="stable")
    places = places[order]
    slope = np.cumsum(np.concatenate([density, -density])[order])
    below = np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(places))])
    number = max(1, round(below[-1] / size))
    inner = np.interp(np.arange(1, number) * below[-1] / number, below, places)
    ends = {int(lows.min()), *np.rint(inner).astype(np.int64).tolist(), int(highs.max())}
    return sorted(ends)


def _ranges(groups: Sequence[Group], cuts: Sequence[int]) -> list[list[Group]]:
    """Return for each range the groups that touch it, in their order."""
    touched: list[list[Group]] = [[] for _ in cuts[1:]]
    first = np.searchsorted(cuts, [g.low for g in groups], "right") - 1
    last = np.searchsorted(cuts, [g.high for g in groups], "right") - 1
    for group, low, high in zip(groups, first.tolist(), last.tolist(), strict=True):
        for i in range(low, high + 1):
            touched[i].append(group)
    return touched


def _merges(
    files: Sequence[Path], groups: Sequence[Group], cuts: Sequence[int], size: int
) -> list[Task[MergeTask]]:
    """Return tasks that each merge neighbouring runs of `size` bytes together."""
    by_file: dict[str, list[Group]] = {str(file): [] for file in files}
    for group in groups:
        by_file[group.file].append(group)
    lots: list[list[Group]] = [[]]
    for of_file in by_file.values():
        if sum(g.bytes for g in lots[-1]) + sum(g.bytes for g in of_file) > size and lots[-1]:
            lots.append([])
        lots[-1] += of_file
    tasks = []
    for i, lot in enumerate(lots):
        names = [(Path(g.file).name, g.index, g.low, g.high, g.bytes) for g in lot]
        fingerprint = xxhash.xxh3_128_hexdigest(repr((names, cuts)).encode())
        task = MergeTask(key_range(lot, cuts[0], cuts[-1]), tuple(cuts))
        tasks.append(Task(part_name(i), task, fingerprint, sum(g.bytes for g in lot)))
    return tasks


def merge_runs(task: MergeTask, _: None) -> Batches:
    """Yield the rows of some runs sorted by QID, a row group for each range."""
    rows = read_range(task.groups, "qid", ENTITIES)
    places = np.searchsorted(rows.keys, np.array(task.cuts, np.int64))
    for begin, end in pairwise(places.tolist()):
        yield rows.table.take(numbers(rows.order[begin:end]))
    return Counts()


def gather_range(range_: KeyRange, _: None) -> Batches:
    """Yield the items of a range of QIDs; of an item that the dump has twice, the last one."""
    rows = read_range(range_, "qid", ENTITIES)
    last = np.ones(len(rows), bool)
    last[:-1] = rows.keys[1:] != rows.keys[:-1]
    counts = Counts()
    counts.tally("entities").keep(int(last.sum()))
    counts.tally("entities").drop("duplicate", int((~last).sum()))
    if not last.all():
        for name, number in count_terms(rows.table.take(numbers(rows.order[~last]))):
            counts.tally(name).drop("duplicate", number)
    languages: Counter[str] = Counter()
    for group in _groups(rows.kept(last)):
        labels = one_chunk(group.column("labels")).flatten()
        found = labels.field("language").value_counts()
        languages.update({v["values"]: v["counts"] for v in found.to_pylist()})
        yield group
    counts.add("languages", languages)
    return counts


def _groups(rows: SortedRows) -> Sequence[pa.Table] | Any:
    """Return the rows by row groups; those that are in order already are not copied."""
    if is_range(rows.order):
        return (rows.table.slice(i, _ROWS_A_GROUP) for i in range(0, len(rows), _ROWS_A_GROUP))
    return rows.chunks(_ROWS_A_GROUP)
