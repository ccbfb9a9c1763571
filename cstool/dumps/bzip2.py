"""Decompress bz2 about 20 % faster than the standard library, as long as the data is intact.

indexed_bzip2 verifies checksums, but it does not say what is wrong, and it ignores bytes after the
last stream. When it fails or does not reach the end of the file, the checked decompressor (see
`streams`) takes over from that byte, so both yield the same bytes and the same messages.
indexed_bzip2 also prints a warning of its own if bytes follow the last stream: such files are not
given to it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from indexed_bzip2 import IndexedBzip2File

_PIECE = 1 << 18
# A stream ends with this magic number of 48 bits at any bit offset, a checksum of 32 bits, and up
# to 7 bits of padding.
_END = 0x177245385090
_TAIL = 11
_FAULTS = (ValueError, RuntimeError, OSError, EOFError)


def decompress_fast(
    source: str | IO[bytes],
    size: int,
    checked: Callable[[], Iterator[bytes]],
    at: Callable[[int], None] = lambda position: None,
) -> Iterator[bytes]:
    """Yield the decompressed bytes of the bz2 streams in a file of `size` bytes.

    `checked` decompresses the same file from the beginning, and raises for faults; `at` is called
    with the number of compressed bytes that have been read. Uses one thread: with more,
    indexed_bzip2 accepts wrong checksums of streams and drops damaged streams.
    """
    if not _ends_with_stream(source):
        yield from checked()
        return
    yielded = block_offset = 0
    intact = False
    # Output of a block whose checksum is not verified yet: a damaged block gives megabytes of
    # noise.
    unverified: list[bytes] = []
    try:
        with IndexedBzip2File(source, parallelization=1) as file:
            while piece := file.read(_PIECE):
                offset = file.tell_compressed()
                at(offset // 8)
                if offset != block_offset:
                    yielded += sum(map(len, unverified))
                    yield from unverified
                    block_offset, unverified = offset, []
                unverified.append(piece)
            intact = file.tell_compressed() == 8 * size
    except _FAULTS:
        intact = False
    if intact:
        yield from unverified
    else:
        yield from _skip(checked(), yielded)


def _ends_with_stream(source: str | IO[bytes]) -> bool:
    """Return whether the last bytes are the end of a bz2 stream."""
    if isinstance(source, str):
        with Path(source).open("rb") as file:
            return _ends_with_stream(file)
    offset = source.tell()
    source.seek(-min(_TAIL, source.seek(0, os.SEEK_END)), os.SEEK_END)
    tail = int.from_bytes(source.read(), "big")
    source.seek(offset)
    return any(tail >> 32 + bits & (1 << 48) - 1 == _END for bits in range(8))


def _skip(pieces: Iterator[bytes], skipped: int) -> Iterator[bytes]:
    """Yield the pieces without the first `skipped` bytes."""
    for piece in pieces:
        if skipped < len(piece):
            yield piece[skipped:]
        skipped = max(0, skipped - len(piece))
