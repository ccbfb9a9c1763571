"""Progress bars: by bytes, with an ETA, on a terminal only."""

import sys
from typing import Protocol

from tqdm import tqdm

from cstool.running.terminal import printable


class Progress(Protocol):
    """What takes news of progress."""

    def update(self, n: float = 1, /) -> object:
        """Tell that `n` more units are done."""

    def close(self) -> object:
        """Tell that no more will come."""


class Silent:
    """Takes news and shows nothing."""

    def update(self, n: float = 1, /) -> None:
        """Ignore."""

    def close(self) -> None:
        """Ignore."""


def progress(label: str, total: int | None, *, unit: str, quiet: bool, done: int = 0) -> Progress:
    """Return a bar on standard error; one that shows nothing when that is no terminal.

    `unit` is "B" for bytes, which are scaled to kB, MB…; else the name of what is counted.
    `done`: units that were done before, which tell nothing of the speed.
    """
    if quiet or not sys.stderr.isatty():
        return Silent()
    bar: Progress = tqdm(
        total=total,
        initial=done,
        desc=printable(label),
        unit=printable(unit),
        unit_scale=unit == "B",
        unit_divisor=1000,
        smoothing=0.05,
        dynamic_ncols=True,
        leave=False,
    )
    return bar
