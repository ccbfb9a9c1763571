"""The step of a run that divides rows among destinations, as segments."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cstool.storage.checksums import QUICK
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.segments import INDEX, Segment, are_whole, segments_of
from cstool.storage.tasks import P, S, Task


class WrittenSegments(NamedTuple):
    """The segments and the number of rows of each destination, and the indexes of the tasks."""

    by_destination: dict[int, tuple[Segment, ...]]
    rows: dict[int, int]
    made: list[FinishedPart]


def write_segments(
    run: Run,
    function: Callable[[S, P], Batches],
    work: P,
    tasks: Iterable[Task[S]],
    *,
    label: str,
    phase: str,
    files: Path,
    unit: str = "B",
) -> WrittenSegments:
    """Write segments into the folder `files` with `function`, which yields the index of each task.

    Tasks whose segments are lost or damaged are repeated. `label`, `phase`, `unit`: see PartSpec.
    """
    indexes = run.work(phase)
    made = run.map(
        function,
        work,
        tasks,
        PartSpec(INDEX, label=label, phase=phase, unit=unit, layout=QUICK),
        is_intact=partial(are_whole, indexes, files),
    )
    return WrittenSegments(*segments_of(made, indexes, files), made)
