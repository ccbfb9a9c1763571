"""Atomic writing of files: a file appears under its name when it is complete.

A file is written under a temporary name, flushed to the disk, and renamed. Each run has its own
folder for temporary files inside the output folder, `.tmp-<host>.<pid>-<random>`. Its name is not
guessable, only its owner may write there, and it is removed when the run ends. If a run is killed,
the next one removes the folder, provided that the killed run has certainly ended.
"""

import errno
import os
import re
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from cstool.errors import RESUME, OutputError, writing
from cstool.execution.shutdown import cleaned_up

_PREFIX = ".tmp-"
_SCRATCH = re.compile(r"\.tmp-(?P<host>[\w-]+)\.(?P<pid>[0-9]+)-[0-9a-f]{16}")
_CANNOT_FLUSH = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_CANNOT_OPEN = {errno.EACCES, errno.EPERM, errno.EISDIR, errno.EBADF}
# Fails if the name exists, even as a symbolic link (open(2)).
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_scratch: ContextVar[Path | None] = ContextVar("scratch", default=None)


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Yield the path of the folder for a run's temporary files in `out`; remove it at the end.

    It is created with the first file.
    """
    path = out / f"{_PREFIX}{_host()}.{os.getpid()}-{secrets.token_hex(8)}"
    with cleaned_up(lambda: remove_scratch(path)), using_scratch(path):
        yield path


@contextmanager
def using_scratch(path: Path) -> Iterator[None]:
    """Make this thread write temporary files into that folder: for the workers of a run."""
    token = _scratch.set(path)
    try:
        yield
    finally:
        _scratch.reset(token)


def remove_scratch(path: Path) -> None:
    """Remove the folder of a run's temporary files, if it exists."""
    shutil.rmtree(path, ignore_errors=True)  # does not follow links


def is_scratch(name: str) -> bool:
    """Whether it is the name of a folder for the temporary files of a run."""
    return _SCRATCH.fullmatch(name) is not None


def remove_orphans(out: Path, in_use: Callable[[], Set[str]]) -> None:
    """Remove the temporary files of runs on this host that have ended.

    `in_use` returns the names of the folders that running runs use. It is called after the
    folders are listed, so that it includes a lock that is written in between. A run without a lock
    is recognised by its process; for another host this is impossible, so its files are kept.
    """
    folders = [(path, match) for path in out.glob(f"{_PREFIX}*") if (match := _match(path))]
    kept = in_use() if folders else frozenset()
    for path, match in folders:
        if path.name not in kept and not _may_be_alive(match):
            remove_scratch(path)


def _match(path: Path) -> re.Match[str] | None:
    return None if path.is_symlink() else _SCRATCH.fullmatch(path.name)


def _host() -> str:
    return re.sub(r"[^\w-]", "_", socket.gethostname()) or "_"


def _may_be_alive(match: re.Match[str]) -> bool:
    if match["host"] != _host():
        return True
    try:
        os.kill(int(match["pid"]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return int(match["pid"]) != os.getpid()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path; when the block ends, rename the file written there to `path`.

    Symbolic links inside a run's output folder are not followed. Raises OutputError if the disk is
    full, the file cannot be written, or a folder in its path is a symbolic link.
    """
    path = path.absolute()
    with writing(path):
        temporary = _temporary(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(temporary, _NEW, 0o666)
        try:
            yield temporary
            if not os.path.samestat(os.fstat(handle), temporary.lstat()):
                raise OutputError(
                    f"{temporary}: temporary file was replaced by another program; {RESUME}"
                )
            _fsync(handle, _CANNOT_FLUSH)
            temporary.replace(path)
            flush_folder(path.parent)
        except BaseException:
            with suppress(OSError):  # report the first error
                temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file atomically. Raises OutputError as `whole_file` does."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def _temporary(path: Path) -> Path:
    """Return a name that is not guessable: in the run's temporary folder, else beside `path`."""
    scratch = _scratch.get()
    token = secrets.token_hex(8)
    if scratch is None or not path.is_relative_to(scratch.parent):
        return path.with_name(f".{path.name[:200]}.{token}.tmp")
    refuse_links(scratch.parent, path.parent)
    return scratch / token


def refuse_links(out: Path, folder: Path) -> None:
    """Raise OutputError if `folder`, or one between it and `out`, is a symbolic link."""
    for part in (folder, *folder.parents):
        if part == out or not part.is_relative_to(out):
            return
        if part.is_symlink():
            raise OutputError(
                f"{part}: is a symbolic link inside an output folder; remove it, or choose another "
                "folder with -o"
            )


def flush_folder(path: Path) -> None:
    """Flush a folder's entries to the disk, if the file system supports it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError as error:
        if error.errno not in _CANNOT_OPEN:
            raise
        return
    try:
        _fsync(handle, _CANNOT_FLUSH | _CANNOT_OPEN)
    finally:
        os.close(handle)


def _fsync(handle: int, harmless: Set[int]) -> None:
    """Flush to the disk; some network file systems do not support it, mostly for folders."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in harmless:
            raise
