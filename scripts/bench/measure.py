"""Run a command and measure its time, CPU and memory: shared by the benchmark scripts."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


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
