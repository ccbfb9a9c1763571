"""Bytes in anonymous files that worker processes map, instead of receiving them through a pipe.

Sending a slice of 64 MB through a pipe takes four copies and a thousand wake-ups, which takes as
long as parsing its JSON.

File descriptors are sent to a worker over the socket of its calls.
`multiprocessing.reduction.DupFd` would create a listening socket in a folder, which remains if the
process is killed.
"""

import contextlib
import mmap
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing.connection import Connection
from typing import Any, Self

CAN_SHARE = hasattr(os, "memfd_create") and hasattr(socket, "send_fds")
_POPULATE = getattr(mmap, "MAP_POPULATE", 0)
# The maximum of pieces per writev (IOV_MAX).
_PIECES = 1024
# The maximum of file descriptors per message (SCM_MAX_FD).
_FILES = 253

# Pickling appends file descriptors to the list; unpickling takes them by their index in it.
_outgoing: ContextVar[list[int]] = ContextVar("outgoing")
_incoming: ContextVar[dict[int, int]] = ContextVar("incoming")


class SharedBytes:
    """Bytes in an anonymous file in memory, which is freed with its last reference.

    Pickled for a worker (see `handing_over`), it is represented by its file descriptor, so it has
    to exist until that is sent.
    """

    def __init__(self, handle: int, size: int) -> None:
        self._handle = handle
        self.size = size

    @classmethod
    def of(cls, pieces: Iterable[bytes | memoryview]) -> Self:
        """Return the pieces, concatenated. Raises OSError if the memory is full."""
        handle = os.memfd_create("cstool")
        shared = cls(handle, 0)
        waiting = [memoryview(piece) for piece in pieces if len(piece)]
        while waiting:
            written = os.writev(handle, waiting[:_PIECES])
            shared.size += written
            while waiting and written >= len(waiting[0]):
                written -= len(waiting.pop(0))
            if written:
                waiting[0] = waiting[0][written:]
        return shared

    def map(self) -> bytes | mmap.mmap:
        """Return the bytes, mapped read-only."""
        if not self.size:
            return b""
        flags = mmap.MAP_SHARED | _POPULATE
        return mmap.mmap(self._handle, self.size, flags=flags, prot=mmap.PROT_READ)

    def __reduce__(self) -> tuple[Any, ...]:
        files = _outgoing.get(None)
        if files is None:
            raise TypeError("shared bytes can only be pickled for a worker on the same machine")
        files.append(self._handle)
        return _receive, (len(files) - 1, self.size)

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._handle)


def _receive(index: int, size: int) -> SharedBytes:
    return SharedBytes(_incoming.get().pop(index), size)


@contextmanager
def handing_over() -> Iterator[list[int]]:
    """Yield the list of file descriptors of the objects that are pickled in the block."""
    token = _outgoing.set([])
    try:
        yield _outgoing.get()
    finally:
        _outgoing.reset(token)


@contextmanager
def taking_over(files: Iterable[int]) -> Iterator[None]:
    """Give these file descriptors to the objects unpickled in the block; close unused ones."""
    by_index = dict(enumerate(files))
    token = _incoming.set(by_index)
    try:
        yield
    finally:
        _incoming.reset(token)
        for file in by_index.values():
            os.close(file)


def send_files(pipe: Connection, files: list[int]) -> None:
    """Send file descriptors to the process at the other end of a pipe, for `receive_files`."""
    pipe.send_bytes(len(files).to_bytes(4, "little"))
    if files:
        with socket.socket(fileno=os.dup(pipe.fileno())) as same:
            for begin in range(0, len(files), _FILES):
                socket.send_fds(same, [b"f"], files[begin : begin + _FILES])


def receive_files(pipe: Connection) -> list[int]:
    """Return the file descriptors that the process at the other end has sent.

    Raises EOFError if the pipe is closed.
    """
    number = int.from_bytes(pipe.recv_bytes(), "little")
    files: list[int] = []
    if number:
        with socket.socket(fileno=os.dup(pipe.fileno())) as same:
            while len(files) < number:
                data, got, _, _ = socket.recv_fds(same, 1, min(_FILES, number - len(files)))
                if not data:
                    raise EOFError
                files += got
    return files
