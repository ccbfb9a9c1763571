"""A file whose download is not complete: its bytes under a temporary name, and their digests."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from cstool.download.catalogue import RemoteFile
from cstool.download.own_files import open_own
from cstool.errors import writing
from cstool.published.set_lists import PART

_BLOCK = 1 << 20


class PartialFile:
    """The part of a file downloaded so far, open for appending.

    Opening reads the existing bytes once, for the digests; `look` is called after each block with
    the number of bytes read, and may raise. Raises OutputError if the disk cannot be written.
    """

    def __init__(
        self, path: Path, kinds: tuple[str, ...], look: Callable[[int], None] = lambda n: None
    ) -> None:
        self.path = path.with_name(path.name + PART)
        self._final = path
        self._kinds = kinds
        self.size = 0
        self._digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
        # Unbuffered: written bytes survive the end of the process.
        self._file = open(  # noqa: PTH123, SIM115 - closed on exit
            open_own(self.path), "r+b", buffering=0
        )
        try:
            while block := self._file.read(_BLOCK):
                self._take(block)
                look(len(block))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "PartialFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, block: bytes) -> None:
        """Append a block."""
        with writing(self.path):
            rest = memoryview(block)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._take(block)

    def restart(self) -> None:
        """Discard all bytes."""
        with writing(self.path):
            self._file.seek(0)
            self._file.truncate()
        self.size = 0
        self._digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in self._kinds}

    def digest(self, kind: str) -> str:
        """Return the digest of all bytes, in hex."""
        return self._digests[kind].hexdigest()

    def digests(self) -> dict[str, str]:
        """Return the digests of all bytes, by kind."""
        return {kind: digest.hexdigest() for kind, digest in self._digests.items()}

    def finish(self) -> None:
        """Move the file to its final name, durably (it survives a power cut)."""
        with writing(self._final):
            os.fsync(self._file.fileno())
            self.path.replace(self._final)
            folder = os.open(self._final.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _take(self, block: bytes) -> None:
        for digest in self._digests.values():
            digest.update(block)
        self.size += len(block)


def kinds_for(remote: RemoteFile) -> tuple[str, ...]:
    """Return the digests to compute: sha1 for the record, and the published one to compare."""
    checked = published(remote)
    return tuple(dict.fromkeys(["sha1", *([checked[0]] if checked else [])]))


def published(remote: RemoteFile) -> tuple[str, str] | None:
    """Return the kind and the digest that are published of a file; None if none is."""
    if remote.sha256:
        return "sha256", remote.sha256
    if remote.sha1:
        return "sha1", remote.sha1
    return ("md5", remote.md5) if remote.md5 else None


def unchecked(remote: RemoteFile) -> str:
    """Return which checks are not possible for a file; "" if a checksum is published."""
    if published(remote) is not None:
        return ""
    if remote.bytes is None:
        return "no size or checksum published: not verified"
    return "no checksum published: only the size is verified"
