"""Bytes that worker processes map into their memory instead of getting them through a pipe.

A pipe costs a slice of 64 MB four copies and a thousand wakings, as much as reading its JSON.
"""

import contextlib
import mmap
import os
from collections.abc import Iterable
from multiprocessing import reduction
from typing import Any, Self

CAN_SHARE = hasattr(os, "memfd_create") and hasattr(reduction, "DupFd")
_POPULATE = getattr(mmap, "MAP_POPULATE", 0)
# writev takes no more at once (IOV_MAX).
_PIECES = 1024


class SharedBytes:
    """Bytes in an anonymous file in memory, which is gone when its last holder is.

    Pickled, it is a handle for another process of this machine: to be unpickled at most once.
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
        return _receive, (reduction.DupFd(self._handle), self.size)

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._handle)


def _receive(handle: Any, size: int) -> SharedBytes:
    return SharedBytes(handle.detach(), size)
