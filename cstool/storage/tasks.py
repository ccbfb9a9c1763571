"""The tasks of a step: finds the parts that are missing, and makes one."""

import resource
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from cstool.execution.options import RunOptions
from cstool.execution.resources import peak_memory
from cstool.storage.atomic import refuse_links, using_scratch
from cstool.storage.parts import (
    Batches,
    FinishedPart,
    PartFolder,
    PartSpec,
    find_part,
    refuse_foreign_part,
    write_part,
)
from cstool.storage.timings import PartCost

S = TypeVar("S")
P = TypeVar("P")


@dataclass(frozen=True)
class Task(Generic[S]):
    """A part to make from a slice.

    `file`: the part's path in the folder. `fingerprint`: of the slice. `weight`: added to the
    progress when the part is finished.
    """

    file: str
    slice: S
    fingerprint: str
    weight: int = 1


def part_name(index: int) -> str:
    """Return the file name of the part with that index."""
    return f"part-{index:06d}.parquet"


@dataclass
class StepTasks(Generic[S, P]):
    """The tasks of one step of a run and their state.

    `is_intact`: whether the files that a finished part refers to are undamaged. `finished`: parts
    that exist, by task index. `due`: tasks whose calls have been yielded. `elsewhere`: number of
    parts that other array tasks have to make.
    """

    function: Callable[[S, P], Batches]
    parameters: P
    tasks: Iterable[Task[S]]
    spec: PartSpec
    folder: PartFolder
    scratch: Path
    options: RunOptions
    is_intact: Callable[[str], bool]
    finished: dict[int, FinishedPart] = field(default_factory=dict)
    due: dict[int, Task[S]] = field(default_factory=dict)
    elsewhere: int = 0

    def calls(
        self, on_found: Callable[[FinishedPart, int], None]
    ) -> Iterator[tuple[int, Callable[[], tuple[FinishedPart, PartCost]]]]:
        """Yield the index of each task whose part is missing, and the call that makes it.

        `on_found(part, weight)` is called for each existing part. Raises OutputError if the path
        of a part contains a symbolic link or is a file that another run or program wrote.
        """
        out = self.folder.work.parent
        for index, task in enumerate(self.tasks):
            path = self.folder.path / task.file
            refuse_links(out, path.parent)
            found = find_part(self.folder, task.file, task.fingerprint)
            if found is not None and self.is_intact(task.file):
                self.finished[index] = found
                on_found(found, task.weight)
            elif self.options.takes(index):
                if self.spec.phase is None:
                    refuse_foreign_part(path, self.folder.run)
                self.due[index] = task
                yield index, partial(_make_part, self._worker(), task)
            else:
                self.elsewhere += 1

    def _worker(self) -> "_Worker[S, P]":
        return _Worker(self.function, self.parameters, self.spec, self.folder, self.scratch)


@dataclass(frozen=True)
class _Worker(Generic[S, P]):
    """The arguments that are the same for all parts of a step."""

    function: Callable[[S, P], Batches]
    parameters: P
    spec: PartSpec
    folder: PartFolder
    scratch: Path


def _make_part(worker: _Worker[S, P], task: Task[S]) -> tuple[FinishedPart, PartCost]:
    """Make one part, in a worker process on this machine or another."""
    begun = time.thread_time()
    with using_scratch(worker.scratch):
        batches = worker.function(task.slice, worker.parameters)
        made = write_part(worker.folder, task.file, task.fingerprint, worker.spec, batches)
    return made, PartCost(time.thread_time() - begun, peak_memory(resource.RUSAGE_SELF))
