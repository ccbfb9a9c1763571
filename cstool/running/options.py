"""How a stage is run; none of it changes a byte of what the stage writes, but the part size."""

import os
from dataclasses import dataclass, field


def usable_cpus() -> int:
    """Number of CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class RunOptions:
    """The options that all stages share.

    `part_size`: bytes of input that make a part, None for the stage's own default.
    `shard`: (I, N) does only every N-th part, beginning with the I-th (1 ≤ I ≤ N).
    `scheduler`: a Dask scheduler's address or its scheduler file; None runs local processes.
    """

    jobs: int = field(default_factory=usable_cpus)
    part_size: int | None = None
    overwrite: bool = False
    quiet: bool = False
    shard: tuple[int, int] | None = None
    scheduler: str | None = None

    def takes(self, index: int) -> bool:
        """Whether this run's share holds the part with that number (from 0)."""
        return self.shard is None or index % self.shard[1] == self.shard[0] - 1
