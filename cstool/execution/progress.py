"""Progress: a bar with an ETA on a terminal, a line now and then in a log."""

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from tqdm import tqdm

from cstool.execution.terminal import echo, printable

# Seconds until the first line in a log, and between two later ones.
_FIRST_LINE, _NEXT_LINES = 60.0, 600.0


class Progress(Protocol):
    """What takes news of progress."""

    def update(self, n: float = 1, /) -> object:
        """Tell that `n` more units are done."""

    def close(self) -> object:
        """Tell that no more will come."""


class PartsProgress(Progress, Protocol):
    """Progress of a run that may have found parts of an earlier one."""

    def found(self, n: float, /) -> object:
        """Tell that `n` more units were done before this run, which say nothing of its rate."""


class SilentProgress:
    """Takes news and shows nothing."""

    def update(self, n: float = 1, /) -> None:
        """Ignore."""

    def found(self, n: float, /) -> None:
        """Ignore."""

    def close(self) -> None:
        """Ignore."""


class ProgressBar:
    """A bar of tqdm's."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def update(self, n: float = 1, /) -> None:
        """Move the bar on by `n` units."""
        self._bar.update(n)

    def found(self, n: float, /) -> None:
        """Move the bar on by `n` units that took this run no time."""
        self._bar.initial += n
        self._bar.update(n)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()


class LogLines:
    """Writes how much is done and what time is left: after a minute, then every ten minutes."""

    def __init__(
        self,
        label: str,
        total: float,
        *,
        now: Callable[[], float] = time.monotonic,
        write: Callable[[str], None] = lambda line: echo(line, err=True),
    ) -> None:
        self._label = label
        self._total = total
        self._now = now
        self._write = write
        self._begun = now()
        self._next = self._begun + _FIRST_LINE
        self._done = self._found = 0.0

    def update(self, n: float = 1, /) -> None:
        """Count `n` units; write a line when it is time for one."""
        self._done += n
        now = self._now()
        if now < self._next:
            return
        self._next = now + _NEXT_LINES
        taken, left = now - self._begun, max(0.0, self._total - self._found - self._done)
        share = 100 * (self._found + self._done) / self._total
        remaining = duration_in_words(left * taken / self._done)
        self._write(
            f"{printable(self._label)}: {share:.0f} % done after {duration_in_words(taken)}; about "
            f"{remaining} left"
        )

    def found(self, n: float, /) -> None:
        """Count `n` units that took this run no time."""
        self._found += n

    def close(self) -> None:
        """Write nothing more."""


def size_in_words(number: int | None) -> str:
    """Return a number of bytes such as `24.1 GB`."""
    if number is None:
        return "unknown size"
    size = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.2f} TB"


def duration_in_words(seconds: float) -> str:
    """Return a duration such as `40 s`, `12 min`, `3.5 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 99.5 else f"{minutes / 60:.1f} h"


def progress(
    label: str, total: int | None, *, unit: str, quiet: bool, done: int = 0
) -> PartsProgress:
    """Return a bar on standard error; lines now and then where that is no terminal.

    `unit` is "B" for bytes, which are scaled to kB, MB…; else the name of what is counted.
    `done`: units that were done before, which tell nothing of the speed.
    """
    if quiet:
        return SilentProgress()
    if not sys.stderr.isatty():
        if not total:
            return SilentProgress()
        lines = LogLines(label, total)
        lines.found(done)
        return lines
    return ProgressBar(
        tqdm(
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
    )
