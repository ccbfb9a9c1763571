"""A file that is not whole yet: its bytes under a temporary name, and their digests so far."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from cstool.download.catalogue import RemoteFile
from cstool.download.own_files import open_own
from cstool.download.record import PART
from cstool.errors import writing

_BLOCK = 1 << 20


class PartialFile:
    """What is here of a file, open to be appended to.

    Opening reads what is here once, for the digests; `look` is called between blocks, with the
    bytes that were read, and may raise. Raises OutputError when the disk does not take the bytes.
    """

    def __init__(
        self, path: Path, kinds: tuple[str, ...], look: Callable[[int], None] = lambda n: None
    ) -> None:
        self.path = path.with_name(path.name + PART)
        self._final = path
        self._kinds = kinds
        self.size = 0
        self._digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
        # Unbuffered: what is written survives the process.
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
        """Write a block behind what is here."""
        with writing(self.path):
            rest = memoryview(block)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._take(block)

    def restart(self) -> None:
        """Drop what is here."""
        with writing(self.path):
            self._file.seek(0)
            self._file.truncate()
        self.size = 0
        self._digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in self._kinds}

    def digest(self, kind: str) -> str:
        """Return the digest of what is here, in hex."""
        return self._digests[kind].hexdigest()

    def finish(self) -> None:
        """Put the file under its own name, through a power cut."""
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
    """Return the kinds of digest to take: sha1 for the record, md5 where only that is published."""
    return ("sha1", "md5") if remote.md5 and not remote.sha1 else ("sha1",)


def published(remote: RemoteFile) -> tuple[str, str] | None:
    """Return the kind and digest that a file must have; None when none is published."""
    if remote.sha1:
        return "sha1", remote.sha1
    return ("md5", remote.md5) if remote.md5 else None


def unchecked(remote: RemoteFile) -> str:
    """Return what of a file cannot be checked, and what is; "" where a checksum tells all."""
    if published(remote) is not None:
        return ""
    if remote.bytes is None:
        return "neither size nor checksum is published: nothing is checked"
    return "no checksum is published: only its size is checked"
