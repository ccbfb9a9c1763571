"""Hashes of files: of finished ones, and while another reader reads them."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import xxhash

# Prefix of the fingerprint of all bytes of a file.
_ALL_BYTES = "xxh3-128:"
_HASHED_AT_ONCE = 1 << 20


def sha256(path: Path) -> str:
    """Return the file's sha256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class FileHash:
    """The xxh3 (128 bits) of a file, computed while another reader reads it.

    `path`: None for a pipe, whose bytes are passed to `take`.
    """

    def __init__(self, path: Path | None) -> None:
        self._digest = xxhash.xxh3_128()
        self._file = path.open("rb", buffering=0) if path is not None else None
        self._lock = Lock()
        self.bytes = 0

    def take(self, data: bytes, position: int) -> None:
        """Add bytes that end at byte offset `position`, unless they have been added before."""
        if position - len(data) == self.bytes:
            self._digest.update(data)
            self.bytes += len(data)

    def reach(self, position: int | None) -> None:
        """Add a file's bytes up to a byte offset (None: all).

        They have just been read, so they come from the system's cache.
        """
        with self._lock:
            while self._file and (position is None or self.bytes < position):
                left = _HASHED_AT_ONCE if position is None else position - self.bytes
                block = os.pread(self._file.fileno(), min(_HASHED_AT_ONCE, left), self.bytes)
                if not block:
                    return
                self.take(block, self.bytes + len(block))

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the bytes so far, in the form used in manifests."""
        return all_bytes(self._digest.hexdigest())


class FileRead(NamedTuple):
    """The size of a file in bytes and its fingerprint, known once it has been read."""

    bytes: int
    fingerprint: str


def all_bytes(digest: str) -> str:
    """Return the fingerprint of a file from the xxh3 (128 bits, hex) of all its bytes."""
    return _ALL_BYTES + digest


def hash_file(path: Path, read: Callable[[int], object] = lambda n: None) -> FileRead:
    """Return the size and fingerprint of a file; `read` is called with each block's size."""
    hashed = FileHash(path)
    try:
        size = path.stat().st_size
        while hashed.bytes < size:
            before = hashed.bytes
            hashed.reach(min(size, before + _HASHED_AT_ONCE))
            if hashed.bytes == before:
                break
            read(hashed.bytes - before)
        return FileRead(hashed.bytes, hashed.fingerprint)
    finally:
        hashed.close()
