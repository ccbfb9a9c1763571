"""Options that all stages share, and the summary line that a stage prints."""

import functools
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cstool.execution.log import configure, log_stage
from cstool.execution.options import RunOptions
from cstool.execution.resources import default_jobs, peak_memory
from cstool.languages.codes import code_list
from cstool.storage.manifest import MANIFEST, STANDARD_INPUT, Manifest
from cstool.storage.reason_phrases import reasons_text

Command = Callable[..., None]

_FAULTS_SHOWN = 5
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Size(click.ParamType[int]):
    """A number of bytes, with an optional suffix K, M or G (powers of 1024)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+)([KMG]?)B?", str(value).strip(), re.IGNORECASE)
        if not match or not int(match[1]):
            self.fail(f"{value!r} is not a size; give bytes, or a size such as 64M", param, ctx)
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
        help=f"Folder for {what}; created if missing.",
    )


def running(part_size: str | None = None) -> Callable[[Command], Command]:
    """Add the options of a run; the command receives them as one `RunOptions`, named `running`.

    `part_size`: help of --part-size. None if the stage writes one part for each part of its input;
    then the option is accepted, as by all stages (`make RUN=…`), but hidden.
    """
    options = [
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(1),
            default=default_jobs,
            show_default="number of available CPUs, limited to one worker per GB of memory",
            metavar="N",
            help="Number of worker processes. Does not change the output.",
        ),
        click.option(
            "--part-size", type=Size(), metavar="SIZE", help=part_size, hidden=not part_size
        ),
        click.option("--overwrite", is_flag=True, help="Discard existing output and start over."),
        click.option("--quiet", is_flag=True, help="Show no progress and no summary."),
        click.option(
            "--log-json",
            is_flag=True,
            help="Write progress and messages as JSON, one object per line.",
        ),
        click.option("--debug", is_flag=True, help="Show a traceback when something fails."),
        click.option(
            "--task",
            type=ArrayTask(),
            metavar="I/N",
            help="Write only every Nth part, starting with the Ith (for array jobs). A final run "
            "without --task writes the missing parts and the manifest.",
        ),
        # The option's name in cstool 0.1.
        click.option("--shard", "shard_task", type=ArrayTask(), hidden=True),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Run tasks on a Dask cluster: address or file of its scheduler, or local for a "
            "cluster on this machine.",
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
            log_json: bool,
            debug: bool,
            task: tuple[int, int] | None,
            shard_task: tuple[int, int] | None,
            scheduler: str | None,
            **others: Any,
        ) -> None:
            del debug
            configure(as_json=log_json)
            options = RunOptions(jobs, part_size, overwrite, quiet, task or shard_task, scheduler)
            command(running=options, **others)

        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


class Codes(click.ParamType[tuple[str, ...]]):
    """Comma-separated language codes, in any case, or `mul` for rows in several languages."""

    name = "codes"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the codes, each once, in their order."""
        if isinstance(value, tuple):
            return value
        option = param.opts[0] if param else "languages"
        return code_list(value, option, also=["mul"])


def inspecting(language: str) -> Callable[[Command], Command]:
    """Add the options of the commands that read a folder and print something about it.

    `language`: help of --language. The command receives `languages` (a tuple of codes, empty
    without the option) and `quiet`.
    """
    options = [
        click.option(
            "--language", "languages", type=Codes(), default=(), metavar="CODES", help=language
        ),
        click.option("--quiet", is_flag=True, help="Write no messages to standard error."),
        click.option("--debug", is_flag=True, help="Show a traceback when something fails."),
    ]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(*, debug: bool, **others: Any) -> None:
            del debug
            command(**others)

        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


class StageSummary:
    """Measures the time of a stage and prints its summary."""

    def __init__(self, out: Path, running: RunOptions) -> None:
        self._out = out
        self._quiet = running.quiet
        self._complete = not running.overwrite and (out / MANIFEST).exists()
        self._started = time.monotonic()

    def write(self, manifest: Manifest, counts: str) -> None:
        """Write the summary to standard error: `counts`, the output folder, time and memory."""
        if self._quiet:
            return
        seconds, peak = time.monotonic() - self._started, peak_memory()
        if self._complete:
            unread = any(i.name == STANDARD_INPUT for i in manifest.inputs)
            summary = f"nothing to do, {self._out} is complete: {counts}"
            summary += " (standard input was not read; --overwrite reads it)" if unread else ""
        else:
            costs = f"{seconds:.1f} s, peak memory {peak >> 20:,} MB per process"
            summary = f"{counts} → {self._out} ({costs})"
        tallies = {unit: tally.written for unit, tally in manifest.counts.tallies.items()}
        log_stage(
            manifest.stage,
            summary,
            event="finished",
            output=str(self._out),
            seconds=round(seconds, 3),
            peak_bytes=peak,
            written=tallies,
        )
        faults = list(manifest.counts.details.get("damaged inputs", {}))
        for fault in faults[:_FAULTS_SHOWN]:
            self._warn(manifest, f"kept the readable part of an input: {fault}")
        if len(faults) > _FAULTS_SHOWN:
            more = f"{len(faults) - _FAULTS_SHOWN:,} more such errors are listed in"
            self._warn(manifest, f"{more} {self._out / MANIFEST}")

    @staticmethod
    def _warn(manifest: Manifest, text: str) -> None:
        log_stage(manifest.stage, text, level=logging.WARNING)


def dropped(manifest: Manifest, unit: str) -> str:
    """Return the reasons why rows of a unit were dropped, with their counts; "none" if none was."""
    reasons = manifest.counts.tallies[unit].dropped if unit in manifest.counts.tallies else {}
    return reasons_text(reasons) or "none"
