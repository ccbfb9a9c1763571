"""The step of a run that writes the files of a corpus, in any format."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa

from cstool.formats.corpus_formats import CorpusFormat
from cstool.formats.format_options import FormatOptions
from cstool.formats.table_sizes import counted_tables
from cstool.formats.written_files import (
    WRITTEN,
    Destination,
    are_as_recorded,
    is_part,
    record_of,
    recorded,
)
from cstool.storage.counts import Counts, total
from cstool.storage.manifest import Part
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import Run
from cstool.storage.tasks import P, S, Task

_RECORDS = "written"


class MadeFiles(NamedTuple):
    """The files of a corpus, their total counts, and the names of their tasks' parts."""

    files: list[Part]
    counts: Counts
    parts: list[str]


def make_files(
    run: Run,
    form: CorpusFormat,
    function: Callable[[S, P], Batches],
    work: P,
    tasks: list[Task[S]],
    unit: str,
) -> MadeFiles:
    """Write a file, or several, for each task with `function`, which yields `file_batches`.

    The `file` of a task is the name of its file (`Destination.name`). `unit`: of the progress.
    """
    spec = PartSpec(form.schema, label=f"{run.claim.stage}: write", unit=unit, layout=form.layout)
    if form.write is None:
        tasks = [replace(t, file=f"{form.folder}/{t.file}.{form.suffix}") for t in tasks]
        made = run.map(function, work, tasks, spec)
        files = [one.part for one in made]
    else:
        # Only Parquet files can store how they were made; others have a record in the work folder.
        tasks = [replace(task, file=f"{task.file}.parquet") for task in tasks]
        records = run.work(_RECORDS)
        made = run.map(
            function,
            work,
            tasks,
            PartSpec(WRITTEN, label=spec.label, phase=_RECORDS, unit=unit),
            is_intact=lambda record: are_as_recorded(run.out, records / record),
        )
        files = [part for one in made for part in recorded(records / one.part.file)]
    return MadeFiles(files, total(one.counts for one in made), [task.file for task in tasks])


def file_batches(
    form: CorpusFormat,
    rows: Iterator[pa.Table],
    destination: Destination,
    options: FormatOptions,
    counts: Counts,
) -> Iterator[pa.Table]:
    """Yield the tables of a Parquet file; or write files of another kind, and yield their record.

    The bytes of the tables in memory are counted by split (`table_sizes`).
    """
    if form.write:
        yield record_of(form.write(rows, destination, options, counts))
    else:
        assert form.tables
        yield from counted_tables(form.tables(rows, options, counts), destination.split, counts)


def remove_strays(run: Run, listed: set[str]) -> None:
    """Remove files of this run, by their records, that are not part of the corpus any more."""
    for record in run.work(_RECORDS).glob("*/*.parquet"):
        for part in recorded(record):
            path = run.out / part.file
            linked = any(p.is_symlink() for p in (path, *path.parents[: part.file.count("/")]))
            if part.file not in listed and not linked and is_part(run.out, part):
                path.unlink()
