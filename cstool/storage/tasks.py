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


@dataclass(frozen=True)
class PartMaker(Generic[S, P]):
    """Makes the parts of a step, in this process or in workers of this machine or another.

    `function(slice, parameters)` yields the rows. `scratch`: the folder for temporary files.
    """

    function: Callable[[S, P], Batches]
    parameters: P
    spec: PartSpec
    folder: PartFolder
    scratch: Path

    def make(self, task: Task[S]) -> tuple[FinishedPart, PartCost]:
        """Make the part of a task. Raises what `function` and `write_part` raise."""
        begun = time.thread_time()
        with using_scratch(self.scratch):
            batches = self.function(task.slice, self.parameters)
            made = write_part(self.folder, task.file, task.fingerprint, self.spec, batches)
        return made, PartCost(time.thread_time() - begun, peak_memory(resource.RUSAGE_SELF))


@dataclass
class StepTasks(Generic[S, P]):
    """The tasks of one step of a run and their state.

    `is_intact`: whether the files that a finished part refers to are undamaged. `finished`: parts
    that exist, by task index. `due`: tasks whose calls have been yielded. `elsewhere`: indexes
    of the parts that other array tasks have to make.
    """

    maker: PartMaker[S, P]
    tasks: Iterable[Task[S]]
    options: RunOptions
    is_intact: Callable[[str], bool]
    finished: dict[int, FinishedPart] = field(default_factory=dict)
    due: dict[int, Task[S]] = field(default_factory=dict)
    elsewhere: list[int] = field(default_factory=list)

    def calls(
        self, on_found: Callable[[FinishedPart, int], None]
    ) -> Iterator[tuple[int, Callable[[], tuple[FinishedPart, PartCost]]]]:
        """Yield the index of each task whose part is missing, and the call that makes it.

        `on_found(part, weight)` is called for each existing part. Raises OutputError if the path
        of a part contains a symbolic link or is a file that another run or program wrote.
        """
        folder = self.maker.folder
        out = folder.work.parent
        for index, task in enumerate(self.tasks):
            path = folder.path / task.file
            refuse_links(out, path.parent)
            found = find_part(folder, task.file, task.fingerprint)
            if found is not None and self.is_intact(task.file):
                self.finished[index] = found
                on_found(found, task.weight)
            elif self.options.takes(index):
                if self.maker.spec.phase is None:
                    refuse_foreign_part(path, folder.run)
                self.due[index] = task
                yield index, partial(self.maker.make, task)
            else:
                self.elsewhere.append(index)
