"""One `cstool download` per folder at a time, so that a server sees at most two connections.

The lock is the operating system's, so it is released when its process ends.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cstool.download.own_files import open_own
from cstool.errors import writing

LOCK = ".downloads.lock"
_POLL = 0.5  # seconds


@contextmanager
def exclusive_lock(
    folder: Path, say: Callable[[str], None], wait: Callable[[float], None]
) -> Iterator[None]:
    """Hold the lock of a folder, which is created if missing; wait while another process holds it.

    Does nothing on a file system without locks. `say` receives a message before the wait.
    """
    path = folder / LOCK
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    notified = False
    while True:
        handle = open_own(path)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not notified:
                    say(f"{folder}: locked by another cstool download; waiting until it finishes")
                notified = True
                wait(_POLL)
                continue
            except OSError:  # the file system has no locks
                yield
                return
            if not _is_same(handle, path):  # the previous holder has removed the file
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
