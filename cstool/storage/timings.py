"""`_timings.json`: time and memory of the runs that made a folder; not listed in the manifest.

It is a list with an object for each run that made a part. Interrupted runs and array tasks write
theirs into `_work/timings/`, a file each; the run that completes the folder collects them.
"""

import resource
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cstool.errors import OutputError
from cstool.execution.options import RunOptions
from cstool.execution.resources import peak_memory
from cstool.storage.atomic import write_bytes

TIMINGS = "_timings.json"
_FOLDER = "timings"


class Phase(msgspec.Struct, frozen=True):
    """A step of a run: its duration, and the number of parts that the run made."""

    name: str
    wall_s: float
    tasks: int


class Timing(msgspec.Struct, frozen=True):
    """Time and memory of one run.

    `started`: ISO 8601, UTC. `wall_s`: elapsed seconds. `cpu_s`: CPU seconds of all processes.
    `peak_bytes`: the largest resident set of a single process.
    """

    stage: str
    version: str
    started: str
    wall_s: float
    cpu_s: float
    peak_bytes: int
    jobs: int
    scheduler: str | None
    phases: list[Phase]


class PartCost(msgspec.Struct, frozen=True):
    """CPU seconds and peak memory of the worker that made a part."""

    cpu_s: float
    peak_bytes: int


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


@dataclass
class Clock:
    """Measures the time and memory of a run."""

    options: RunOptions
    phases: list[Phase] = field(default_factory=list)
    _elsewhere: PartCost = field(default_factory=lambda: PartCost(0.0, 0))

    def __post_init__(self) -> None:
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._begun = time.monotonic()
        self._cpu = self._own_cpu()

    def _own_cpu(self) -> float:
        # Dask workers report their own cost; those of `local` are children and would count twice.
        children = 0.0 if self.options.scheduler else _cpu(resource.RUSAGE_CHILDREN)
        return _cpu(resource.RUSAGE_SELF) + children

    def add(self, cost: PartCost) -> None:
        """Add the cost of a part; the system measures that of local worker processes."""
        if self.options.scheduler:
            total = self._elsewhere
            peak = max(total.peak_bytes, cost.peak_bytes)
            self._elsewhere = PartCost(total.cpu_s + cost.cpu_s, peak)

    @contextmanager
    def phase(self, name: str, made: list[int]) -> Iterator[None]:
        """Measure a step; at the end, `made` contains the index of each part it made."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.phases.append(Phase(name, round(time.monotonic() - begun, 3), len(made)))

    def timing(self, stage: str, version: str) -> Timing:
        """Return the timing of the run so far; its workers must have ended."""
        return Timing(
            stage,
            version,
            self._started,
            round(time.monotonic() - self._begun, 3),
            round(self._own_cpu() - self._cpu + self._elsewhere.cpu_s, 3),
            max(peak_memory(), self._elsewhere.peak_bytes),
            self.options.jobs,
            self.options.scheduler,
            self.phases,
        )


def read_timings(folder: Path) -> list[Timing]:
    """Return the timings of a complete folder, [] if they are missing or invalid."""
    return _read(folder / TIMINGS)


def has_timings(folder: Path) -> bool:
    """Whether the folder has a valid `_timings.json`."""
    return _decode(folder / TIMINGS) is not None


def _read(path: Path) -> list[Timing]:
    return _decode(path) or []


def _decode(path: Path) -> list[Timing] | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Timing])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _write(path: Path, timings: list[Timing]) -> None:
    data = msgspec.json.format(msgspec.json.encode(timings), indent=1)
    with suppress(OutputError):  # missing timings are no reason to fail a complete run
        write_bytes(path, data + b"\n")


def leave_timing(work: Path, timing: Timing) -> None:
    """Write the timing of a run that did not complete the folder into its work folder."""
    _write(work / _FOLDER / f"{secrets.token_hex(8)}.json", [timing])


def gather_timings(out: Path, work: Path) -> None:
    """Add the timings in the work folder to those of the output folder."""
    left = [timing for path in (work / _FOLDER).glob("*.json") for timing in _read(path)]
    known = read_timings(out)
    more = [timing for timing in left if timing not in known]
    if more:
        _write(out / TIMINGS, sorted([*known, *more], key=lambda timing: timing.started))


def add_timing(out: Path, timing: Timing) -> None:
    """Add the timing of the run that completed the folder."""
    _write(out / TIMINGS, [*read_timings(out), timing])
