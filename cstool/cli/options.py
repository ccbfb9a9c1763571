"""Options that all stages share, and the line that each ends with."""

import functools
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cstool.execution.options import RunOptions
from cstool.execution.resources import default_jobs
from cstool.execution.terminal import echo_line
from cstool.storage.manifest import MANIFEST, STANDARD_INPUT, Manifest

Command = Callable[..., None]

_FAULTS_TOLD = 5
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Size(click.ParamType[int]):
    """A number of bytes, with K, M or G behind it."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+)([KMG]?)B?", str(value).strip(), re.IGNORECASE)
        if not match or not int(match[1]):
            self.fail(f"{value!r} is no size; give bytes, or for example 64M", param, ctx)
        return int(match[1]) * _UNITS[match[2].upper()]


class ArrayTask(click.ParamType[tuple[int, int]]):
    """I/N: the I-th of N array tasks."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return (I, N)."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d+)/(\d+)", str(value))
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(
                f"{value!r} is not an array task; give I/N with 1 ≤ I ≤ N, such as 3/8", param, ctx
            )
        return int(match[1]), int(match[2])


def output(what: str) -> Callable[[Command], Command]:
    """Add the option -o."""
    return click.option(
        "-o",
        "--output",
        "out",
        required=True,
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help=f"Folder for {what}; made if it is not there.",
    )


def running(part_size: str | None = None) -> Callable[[Command], Command]:
    """Add the options of a run; `part_size` tells the default and what it counts.

    None where a part is made from each part that is read: then --part-size is taken, as by all
    stages (`make RUN=…`), but not offered. The command gets the options as one `RunOptions`, under
    the name `running`.
    """
    options = [
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(1),
            default=default_jobs,
            show_default="the CPUs it may use, one a GB of memory",
            metavar="N",
            help="Worker processes. They change no byte of the output.",
        ),
        click.option(
            "--part-size", type=Size(), metavar="SIZE", help=part_size, hidden=not part_size
        ),
        click.option("--overwrite", is_flag=True, help="Make anew what stands in the folder."),
        click.option("--quiet", is_flag=True, help="No bar and no closing line."),
        click.option("--debug", is_flag=True, help="Show a traceback when something fails."),
        click.option(
            "--task",
            type=ArrayTask(),
            metavar="I/N",
            help="Make only every N-th part, beginning with the I-th: for job arrays. A final run "
            "without --task makes missing parts and writes the manifest.",
        ),
        # The option's name in cstool 0.1.
        click.option("--shard", "shard_task", type=ArrayTask(), hidden=True),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Run the parts on a Dask cluster: its scheduler's address or file, or local.",
        ),
    ]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(
            *,
            jobs: int,
            part_size: int | None,
            overwrite: bool,
            quiet: bool,
            debug: bool,
            task: tuple[int, int] | None,
            shard_task: tuple[int, int] | None,
            scheduler: str | None,
            **others: Any,
        ) -> None:
            del debug
            options = RunOptions(jobs, part_size, overwrite, quiet, task or shard_task, scheduler)
            command(running=options, **others)

        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


class StageSummary:
    """Takes the time of a stage, and tells at its end what it did."""

    def __init__(self, out: Path, running: RunOptions) -> None:
        self._out = out
        self._quiet = running.quiet
        self._complete = not running.overwrite and (out / MANIFEST).exists()
        self._begun = time.monotonic()

    def tell(self, manifest: Manifest, what: str) -> None:
        """Write the closing line to standard error."""
        if self._quiet:
            return
        if self._complete:
            unread = any(i.name == STANDARD_INPUT for i in manifest.inputs)
            told = f"nothing to do, {self._out} is complete: {what}"
            told += " (standard input was not read; --overwrite reads it)" if unread else ""
        else:
            told = f"{what} → {self._out} ({self._costs()})"
        echo_line(f"{manifest.stage}: {told}", err=True)
        faults = list(manifest.counts.details.get("damaged inputs", {}))
        for fault in faults[:_FAULTS_TOLD]:
            echo_line(f"{manifest.stage}: kept what is sound of a damaged dump: {fault}", err=True)
        if len(faults) > _FAULTS_TOLD:
            more = f"{len(faults) - _FAULTS_TOLD:,} more faults are listed in {self._out}"
            echo_line(f"{manifest.stage}: {more}/{MANIFEST}", err=True)

    def _costs(self) -> str:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        kilo = 1024 if sys.platform == "darwin" else 1
        peak = max(own, worker) / kilo / 1024
        return f"{time.monotonic() - self._begun:.1f} s, peak {peak:,.0f} MB a process"


def dropped(manifest: Manifest, unit: str) -> str:
    """Return what was dropped of a unit and why, in words."""
    reasons = manifest.counts.tallies[unit].dropped if unit in manifest.counts.tallies else {}
    return ", ".join(f"{number:,} {reason}" for reason, number in reasons.items()) or "none"
