"""Read compressed files as streams of bytes, from a path or standard input.

Every format is read through a decompressor object (`decompress`, `eof`, `unused_data`), one member
at a time, so that truncated or damaged data is detected in every format.
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
from cstool.storage.file_hashes import FileHash, FileRead
from cstool.storage.manifest import Input, describe_file

STDIN = "-"
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Compression:
    """A compression format: magic bytes, file extensions, and a factory of decompressors.

    `unpack` is a shell command that decompresses a file that needs more than LARGEST_WINDOW of
    memory.
    """

    name: str
    magic: tuple[bytes, ...]
    endings: tuple[str, ...]
    new: Callable[[], Decompressor]
    unpack: str = ""

    def is_cut(self, head: bytes) -> bool:
        """Return whether `head` is a prefix of a magic number, too short to identify the format."""
        return any(magic.startswith(head) for magic in self.magic)


# Zstandard files may begin with a skippable frame (RFC 8878, 3.1.2); those of pzstd do.
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
# Bytes. Smaller pieces are joined, because each piece has a fixed cost for its reader.
_JOINED = 1 << 16


class Stream:
    """An open input file: iterate over it to read its decompressed bytes.

    `size` is the file's size in bytes (None for standard input and pipes), `position` the number of
    compressed bytes that have been read. Raises InputError and CutInputError with the file's name
    and the byte offset.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = "standard input" if path == STDIN else path
        self.position = 0
        self._taken = 0  # bytes read from the file, including those not yielded yet
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
                raise InputError(f"{self.name}: empty file; download it again")
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
        """Store size and fingerprint of the whole file, by its path; reads a pipe to its end."""
        if read is None:
            return
        if self.size is None:
            while self._read():
                pass
        self._hash.reach(None)
        read[self.path] = FileRead(self._hash.bytes, self._hash.fingerprint)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the decompressed bytes, in pieces of at most 2 MB."""
        if self.format is None:
            yield from self._pieces()
        elif self.format is BZIP2 and self.size is not None:
            yield from bzip2.decompress_fast(self.name, self.size, self._checked, self._advance)
        else:
            yield from self._checked()

    def _checked(self) -> Iterator[bytes]:
        assert self.format is not None
        self.position = 0
        return decompressed(self._pieces(), self.format, self.name, lambda: self.position)

    def _advance(self, position: int) -> None:
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
                f"{self.name}: read error after byte {self.position:,} "
                f"({error.strerror or error}); check the disk"
            ) from error


def _standard_input() -> IO[bytes]:
    """Return standard input as a binary file; raise InputError when it is closed (`<&-`)."""
    file: IO[bytes] | None = getattr(sys.stdin, "buffer", None)
    if file is None or file.closed:
        raise InputError(
            "standard input: closed; pipe a dump into it (bzcat DUMP | cstool … -), or give "
            "the path of a dump"
        )
    return file


def need_file(path: str) -> Path:
    """Return the path of a readable file. Raises InputError if there is none."""
    file = Path(path)
    try:
        exists = file.exists()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not exists:
        raise InputError(f"{path}: no such file; give the path of a dump, or - for standard input")
    if file.is_dir():
        raise InputError(f"{path}: is a folder, not a file; give the path of a dump")
    if not os.access(file, os.R_OK):
        raise InputError(f"{path}: permission denied; change its permissions")
    return file


def _unreadable(path: str, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be read ({error.strerror or error}); check the path")


def first_block(path: str) -> bytes:
    """Return the first decompressed bytes of a file, empty if it has none; errors as `Stream`."""
    stream = Stream(path)
    try:
        return next(iter(stream), b"")
    finally:
        stream.close()


def absolute(path: str) -> str:
    """Return a dump's absolute path, for workers with another current folder; `-` stays `-`."""
    return path if path == STDIN else str(Path(path).absolute())


def describe_dump(path: str) -> Input:
    """Return a dump as an input of a stage. Raises InputError if there is no readable file."""
    return Input(STDIN, None, None) if path == STDIN else describe_file(need_file(path))


def decompressed(
    pieces: Iterator[bytes],
    format_: Compression,
    name: str,
    position: Callable[[], int],
) -> Iterator[bytes]:
    """Yield the decompressed bytes of compressed pieces, across all members of the file.

    Pieces have at most 2 MB, whatever the ratio of compression. `position` returns the number of
    bytes of the file that have been read; messages give it as an upper bound of the fault's byte
    offset. Raises CutInputError if the data is damaged or ends inside a member, InputError if it
    needs more memory than LARGEST_WINDOW.
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
                rest = rest.lstrip(b"\0")  # padding between members or after the last one
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
            f"{name}: truncated: the {format_.name} data ends early, after byte {position():,}; "
            "download it again"
        )


def _fault(error: Exception, format_: Compression, name: str, position: int) -> InputError:
    if decompressors.needs_memory(error):
        return InputError(
            f"{name}: decompressing its {format_.name} data takes more than "
            f"{LARGEST_WINDOW >> 20} MB of memory (before byte {position:,}); if you trust the "
            f"file, decompress it into a pipe: {format_.unpack} FILE | cstool … -"
        )
    return CutInputError(
        f"{name}: damaged {format_.name} data before byte {position:,} ({error}); download it again"
    )


def _find_format(name: str, path: str, head: bytes) -> Compression | None:
    """Return the compression that the magic bytes identify; None for plain text."""
    if head.startswith(_SEVEN_ZIP):
        raise InputError(
            f"{name}: 7z archives are not supported; unpack it into a pipe: "
            f"7z x -so {path} | cstool … -"
        )
    found = next((f for f in FORMATS if head.startswith(f.magic)), None)
    expected = next((f for f in FORMATS if path.endswith(f.endings)), None)
    if expected and expected.is_cut(head) and not found:
        raise CutInputError(
            f"{name}: truncated: the {expected.name} data ends early, after byte {len(head)}; "
            "download it again"
        )
    if path == STDIN or (expected is None and not path.endswith(PLAIN)):
        return found
    if found is not expected:
        content = f"contains {found.name} data" if found else f"is not {expected and expected.name}"
        raise InputError(
            f"{name}: has the extension {Path(path).suffix}, but {content} (first bytes: "
            f"{head[:12]!r}); rename it, or download it again"
        )
    return found
