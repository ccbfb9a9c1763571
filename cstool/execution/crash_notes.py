"""Where a worker is in its part: noted in a file when a part is tried again, and only then.

So a worker that dies twice over the same part can be said to have died at a certain page, and the
hot path of all others costs nothing.
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
    """Return what takes note of the place that the work is at; None when nobody asks for it."""
    file = _file.get()
    if file is None:
        return None

    def note(place: str) -> None:
        line = place.encode()[:_LONGEST].ljust(_LONGEST) + b"\n"
        with suppress(OSError):  # a full disk is told of by what is written for its own sake
            os.pwrite(file, line, 0)

    return note


def noting(path: Path, call: Callable[[], T]) -> T:
    """Do the call, with its place in the file at `path`, which stays when the process dies."""
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
    """Open a new file in place of one of that name; neither it nor its folder may be a link."""
    folder = os.open(path.parent, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        with suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=folder)
        return os.open(path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    finally:
        os.close(folder)


def take_note(path: Path) -> str:
    """Return the place that was noted last, "" for none, and remove the file."""
    try:
        place = path.read_bytes().decode(errors="replace").strip()
        path.unlink()
    except OSError:
        return ""
    with suppress(OSError):  # others are noted there
        path.parent.rmdir()
        path.parent.parent.rmdir()
    return place
