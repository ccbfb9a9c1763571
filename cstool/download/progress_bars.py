"""A bar a file, with an ETA, on a terminal only; and lines that do not tear the bars."""

import sys
from collections.abc import Callable

from tqdm import tqdm

from cstool.execution.progress import Progress, progress
from cstool.execution.terminal import echo_line

# Opens a bar: the file's name, its bytes where they are known, and how many are here.
ProgressFactory = Callable[[str, int | None, int], Progress]


def bars(*, quiet: bool) -> ProgressFactory:
    """Return what opens bars on standard error; ones that show nothing when it is no terminal."""

    def open_bar(name: str, total: int | None, here: int) -> Progress:
        return progress(name, total, unit="B", quiet=quiet, done=here)

    return open_bar


def line(text: str, *, result: bool = False) -> None:
    """Write a line above the bars if there are any: to standard error, a `result` to the output.

    All that `cstool download` prints goes through here, but for the line it ends with.
    """
    with tqdm.external_write_mode(file=sys.stdout if result else sys.stderr):
        echo_line(text if result else f"download: {text}", err=not result)
