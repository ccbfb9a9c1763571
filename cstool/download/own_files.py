"""Files that a download writes into, by names known beforehand: never through a link to another's.

A symbolic link under such a name, another hard link to the file, or something that is no file, is
refused: what would be written is somebody else's.
"""

import errno
import os
import stat
from pathlib import Path

from cstool.errors import OutputError, writing


def size_of(path: Path) -> int:
    """Return the bytes of a file that a download may write into; 0 when there is none.

    Raises OutputError for anything else under that name.
    """
    with writing(path):
        try:
            found = path.lstat()
        except FileNotFoundError:
            return 0
    _refuse_foreign(path, found)
    return found.st_size


def open_own(path: Path) -> int:
    """Open such a file to be read and written, made if it is not there; return its descriptor."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with writing(path):
        try:
            handle = os.open(path, flags, 0o666)
        except OSError as error:
            if error.errno == errno.ELOOP:
                _refuse_foreign(path, path.lstat())
            raise
    try:
        _refuse_foreign(path, os.fstat(handle))
    except OutputError:
        os.close(handle)
        raise
    return handle


def _refuse_foreign(path: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        what = "is a symbolic link"
    elif not stat.S_ISREG(found.st_mode):
        what = "is no regular file"
    elif found.st_nlink > 1:
        what = "has another hard link"
    else:
        return
    raise OutputError(
        f"{path}: cannot be written, because it {what}, and what that leads to may be another's; "
        "remove it, or choose another folder with -o"
    )
