"""Notes of a worker's progress within a part, written only when a part is retried.

If the worker dies again, the error message can name the page at which it died. Parts that are not
retried have no overhead.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

from cstool.errors import writing

T = TypeVar("T")

_LONGEST = 400  # bytes of a note
_file: ContextVar[int | None] = ContextVar("file", default=None)


def noter() -> Callable[[str], None] | None:
    """Return a function that records the current position (such as a page); None for no notes."""
    file = _file.get()
    if file is None:
        return None

    def note(position: str) -> None:
        line = position.encode()[:_LONGEST].ljust(_LONGEST) + b"\n"
        with suppress(OSError):  # a full disk is reported when output is written
            os.pwrite(file, line, 0)

    return note


def noting(path: Path, call: Callable[[], T]) -> T:
    """Run the call with notes in a file at `path`, which remains if the process dies."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _new(path)
    token = _file.set(file)
    try:
        return call()
    finally:
        _file.reset(token)
        os.close(file)
        path.unlink(missing_ok=True)


def _new(path: Path) -> int:
    """Replace the file by a new one; neither the file nor its folder may be a symbolic link."""
    folder = os.open(path.parent, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        with suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=folder)
        return os.open(path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    finally:
        os.close(folder)


def take_note(path: Path) -> str:
    """Return the last note in a file, "" for none, and remove the file."""
    try:
        last_note = path.read_bytes().decode(errors="replace").strip()
        path.unlink()
    except OSError:
        return ""
    with suppress(OSError):  # the folder contains other notes
        path.parent.rmdir()
        path.parent.parent.rmdir()
    return last_note
