"""Estimate of the disk space that a run needs, logged before it starts."""

import shutil
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from cstool.errors import OutputError
from cstool.execution.progress import size_in_words
from cstool.storage.manifest import Input

# Bytes; a smaller estimate is logged only if the disk has less.
_WORTH_A_LINE = 1_000_000_000
# Folders in which a stage only looks up what it needs, by stage.
_LOOKED_UP = {"extract": "entities"}


class Disk(NamedTuple):
    """Bytes of disk space: the peak during a run, and the size of its output."""

    peak: int
    result: int


@cache
def _rates() -> dict[str, Disk]:
    """Return the bytes per 1,000 bytes of input, by stage."""
    text = (files("cstool.storage") / "data/expected_sizes.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {stage: Disk(*(round(1000 * float(n)) for n in numbers)) for stage, *numbers in rows}


def expected_disk(stage: str, inputs: Sequence[Input]) -> Disk | None:
    """Return the disk space that a stage needs; None if its rate or all input sizes are unknown."""
    rates = _rates().get(stage)
    read = [given for given in inputs if given.name != _LOOKED_UP.get(stage)]
    sizes = [given.bytes for given in read if given.bytes is not None]
    if rates is None or not sizes:
        return None
    return Disk(rates.peak * sum(sizes) // 1000, rates.result * sum(sizes) // 1000)


def needs_in_words(stage: str, out: Path, inputs: Sequence[Input]) -> str:
    """Return the line to log before a run, "" if the run needs little and the disk has enough.

    What an interrupted run has already written is subtracted. Raises OutputError if the free space
    cannot be determined.
    """
    disk = expected_disk(stage, inputs)
    if disk is None:
        return ""
    written = sum(path.lstat().st_size for path in out.rglob("*") if path.is_file())
    needed = max(0, disk.peak - written)
    try:
        free = shutil.disk_usage(out).free
    except OSError as error:
        raise OutputError(
            f"{out}: free disk space is unknown ({error.strerror}); fix this and run again"
        ) from error
    if needed <= free and disk.peak < _WORTH_A_LINE:
        return ""
    line = (
        f"writes about {size_in_words(disk.result)} to {out} and needs at most "
        f"{size_in_words(needed)} of disk space while it runs; free: {size_in_words(free)}"
    )
    if needed > free:
        line += ", probably too little; free some space, or stop and choose another disk with -o"
    return line
