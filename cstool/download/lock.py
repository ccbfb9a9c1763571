"""One `cstool download` in a folder at a time: a second one waits, so that hosts see two at most.

The lock is the operating system's, so it ends with the process that has it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cstool.download.own_files import open_own
from cstool.errors import writing

LOCK = ".downloads.lock"
_AGAIN = 0.5  # seconds


@contextmanager
def alone_in(
    folder: Path, say: Callable[[str], None], wait: Callable[[float], None]
) -> Iterator[None]:
    """Hold the folder's lock; made if it is not there. Wait while another process has it.

    On a file system without locks go on without.
    """
    path = folder / LOCK
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    told = False
    while True:
        handle = open_own(path)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    say(f"{folder}: another cstool download is at work there; waiting for its end")
                told = True
                wait(_AGAIN)
                continue
            except OSError:  # no locks here
                yield
                return
            if not _is_same(handle, path):  # removed by the one that had it
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return
        finally:
            os.close(handle)


def _is_same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
