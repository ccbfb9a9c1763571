"""The disk that a run will need, said before it begins; its time is said by running.progress."""

import shutil
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from cstool.errors import OutputError
from cstool.execution.progress import size_in_words
from cstool.storage.manifest import Input

# Less than this is not worth a line.
_WORTH_A_LINE = 1_000_000_000


class Disk(NamedTuple):
    """Bytes that a run needs: at most at one time, and for its result."""

    peak: int
    result: int


@cache
def _rates() -> dict[str, Disk]:
    """Return the bytes for each thousand bytes of input, by stage."""
    text = (files("cstool.storage") / "data/expected_sizes.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {stage: Disk(*(round(1000 * float(n)) for n in numbers)) for stage, *numbers in rows}


def expected_disk(stage: str, inputs: Sequence[Input]) -> Disk | None:
    """Return what a stage will write; None where no rate or no input's size is known."""
    rates = _rates().get(stage)
    sizes = [given.bytes for given in inputs if given.bytes is not None]
    if rates is None or not sizes:
        return None
    return Disk(rates.peak * sum(sizes) // 1000, rates.result * sum(sizes) // 1000)


def needs_in_words(stage: str, out: Path, inputs: Sequence[Input]) -> str:
    """Return the line that is said before a run; "" when there is nothing worth saying.

    What an earlier, interrupted run has written is not needed again.
    """
    disk = expected_disk(stage, inputs)
    if disk is None:
        return ""
    here = sum(path.lstat().st_size for path in out.rglob("*") if path.is_file())
    needed = max(0, disk.peak - here)
    try:
        free = shutil.disk_usage(out).free
    except OSError as error:
        raise OutputError(
            f"{out}: free disk space is unknown ({error.strerror}); fix this and run again"
        ) from error
    if needed <= free and disk.peak < _WORTH_A_LINE:
        return ""
    line = (
        f"{stage}: writes about {size_in_words(disk.result)} to {out} and needs at most "
        f"{size_in_words(needed)} of disk space while it runs; free: {size_in_words(free)}"
    )
    if needed > free:
        line += ", probably too little; free some space, or stop and choose another disk with -o"
    return line
