"""Reads text files written by users (rules, weights, clusters), up to a size limit."""

from pathlib import Path
from typing import IO

from cstool.errors import InputError

LARGEST = 16 << 20


def read_small(file: Path | IO[str], name: str) -> str:
    """Return the text of a file. Raises InputError if it has more than LARGEST characters."""
    if isinstance(file, Path):
        with file.open(encoding="utf-8") as opened:
            return read_small(opened, name)
    text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise InputError(f"{name}: is larger than {LARGEST >> 20} MB; give a smaller file")
    return text
