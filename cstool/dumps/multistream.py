"""The bz2 streams of a multistream dump: where they begin, and what stands in them."""

import bz2
import os
import re
from collections.abc import Callable, Iterator
from io import BytesIO, FileIO
from itertools import pairwise
from pathlib import Path
from typing import IO

from cstool.dumps import bzip2
from cstool.dumps.streams import BZIP2, decompressed
from cstool.running.errors import CutInputError

_STREAM_START = re.compile(rb"BZh[1-9]1AY&SY")
_START_LENGTH = 10
# A bz2 block holds 900 kB before compression, and little more after it at worst.
_LARGEST_BLOCK = 1 << 20
# Blocks that stay in the CPU's cache are scanned twice as fast as large ones.
_BLOCK = 1 << 20
# So small that a fault takes nothing of the bz2 block before it along, or next to nothing.
_PIECE = 4096
# So many streams of a file are looked into, to see that they begin with a page.
_PROBES = 5
# Larger ones, which no dump of Wikimedia has, are not held in memory.
LARGEST_STREAM = 64 << 20
_PAGE_START = re.compile(rb"\s*<page[\s>]")


def find_streams(path: Path) -> list[int]:
    """Return where the bz2 streams of a multistream dump begin, and the file's size at the end.

    Empty when the file is another kind of bz2: one stream, or streams not cut between pages; and
    for a pipe, which can be read but once.
    """
    if not path.is_file():
        return []
    with path.open("rb", buffering=0) as file:
        starts = list(_scan(file))
        if len(starts) < 4 or starts[0] != 0:
            return []
        # Those between the first, the header, and the last, mostly </mediawiki> alone.
        inner = list(pairwise(starts[:-1]))[1:]
        probes = {*inner[:: max(1, len(inner) // _PROBES)], inner[-1]}
        votes = [_begins_with_page(file, *probe) for probe in sorted(probes)]
    return [] if 0 < votes.count(False) >= votes.count(True) else starts


def _scan(file: FileIO) -> Iterator[int]:
    """Yield where bz2 streams begin in the file, then its size. Holds one block in memory."""
    block = bytearray(min(_BLOCK, os.fstat(file.fileno()).st_size) + _START_LENGTH)
    view = memoryview(block)
    kept = end = 0  # bytes of the block before, in which a start may have begun
    while read := file.readinto(view[kept:]):
        end += read
        filled = kept + read
        for match in _STREAM_START.finditer(block, 0, filled):
            yield end - filled + match.start()
        kept = min(filled, _START_LENGTH - 1)
        block[:kept] = block[filled - kept : filled]
    yield end


def _begins_with_page(file: FileIO, start: int, stop: int) -> bool | None:
    """Return whether the bz2 stream begins with a page; None when it is damaged."""
    file.seek(start)
    block = file.read(min(stop - start, _LARGEST_BLOCK))
    try:
        if _PAGE_START.match(bz2.BZ2Decompressor().decompress(block, max_length=1000)):
            return True
        # Other bytes tell something when their checksum is right: then a block comes out whole.
        return False if next(decompressed_range("", file, start, stop), b"") else None
    except (OSError, CutInputError):
        return None


def decompressed_range(name: str, file: IO[bytes], start: int, stop: int) -> Iterator[bytes]:
    """Yield what the bz2 streams in those bytes of the file give."""
    position = start

    def pieces() -> Iterator[bytes]:
        nonlocal position
        file.seek(start)
        while piece := file.read(min(_PIECE, stop - position)):
            position += len(piece)
            yield piece

    def carefully() -> Iterator[bytes]:
        return decompressed(pieces(), BZIP2, name, lambda: position)

    if stop - start > LARGEST_STREAM:
        return carefully()
    return _quickly(file, start, stop, carefully)


def _quickly(
    file: IO[bytes], start: int, stop: int, carefully: Callable[[], Iterator[bytes]]
) -> Iterator[bytes]:
    file.seek(start)
    # The decoder does not let go of what it reads from: so it is emptied.
    with BytesIO(file.read(stop - start)) as source:
        yield from bzip2.quickly(source, stop - start, carefully)
