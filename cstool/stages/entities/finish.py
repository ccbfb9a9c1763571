"""The second phase of `entities`: the table of items from runs that are sorted by QID."""

from pathlib import Path

from cstool.stages.entities.rows import IN_MEMORY
from cstool.stages.entities.selection import EntitySelection
from cstool.stages.entities.sort import sort_runs
from cstool.storage.counts import Counts, total
from cstool.storage.parts import FinishedPart
from cstool.storage.run import Run


def sort_items(
    run: Run,
    phase: str,
    made: list[FinishedPart],
    counts: Counts,
    wanted: EntitySelection,
    part_size: int,
) -> tuple[list[FinishedPart], Counts]:
    """Make the parts of the stage from the runs of a phase; return them, and all counts.

    `made`: the runs, intermediate parts of `phase`; `counts`: their sum, with IN_MEMORY.
    """
    in_memory = counts.details.pop(IN_MEMORY)["bytes"]
    files: list[Path] = [run.work(phase) / m.part.file for m in made]
    parts = sort_runs(run, files, in_memory, 2 * part_size, wanted.cuts(part_size))
    return parts, _joined(counts, parts)


def _joined(read: Counts, parts: list[FinishedPart]) -> Counts:
    """Combine the counts of both phases: what the second phase dropped was not written."""
    gathered = total(made.counts for made in parts)
    for unit, tally in gathered.tallies.items():
        for reason, number in tally.dropped.items():
            read.tally(unit).written -= number
            read.tally(unit).dropped[reason] = number
    for kind, numbers in gathered.details.items():
        read.add(kind, numbers)
    return read
