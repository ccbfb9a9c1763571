"""Decompressors that return pieces of at most 2 MB, whatever the ratio of compression.

A few kilobytes can expand to gigabytes, so no call decompresses more than one piece. Formats whose
header states how much memory the reader needs are read up to 128 MB.
"""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Any, Protocol, cast

import zstandard
from isal import igzip_lib

# Bytes. Also the default of Zstandard; files of `zstd --ultra -22` and `xz -9` need no more.
LARGEST_WINDOW = 128 << 20
_PIECE = 1 << 20
# A Zstandard block decompresses to at most 128 kB (RFC 8878, 3.1.1.2.4).
_BLOCKS = 16
_ZSTANDARD = b"\x28\xb5\x2f\xfd"

ERRORS: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    lzma.LZMAError,
    zstandard.ZstdError,
    zlib.error,
    cast("type[Exception]", igzip_lib.error),
)


class Decompressor(Protocol):
    """Decompresses one member of a file: a gzip member, a bz2 or xz stream, a Zstandard frame."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member has been reached."""

    @property
    def unused_data(self) -> bytes:
        """The bytes given after the end of the member."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield the output for the next bytes, at most 2 MB at a time. Raises one of ERRORS."""


class _Stepwise:
    """A decompressor whose output length can be limited (bz2, lzma, igzip)."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inner.unused_data)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        inner = self._inner
        while True:
            piece = inner.decompress(data, _PIECE)
            if piece:
                yield piece
            if inner.eof or inner.needs_input or not (piece or data):
                return
            data = b""


class _Zstandard:
    """A frame, given to the library a few blocks at a time: the library has no output limit."""

    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
        self._left = 0  # bytes up to the next header
        self._header = b""
        self._size = 5  # of the header: magic number and descriptor, or a block's 3 bytes
        self._in_blocks = False
        self._at_end = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for some in self._cut(data):
            if piece := self._inner.decompress(some):
                yield piece

    def _cut(self, data: bytes) -> Iterator[bytes]:
        """Yield the data in pieces, each with the ends of at most _BLOCKS blocks."""
        begin = at = blocks = 0
        while not self._at_end and at + self._left < len(data):
            at += self._left
            self._left = 0
            begun = len(self._header)
            self._header += data[at : at + self._size - begun]
            at += len(self._header) - begun
            if len(self._header) < self._size:
                break
            self._read_header(self._header)
            self._header = b""
            blocks += 1
            if blocks == _BLOCKS and at < len(data):
                yield data[begin:at]
                begin, blocks = at, 0
        self._left = max(0, self._left - (len(data) - at))
        yield data[begin:]

    def _read_header(self, header: bytes) -> None:
        """Read the size of a frame's or block's header and content."""
        self._size = 3
        if self._in_blocks:
            number = int.from_bytes(header, "little")
            repeats = number >> 1 & 3 == 1
            self._left = 1 if repeats else number >> 3
            self._at_end = bool(number & 1)
        elif header.startswith(_ZSTANDARD):
            flags = header[4]
            single = flags >> 5 & 1
            content = (single, 2, 4, 8)[flags >> 6]
            dictionary = (0, 1, 2, 4)[flags & 3]
            self._left = (not single) + dictionary + content
            self._in_blocks = True
        else:  # a skippable frame, without output
            self._at_end = True


def bzip2() -> Decompressor:
    """Return a decompressor of one bz2 stream."""
    return _Stepwise(bz2.BZ2Decompressor())


def gzip() -> Decompressor:
    """Return a decompressor of one gzip member."""
    return _Stepwise(igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP))


def xz() -> Decompressor:
    """Return a decompressor of one xz stream."""
    return _Stepwise(lzma.LZMADecompressor(memlimit=LARGEST_WINDOW + (1 << 20)))


def zstd() -> Decompressor:
    """Return a decompressor of one Zstandard frame."""
    return _Zstandard()


def needs_memory(error: Exception) -> bool:
    """Return whether an error means that the file needs more memory than LARGEST_WINDOW."""
    return "too much memory" in str(error) or "Memory usage limit" in str(error)
