"""Bytes that worker processes map into their memory instead of getting them through a pipe.

A pipe costs a slice of 64 MB four copies and a thousand wakings, as much as reading its JSON.

The anonymous files go to a worker as open files, over the socket that its calls go over.
`multiprocessing.reduction.DupFd` would open a listening socket in a folder of its own, which stays
behind when the process is killed.
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
# writev takes no more at once (IOV_MAX).
_PIECES = 1024
# One message takes no more open files (SCM_MAX_FD).
_FILES = 253

# What is pickled adds its open files; what is unpickled takes them, by its number.
_outgoing: ContextVar[list[int]] = ContextVar("outgoing")
_incoming: ContextVar[dict[int, int]] = ContextVar("incoming")


class SharedBytes:
    """Bytes in an anonymous file in memory, which is gone when its last holder is.

    Pickled for a worker (see `handing_over`), it is its open file: it must live until it is sent.
    """

    def __init__(self, handle: int, size: int) -> None:
        self._handle = handle
        self.size = size

    @classmethod
    def of(cls, pieces: Iterable[bytes | memoryview]) -> Self:
        """Return the pieces joined. Raises OSError when the memory is full."""
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
        """Return the bytes, for reading."""
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


def _receive(number: int, size: int) -> SharedBytes:
    return SharedBytes(_incoming.get().pop(number), size)


@contextmanager
def handing_over() -> Iterator[list[int]]:
    """Give the list of the open files that belong to what is pickled in this block."""
    token = _outgoing.set([])
    try:
        yield _outgoing.get()
    finally:
        _outgoing.reset(token)


@contextmanager
def taking_over(files: Iterable[int]) -> Iterator[None]:
    """Let what is unpickled in this block take these open files; close those that are not."""
    numbered = dict(enumerate(files))
    token = _incoming.set(numbered)
    try:
        yield
    finally:
        _incoming.reset(token)
        for file in numbered.values():
            os.close(file)


def send_files(pipe: Connection, files: list[int]) -> None:
    """Send open files to the process at the other end of a pipe, which calls `receive_files`."""
    pipe.send_bytes(len(files).to_bytes(4, "little"))
    if files:
        with socket.socket(fileno=os.dup(pipe.fileno())) as same:
            for begin in range(0, len(files), _FILES):
                socket.send_fds(same, [b"f"], files[begin : begin + _FILES])


def receive_files(pipe: Connection) -> list[int]:
    """Return the open files that the process at the other end has sent. Raises EOFError."""
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
