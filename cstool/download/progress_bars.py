"""Progress bars with an ETA, one per file, on a terminal; and lines that do not break the bars."""

import sys
from collections.abc import Callable

from tqdm import tqdm

from cstool.execution.progress import Progress, progress
from cstool.execution.terminal import echo_line

# Opens a bar: the file's name, its size in bytes if known, and the bytes that are present.
ProgressFactory = Callable[[str, int | None, int], Progress]


def bars(*, quiet: bool) -> ProgressFactory:
    """Return a factory of progress bars on standard error, silent if that is not a terminal."""

    def open_bar(name: str, total: int | None, here: int) -> Progress:
        return progress(name, total, unit="B", quiet=quiet, done=here)

    return open_bar


def line(text: str, *, result: bool = False) -> None:
    """Write a line above any bars: to standard error, or a `result` to standard output.

    All output of `cstool download` except its last line is written here.
    """
    with tqdm.external_write_mode(file=sys.stdout if result else sys.stderr):
        echo_line(text if result else f"download: {text}", err=not result)
