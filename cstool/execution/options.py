"""How a stage is run; none of it changes a byte of what the stage writes, but the part size."""

from dataclasses import dataclass, field

from cstool.execution.resources import default_jobs


@dataclass(frozen=True)
class RunOptions:
    """The options that all stages share.

    `part_size`: bytes of input that make a part, None for the stage's own default.
    `array_task`: (I, N) makes only every N-th part, beginning with the I-th (1 ≤ I ≤ N).
    `scheduler`: a Dask scheduler's address, its scheduler file, or `local`, a cluster made for
    this run; None runs local processes.
    """

    jobs: int = field(default_factory=default_jobs)
    part_size: int | None = None
    overwrite: bool = False
    quiet: bool = False
    array_task: tuple[int, int] | None = None
    scheduler: str | None = None

    def takes(self, index: int) -> bool:
        """Whether this run makes the part with that index (from 0)."""
        return self.array_task is None or index % self.array_task[1] == self.array_task[0] - 1
