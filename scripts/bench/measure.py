"""Run a command and measure its time, CPU and memory: shared by the benchmark scripts."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Taken:
    """Wall and CPU seconds (workers included), and the largest process's memory in MB."""

    wall: float
    cpu: float
    memory: float


@contextmanager
def working_folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder `keep`, created if missing, or a temporary one; its path is absolute."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = (keep or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


def cstool() -> str:
    """Return the `cstool` that belongs to the running Python."""
    return shutil.which("cstool", path=str(Path(sys.executable).parent)) or "cstool"


def run(command: Sequence[str], folder: Path | None = None) -> Taken:
    """Run a command, in a folder if one is given; end with its fault when it fails."""
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.chdir(folder or ".")
        os.execvp(command[0], list(command))
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return Taken(time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def add_against(parser: argparse.ArgumentParser) -> None:
    """Add the options `--against` and `--pairs`, for `measured`."""
    parser.add_argument(
        "--against", type=Path, metavar="CSTOOL", help="executable of another cstool to compare"
    )
    parser.add_argument("--pairs", type=int, default=3, help="runs of each with --against")


def measured(run_with: Callable[[str], Taken], options: argparse.Namespace) -> Taken:
    """Return what a run with this cstool takes; `run_with`: runs the executable it is given.

    With --against, both run in turns; the median of the ratios of their CPU seconds is printed,
    and the run of this cstool with the median CPU seconds is returned.
    """
    if options.against is None:
        return run_with(cstool())
    others, own = [], []
    for _ in range(options.pairs):
        others.append(run_with(str(options.against.absolute())))
        own.append(run_with(cstool()))
    ratio = median(other.cpu / its.cpu for other, its in zip(others, own, strict=True))
    print(
        f"against {options.against}: {median(taken.cpu for taken in others):.2f} CPU s there, "
        f"{median(taken.cpu for taken in own):.2f} CPU s here; median of {options.pairs} ratios: "
        f"{ratio:.2f}"
    )
    return sorted(own, key=lambda taken: taken.cpu)[len(own) // 2]
