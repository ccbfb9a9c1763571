"""External merge sort of items: combines runs that are sorted by QID into ranges of QIDs.

A range is read from the row groups that overlap it. If the dump is nearly sorted, these contain few
other items. If it is unsorted, every row group overlaps every range; then neighboring runs are
merged first into larger runs whose row groups end at the range boundaries.
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

from cstool.arrays.arrow import computed, one_chunk, rows_at
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

# If the runs would be read more than this many times on average, merging first is faster.
MOST_READS = 3.0
# Maximum bytes of a range, independent of the part size: a range is held in memory.
LARGEST_RANGE = 256 << 20
_ROWS_A_GROUP = 32_768
# Dictionaries only for columns that repeat; for labels they take 10 % more time and more bytes.
LAYOUT = STANDARD | {
    "use_dictionary": [
        "labels.list.element.language",
        "aliases.list.element.language",
        "sitelinks.list.element.site",
        "types.list.element",
    ]
}
# Runs are removed after they were read: lz4 takes half of zstd's time, at 1.6 times its size.
RUN_LAYOUT = LAYOUT | {
    "compression": "lz4",
    "compression_level": None,
    "write_statistics": ["qid"],
}


@dataclass(frozen=True)
class MergeTask:
    """The runs to merge, and the QIDs at which row groups of the result end."""

    groups: KeyRange
    cuts: tuple[int, ...]


def sort_runs(
    run: Run,
    files: Sequence[Path],
    in_memory: int,
    range_size: int,
    cuts: Sequence[int] | None = None,
) -> list[FinishedPart]:
    """Make the parts of the stage from sorted runs; return them in order.

    `in_memory`: bytes of all rows in memory; `range_size`: bytes of a range in memory. `cuts`: the
    boundaries of the parts' QIDs; None divides the rows into ranges of `range_size`.
    """
    groups = read_groups(files, "qid")
    packed = sum(g.bytes for g in groups)
    range_size = max(1, min(range_size, LARGEST_RANGE) * packed // max(1, in_memory))
    if cuts is None:
        cuts = cut_evenly(groups, range_size)
    ranges = _ranges(groups, cuts)
    read = sum(sum(g.bytes for g in touched) for touched in ranges)
    if read > MOST_READS * packed:
        merged = run.map(
            merge_runs,
            None,
            _merges(files, groups, cuts, range_size),
            PartSpec(ENTITIES, label="entities: merge", phase="merged", layout=RUN_LAYOUT),
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
    """Return the boundaries of ranges of about `size` bytes each, first and last included.

    Assumes that the bytes of a row group are uniformly distributed over its QIDs.
    """
    if not groups:
        return [0, 1]
    lows = np.array([g.low for g in groups], np.float64)
    highs = np.array([g.high + 1 for g in groups], np.float64)
    density = np.array([g.bytes for g in groups], np.float64) / (highs - lows)
    bounds = np.concatenate([lows, highs])
    order = np.argsort(bounds, kind="stable")
    bounds = bounds[order]
    slope = np.cumsum(np.concatenate([density, -density])[order])
    below = np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(bounds))])
    number = max(1, round(below[-1] / size))
    inner = np.interp(np.arange(1, number) * below[-1] / number, below, bounds)
    ends = {int(lows.min()), *np.rint(inner).astype(np.int64).tolist(), int(highs.max())}
    return sorted(ends)


def _ranges(groups: Sequence[Group], cuts: Sequence[int]) -> list[list[Group]]:
    """Return for each range the row groups that overlap it, in their order."""
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
    """Return tasks that each merge neighboring runs of about `size` bytes in total."""
    by_file: dict[str, list[Group]] = {str(file): [] for file in files}
    for group in groups:
        by_file[group.file].append(group)
    batches: list[list[Group]] = [[]]
    for of_file in by_file.values():
        if sum(g.bytes for g in batches[-1]) + sum(g.bytes for g in of_file) > size and batches[-1]:
            batches.append([])
        batches[-1] += of_file
    tasks = []
    for i, batch in enumerate(batches):
        names = [(Path(g.file).name, g.index, g.low, g.high, g.bytes) for g in batch]
        fingerprint = xxhash.xxh3_128_hexdigest(repr((names, cuts)).encode())
        task = MergeTask(key_range(batch, cuts[0], cuts[-1]), tuple(cuts))
        tasks.append(Task(part_name(i), task, fingerprint, sum(g.bytes for g in batch)))
    return tasks


def merge_runs(task: MergeTask, _: None) -> Batches:
    """Yield the rows of some runs sorted by QID, one row group for each range."""
    rows = read_range(task.groups, "qid", ENTITIES)
    bounds = np.searchsorted(rows.keys, np.array(task.cuts, np.int64))
    for begin, end in pairwise(bounds.tolist()):
        yield rows_at(rows.table, rows.order[begin:end])
    return Counts()


def gather_range(range_: KeyRange, _: None) -> Batches:
    """Yield the items of a range of QIDs; if the dump has an item twice, the last one."""
    rows = read_range(range_, "qid", ENTITIES)
    last = np.ones(len(rows), bool)
    last[:-1] = rows.keys[1:] != rows.keys[:-1]
    counts = Counts()
    counts.tally("entities").keep(int(last.sum()))
    counts.tally("entities").drop("duplicate", int((~last).sum()))
    if not last.all():
        for name, number in count_terms(rows_at(rows.table, rows.order[~last])):
            counts.tally(name).drop("duplicate", number)
    languages: Counter[str] = Counter()
    for group in _groups(rows.kept(last)):
        labels = computed("list_flatten", one_chunk(group.column("labels")))
        by_language = computed("value_counts", labels.field("language"))
        languages.update({v["values"]: v["counts"] for v in by_language.to_pylist()})
        yield group
    counts.add("languages", languages)
    return counts


def _groups(rows: SortedRows) -> Sequence[pa.Table] | Any:
    """Return the rows in row groups, without copying if they are already in order."""
    if is_range(rows.order):
        return (rows.table.slice(i, _ROWS_A_GROUP) for i in range(0, len(rows), _ROWS_A_GROUP))
    return rows.chunks(_ROWS_A_GROUP)
