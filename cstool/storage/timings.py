"""`_timings.json`: what the runs took that filled a folder. Beside the manifest, not listed in it.

A list, an object for each run that did something. A run that is interrupted leaves its own in
`_work/timings/`, where shards may write at once; the run that finishes puts them together.
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
    """A step of a run, and how many parts it made there."""

    name: str
    wall_s: float
    tasks: int


class Timing(msgspec.Struct, frozen=True):
    """What one run took.

    `started`: by the wall clock, ISO, UTC; `wall_s` by one that does not jump. `cpu_s`: of all
    its processes. `peak_bytes`: the largest resident set that one of them had.
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
    """What a part cost the worker that made it."""

    cpu_s: float
    peak_bytes: int


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


@dataclass
class Clock:
    """Takes the time of a run."""

    options: RunOptions
    phases: list[Phase] = field(default_factory=list)
    _elsewhere: PartCost = field(default_factory=lambda: PartCost(0.0, 0))

    def __post_init__(self) -> None:
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._begun = time.monotonic()
        self._cpu = self._own_cpu()

    def _own_cpu(self) -> float:
        # A cluster's workers tell what they cost, and `local` ones would be counted twice.
        children = 0.0 if self.options.scheduler else _cpu(resource.RUSAGE_CHILDREN)
        return _cpu(resource.RUSAGE_SELF) + children

    def add(self, cost: PartCost) -> None:
        """Take down what a part cost; of local processes the system knows it."""
        if self.options.scheduler:
            total = self._elsewhere
            peak = max(total.peak_bytes, cost.peak_bytes)
            self._elsewhere = PartCost(total.cpu_s + cost.cpu_s, peak)

    @contextmanager
    def phase(self, name: str, made: list[int]) -> Iterator[None]:
        """Take the time of a step; in the end `made` has the number of each part it made."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.phases.append(Phase(name, round(time.monotonic() - begun, 3), len(made)))

    def timing(self, stage: str, version: str) -> Timing:
        """Return what the run has taken up to now; its workers have ended."""
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
    """Return the timings in a finished folder; none when they are not there or not readable."""
    return _read(folder / TIMINGS)


def has_timings(folder: Path) -> bool:
    """Whether the folder's `_timings.json` is one of cstool's."""
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
    with suppress(OutputError):  # a folder that is whole does not fail for want of its times
        write_bytes(path, data + b"\n")


def leave_timing(work: Path, timing: Timing) -> None:
    """Write down what a run took that did not finish."""
    _write(work / _FOLDER / f"{secrets.token_hex(8)}.json", [timing])


def gather_timings(out: Path, work: Path) -> None:
    """Put together what the runs took that did not finish, before `work` is removed."""
    left = [timing for path in (work / _FOLDER).glob("*.json") for timing in _read(path)]
    known = read_timings(out)
    more = [timing for timing in left if timing not in known]
    if more:
        _write(out / TIMINGS, sorted([*known, *more], key=lambda timing: timing.started))


def add_timing(out: Path, timing: Timing) -> None:
    """Write down what the run took that finished."""
    _write(out / TIMINGS, [*read_timings(out), timing])
