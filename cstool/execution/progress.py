"""Progress: a bar with the remaining time on a terminal, otherwise a line per minute in the log."""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from cstool.execution.log import is_json, log
from cstool.execution.resources import peak_memory
from cstool.execution.terminal import printable

# Seconds between two lines in the log.
LOG_INTERVAL = 60.0


class Progress(Protocol):
    """Receives the progress of a task."""

    def update(self, n: float = 1, /) -> object:
        """Add `n` finished units."""

    def close(self) -> object:
        """Show nothing more."""


class PartsProgress(Progress, Protocol):
    """Receives the progress of a run, which may reuse parts of an interrupted run."""

    def found(self, n: float, /) -> object:
        """Add `n` units that an earlier run finished; they are not part of the rate."""

    def note_memory(self, peak: int, /) -> object:
        """Note the peak memory of a worker process, in bytes."""


class SilentProgress:
    """Shows nothing."""

    def update(self, n: float = 1, /) -> None:
        """Do nothing."""

    def found(self, n: float, /) -> None:
        """Do nothing."""

    def note_memory(self, peak: int, /) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class ProgressBar:
    """A progress bar of tqdm."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def update(self, n: float = 1, /) -> None:
        """Advance the bar by `n` units."""
        self._bar.update(n)

    def found(self, n: float, /) -> None:
        """Advance the bar by `n` units that an earlier run finished."""
        self._bar.initial += n
        self._bar.update(n)

    def note_memory(self, peak: int, /) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()


class LogLines:
    """Logs once a minute the finished share, the rate, the remaining time and the peak memory.

    Lines are written by a thread, even if no unit is finished. `every`: seconds between lines; with
    0 there is no thread, and `write_line` writes one. `unit`: "B" is bytes. `stage`: for the JSON
    object, `label` if None. `now`: returns seconds.
    """

    def __init__(
        self,
        label: str,
        total: float | None,
        *,
        unit: str = "B",
        stage: str | None = None,
        every: float = LOG_INTERVAL,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = label
        self._total = total
        self._unit = unit
        self._stage = stage or label
        self._now = now
        self._begun = now()
        self._done = self._found = 0.0
        self._peak = 0
        self._closed = threading.Event()
        if every:
            threading.Thread(target=self._write_lines, args=(every,), daemon=True).start()

    def update(self, n: float = 1, /) -> None:
        """Count `n` units."""
        self._done += n

    def found(self, n: float, /) -> None:
        """Count `n` units that an earlier run finished."""
        self._found += n

    def note_memory(self, peak: int, /) -> None:
        """Note the peak memory of a worker process, in bytes."""
        self._peak = max(self._peak, peak)

    def close(self) -> None:
        """Write nothing more."""
        self._closed.set()

    def _write_lines(self, every: float) -> None:
        while not self._closed.wait(every):
            self.write_line()

    def write_line(self) -> None:
        """Log one line."""
        seconds = self._now() - self._begun
        done = self._found + self._done
        rate = self._done / seconds if seconds else 0.0
        fields: dict[str, Any] = {"step": self._label, "unit": self._unit, "done": done}
        fields |= {"seconds": round(seconds, 1), "per_second": round(rate, 3)}
        words = [self._in_units(done)]
        if self._total:
            words = [f"{100 * done / self._total:.0f}% done"]
            fields |= {"total": self._total, "share": round(done / self._total, 4)}
        words.append(self._rate_in_words(rate))
        if self._total and rate:
            left = max(0.0, self._total - done) / rate
            words.append(f"about {duration_in_words(left)} left")
            fields["seconds_left"] = round(left)
        peak = max(self._peak, peak_memory())
        words.append(f"peak memory {size_in_words(peak)} per process")
        fields |= {"event": "progress", "stage": self._stage, "peak_bytes": peak}
        log(f"{self._label}: {', '.join(words)}", **fields)

    def _in_units(self, number: float) -> str:
        if self._unit == "B":
            return f"{size_in_words(int(number))} done"
        return f"{number:,.0f} {self._unit}{'' if number == 1 else 's'} done"

    def _rate_in_words(self, rate: float) -> str:
        if self._unit == "B":
            return f"{size_in_words(int(rate))}/s"
        return f"{60 * rate:,.3g} {self._unit}s per minute"


def size_in_words(number: int | None) -> str:
    """Return a number of bytes in words, such as `24.1 GB`."""
    if number is None:
        return "unknown size"
    size = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.2f} TB"


def duration_in_words(seconds: float) -> str:
    """Return a duration in words, such as `40 s`, `12 min`, `3.5 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 99.5 else f"{minutes / 60:.1f} h"


def progress(
    label: str,
    total: int | None,
    *,
    unit: str,
    quiet: bool,
    done: int = 0,
    stage: str | None = None,
) -> PartsProgress:
    """Return a bar on standard error, or lines in the log if that is not a terminal.

    `total`: in units, None if unknown. `unit`: "B" for bytes, which are scaled to kB, MB, …;
    otherwise the singular name of the unit. `done`: units finished before, not part of the rate.
    `stage`: the stage that the step `label` belongs to.
    """
    if quiet:
        return SilentProgress()
    if is_json() or not sys.stderr.isatty():
        lines = LogLines(label, total, unit=unit, stage=stage)
        lines.found(done)
        return lines
    from tqdm import tqdm  # here, because it imports the e-mail package

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
