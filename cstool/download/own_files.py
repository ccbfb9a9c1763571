"""Files with predictable names, opened so that a download never overwrites another file.

A symbolic link under such a name, a file with another hard link, or a name of something that is not
a regular file is refused, because another file could be overwritten through it.
"""

import errno
import os
import stat
from pathlib import Path

from cstool.errors import OutputError, writing


def size_of(path: Path) -> int:
    """Return the size in bytes of a file that a download may write; 0 if there is none.

    Raises OutputError for anything under that name that is not a regular file of its own.
    """
    with writing(path):
        try:
            status = path.lstat()
        except FileNotFoundError:
            return 0
    _require_own(path, status)
    return status.st_size


def open_own(path: Path) -> int:
    """Open such a file for reading and writing, created if missing; return its descriptor."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with writing(path):
        try:
            handle = os.open(path, flags, 0o666)
        except OSError as error:
            if error.errno == errno.ELOOP:
                _require_own(path, path.lstat())
            raise
    try:
        _require_own(path, os.fstat(handle))
    except OutputError:
        os.close(handle)
        raise
    return handle


def _require_own(path: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        what = "is a symbolic link"
    elif not stat.S_ISREG(status.st_mode):
        what = "is not a regular file"
    elif status.st_nlink > 1:
        what = "has another hard link"
    else:
        return
    raise OutputError(
        f"{path}: cannot be written, because it {what} and another file could be overwritten; "
        "remove it, or choose another folder with -o"
    )
