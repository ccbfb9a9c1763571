"""Options of how a stage is run; only the part size changes the output."""

from dataclasses import dataclass, field

from cstool.execution.resources import default_jobs


@dataclass(frozen=True)
class RunOptions:
    """The options that all stages share.

    `jobs`: number of worker processes. `part_size`: bytes of input per part, None for the stage's
    default. `overwrite`: discard existing output. `quiet`: no progress. `array_task`: (I, N) makes
    only every N-th part, from the I-th on (1 ≤ I ≤ N). `scheduler`: the address of a Dask
    scheduler, a scheduler file, or `local` for a cluster created for this run; None for local
    processes.
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
