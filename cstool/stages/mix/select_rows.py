"""The steps of a run that choose the rows of each stage, see `choose`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from cstool.arrays import Array
from cstool.stages.mix.choose import (
    EDGES,
    MEASURED,
    USED,
    Bucket,
    Selection,
    SortWork,
    choose,
    measure,
    read_edges,
    sort_rows,
)
from cstool.stages.mix.plan import plan_stages
from cstool.stages.mix.recipe import MixRecipe
from cstool.stages.mix.rows import MixPart
from cstool.storage.checksums import QUICK, read_part
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import Segment
from cstool.storage.tasks import Task

# About 100 MB of records, which a worker holds in memory.
_ROWS_A_BUCKET = 2_000_000
_MOST_BUCKETS = 4096


@dataclass(frozen=True)
class SelectedRows:
    """What the stages use: the selection with its limits, and the segments of duplicates by part.

    `used`: the files of the sums by class (schema `choose.USED_ROWS`).
    """

    selection: Selection
    duplicates: dict[int, tuple[Segment, ...]]
    used: tuple[Path, ...]


def select_rows(
    run: Run,
    recipe: MixRecipe,
    selection: Selection,
    parts: Sequence[Task[MixPart]],
    counted: Sequence[FinishedPart],
) -> SelectedRows:
    """Choose the rows of each stage; `counted`: the parts of `count_rows`, in `_work/counted`.

    Raises InputError for a budget beyond what there is.
    """
    buckets = _sort(run, selection, parts, sum(made.part.rows for made in counted))
    planned = plan_stages(
        recipe, selection, partial(_measured, run, buckets), partial(_edges, run, buckets)
    )
    folder = run.work("duplicates")
    duplicates, _, made = write_segments(
        run,
        choose,
        (planned, str(folder)),
        buckets,
        label="mix: choose",
        phase="chosen",
        files=folder,
        unit="bucket",
    )
    used = tuple(run.work(USED) / one.part.file for one in made)
    return SelectedRows(planned, duplicates, used)


def _sort(
    run: Run, selection: Selection, parts: Sequence[Task[MixPart]], rows: int
) -> list[Task[Bucket]]:
    """Sort the records of all rows into buckets."""
    number = max(1, min(_MOST_BUCKETS, -(-rows // _ROWS_A_BUCKET)))
    segments = run.work("records")
    work = SortWork(str(run.work("counted")), str(segments), selection.languages, number)
    by_bucket, _, _ = write_segments(
        run, sort_rows, work, parts, label="mix: sort", phase="sorted", files=segments
    )
    return [
        Task(name, Bucket(name, by_bucket[index]), str(index))
        for index in sorted(by_bucket)
        for name in [f"bucket-{index:05d}.parquet"]
    ]


def _measured(
    run: Run, buckets: list[Task[Bucket]], stage: int, selection: Selection
) -> Iterator[pa.Table]:
    cells = len(selection.stages[-1].words) * len(selection.languages)
    yield from _tables(run, measure, (selection, cells), buckets, MEASURED, f"measured-{stage + 1}")


def _edges(
    run: Run, buckets: list[Task[Bucket]], stage: int, selection: Selection, ranges: Array
) -> Iterator[pa.Table]:
    yield from _tables(run, read_edges, (selection, ranges), buckets, EDGES, f"edges-{stage + 1}")


def _tables(
    run: Run,
    function: Callable[[Bucket, Any], Batches],
    work: Any,
    buckets: list[Task[Bucket]],
    schema: pa.Schema,
    phase: str,
) -> Iterator[pa.Table]:
    """Yield the tables that a function makes of all buckets."""
    label = f"mix: {phase.replace('-', ' ')}"
    spec = PartSpec(schema, label=label, phase=phase, unit="bucket", layout=QUICK)
    for made in run.map(function, work, buckets, spec):
        yield read_part(run.work(phase) / made.part.file)
