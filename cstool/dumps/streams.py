"""Compressed files as streams of bytes, from a path or standard input.

Every format is read through a decompressor object (`decompress`, `eof`, `unused_data`), member
after member, so that a cut or a damaged place is noticed, whichever format it is in.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cstool.dumps import bzip2, decompressors
from cstool.dumps.decompressors import ERRORS, LARGEST_WINDOW, Decompressor
from cstool.errors import CutInputError, InputError
from cstool.storage.manifest import FileHash, FileRead, Input, describe_file

STDIN = "-"
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Compression:
    """A compression: its possible first bytes, its file endings, and a new decompressor.

    `unpack` is a shell command that decompresses a file with as much memory as that asks for.
    """

    name: str
    magic: tuple[bytes, ...]
    endings: tuple[str, ...]
    new: Callable[[], Decompressor]
    unpack: str = ""

    def is_cut(self, head: bytes) -> bool:
        """Whether these are first bytes of this format, and too few to tell."""
        return any(magic.startswith(head) for magic in self.magic)


# Zstandard files may begin with a skippable frame (pzstd's do).
_SKIPPABLE = tuple(bytes([first]) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))

BZIP2 = Compression("bzip2", (b"BZh",), (".bz2",), decompressors.bzip2)
FORMATS = (
    BZIP2,
    Compression("gzip", (b"\x1f\x8b",), (".gz",), decompressors.gzip),
    Compression(
        "Zstandard",
        (b"\x28\xb5\x2f\xfd", *_SKIPPABLE),
        (".zst",),
        decompressors.zstd,
        "zstd -dc --long=31",
    ),
    Compression("xz", (b"\xfd7zXZ\x00",), (".xz",), decompressors.xz, "xz -dc"),
)
PLAIN = (".xml", ".json", ".jsonl", ".ndjson", ".sql")
_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
# Smaller pieces are joined: each costs its reader something.
_JOINED = 1 << 16


class Stream:
    """An open input: iterate over its decompressed bytes.

    `size` is the file's size in bytes (None for standard input), `position` how many of them
    have been read. Raises InputError and CutInputError, which name the file and the byte.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = "standard input" if path == STDIN else path
        self.position = 0
        self._taken = 0  # bytes read from the file
        self.size: int | None = None
        self._file: IO[bytes]
        self._owned = path != STDIN
        if path == STDIN:
            self._file = _standard_input()
            self._hash = FileHash(None)
        else:
            file = need_file(path)
            self.size = file.stat().st_size if file.is_file() else None
            try:
                self._file = file.open("rb")
                self._hash = FileHash(file if self.size is not None else None)
            except OSError as error:
                raise _unreadable(path, error) from error
        try:
            self._head = self._read()
            if not self._head:
                raise InputError(f"{self.name}: is empty; download it again")
            self.format = _find_format(self.name, path, self._head)
        except InputError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._hash.close()
        if self._owned:
            self._file.close()

    def record(self, read: dict[str, FileRead] | None) -> None:
        """Note size and fingerprint of all bytes, those behind a fault, too, by the path."""
        if read is None:
            return
        if self.size is None:
            while self._read():
                pass
        self._hash.reach(None)
        read[self.path] = FileRead(self._hash.bytes, self._hash.fingerprint)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the decompressed bytes, in pieces of 2 MB at most."""
        if self.format is None:
            yield from self._pieces()
        elif self.format is BZIP2 and self.size is not None:
            yield from bzip2.quickly(self.name, self.size, self._carefully, self._move)
        else:
            yield from self._carefully()

    def _carefully(self) -> Iterator[bytes]:
        assert self.format is not None
        self.position = 0
        return decompressed(self._pieces(), self.format, self.name, lambda: self.position)

    def _move(self, position: int) -> None:
        self.position = position
        self._hash.reach(position)

    def _pieces(self) -> Iterator[bytes]:
        piece = self._head
        self._head = b""
        while piece:
            self.position += len(piece)
            yield piece
            piece = self._read()

    def _read(self) -> bytes:
        try:
            piece = self._file.read(_CHUNK)
            self._taken += len(piece)
            self._hash.take(piece, self._taken)
            return piece
        except OSError as error:
            raise CutInputError(
                f"{self.name}: cannot be read after byte {self.position:,} "
                f"({error.strerror or error}); look at the disk, or keep what stands before "
                "with --keep-going"
            ) from error


def _standard_input() -> IO[bytes]:
    """Return standard input's bytes; raise InputError when it is closed (`<&-`)."""
    file: IO[bytes] | None = getattr(sys.stdin, "buffer", None)
    if file is None or file.closed:
        raise InputError(
            "standard input: is closed; pipe a dump into it (bzcat DUMP | cstool … -), or give "
            "a dump's path"
        )
    return file


def need_file(path: str) -> Path:
    """Return the path when a file is there; raise InputError when not."""
    file = Path(path)
    try:
        there = file.exists()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not there:
        raise InputError(f"{path}: no such file; give a dump's path, or - for standard input")
    if file.is_dir():
        raise InputError(f"{path}: is a folder; give a dump file")
    if not os.access(file, os.R_OK):
        raise InputError(f"{path}: may not be read; change its permissions")
    return file


def _unreadable(path: str, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be read ({error.strerror or error}); mend that")


def absolute(path: str) -> str:
    """Return a dump's path from the root, for workers that may stand elsewhere."""
    return path if path == STDIN else str(Path(path).absolute())


def describe_dump(path: str) -> Input:
    """Return a dump as a stage's input. Raises InputError when it is not there."""
    return Input(STDIN, None, None) if path == STDIN else describe_file(need_file(path))


def decompressed(
    pieces: Iterator[bytes],
    format_: Compression,
    name: str,
    position: Callable[[], int],
) -> Iterator[bytes]:
    """Yield what compressed pieces give, one member of the file after another.

    Pieces of 2 MB at most, whatever the compressed ones expand to. Raises CutInputError where the
    data is damaged or ends inside a member, InputError where it asks for too much memory.
    `position` tells how many bytes of the file have been read: a fault is known to stand before
    that byte.
    """
    small: list[bytes] = []
    size = 0
    fault: InputError | None = None
    try:
        for data in _members(pieces, format_, name, position):
            if not small and len(data) >= _JOINED:
                yield data
                continue
            small.append(data)
            size += len(data)
            if size >= _JOINED:
                yield b"".join(small)
                small, size = [], 0
    except InputError as error:
        fault = error
    if small:
        yield b"".join(small)
    if fault:
        raise fault


def _members(
    pieces: Iterator[bytes],
    format_: Compression,
    name: str,
    position: Callable[[], int],
) -> Iterator[bytes]:
    decompressor = format_.new()
    for piece in pieces:
        rest = piece
        while rest:
            if decompressor.eof:
                rest = rest.lstrip(b"\0")  # padding between members or behind the last one
                if not rest:
                    break
                decompressor = format_.new()
            try:
                yield from decompressor.pieces(rest)
            except ERRORS as error:
                raise _fault(error, format_, name, position()) from error
            rest = decompressor.unused_data if decompressor.eof else b""
    if not decompressor.eof:
        raise CutInputError(
            f"{name}: ends inside its {format_.name} data, after byte {position():,}: it is cut "
            "off; download it again, or keep what is there with --keep-going"
        )


def _fault(error: Exception, format_: Compression, name: str, position: int) -> InputError:
    if decompressors.needs_memory(error):
        return InputError(
            f"{name}: its {format_.name} data needs more than {LARGEST_WINDOW >> 20} MB of memory "
            f"to be decompressed (before byte {position:,}); if you trust it, decompress it into "
            f"a pipe: {format_.unpack} FILE | cstool … -"
        )
    return CutInputError(
        f"{name}: the {format_.name} data is damaged before byte {position:,} "
        f"({error}); download it again, or keep what stands before with --keep-going"
    )


def _find_format(name: str, path: str, head: bytes) -> Compression | None:
    """Return the compression that the first bytes show; None is plain text."""
    if head.startswith(_SEVEN_ZIP):
        raise InputError(
            f"{name}: 7z archives are not read directly; unpack into a pipe: "
            f"7z x -so {path} | cstool … -"
        )
    found = next((f for f in FORMATS if head.startswith(f.magic)), None)
    expected = next((f for f in FORMATS if path.endswith(f.endings)), None)
    if expected and expected.is_cut(head) and not found:
        raise CutInputError(
            f"{name}: ends inside its {expected.name} data, after byte {len(head)}: it is cut off; "
            "download it again"
        )
    if path == STDIN or (expected is None and not path.endswith(PLAIN)):
        return found
    if found is not expected:
        holds = f"holds {found.name} data" if found else f"is no {expected and expected.name} data"
        raise InputError(
            f"{name}: is named {Path(path).suffix}, but {holds} (it begins with {head[:12]!r}); "
            "rename it, or download it again"
        )
    return found
