"""The bz2 streams of a multistream dump: where they begin, and what stands in them."""

import bz2
import os
import re
from collections.abc import Callable, Iterator
from io import BytesIO, FileIO
from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple

import xxhash

from cstool.dumps import bounds, bzip2
from cstool.dumps.streams import BZIP2, decompressed
from cstool.errors import CutInputError
from cstool.storage.manifest import FileRead, all_bytes

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


class Streams(NamedTuple):
    """The bz2 streams of a file: where they begin, and the file's size at the end.

    `digests`: the xxh3 (64 bits) of each one's bytes; `read`: what is known of the whole file.
    """

    starts: list[int]
    digests: list[int]
    read: FileRead


def find_streams(path: Path) -> Streams | None:
    """Return the bz2 streams of a multistream dump.

    None when the file is another kind of bz2: one stream, or streams not cut between pages; and
    for a pipe, which can be read but once.
    """
    if not path.is_file():
        return None
    with path.open("rb", buffering=0) as file:
        found = _scan(file)
        starts = found.starts
        if len(starts) < 4 or starts[0] != 0 or len(starts) > bounds.MOST_STREAMS:
            return None
        # Those between the first, the header, and the last, mostly </mediawiki> alone.
        inner = list(pairwise(starts[:-1]))[1:]
        probes = {*inner[:: max(1, len(inner) // _PROBES)], inner[-1]}
        votes = [_begins_with_page(file, *probe) for probe in sorted(probes)]
    return None if 0 < votes.count(False) >= votes.count(True) else found


def _scan(file: FileIO) -> Streams:
    """Read a file once: find its bz2 streams, and hash each of them and the whole."""
    block = bytearray(min(_BLOCK, os.fstat(file.fileno()).st_size) + _START_LENGTH)
    view = memoryview(block)
    starts: list[int] = []
    digests: list[int] = []
    whole, one = xxhash.xxh3_128(), xxhash.xxh3_64()
    hashed = 0  # bytes of the file

    def hash_up_to(stop: int, first: int) -> None:
        """Hash the file's bytes up to `stop`; `first`: the one that the block begins with."""
        nonlocal hashed
        piece = view[hashed - first : stop - first]
        whole.update(piece)
        one.update(piece)
        hashed = stop

    kept = end = 0  # bytes of the block before, in which a start may have begun
    while read := file.readinto(view[kept:]):
        end += read
        filled = kept + read
        first = end - filled
        for match in _STREAM_START.finditer(block, 0, filled):
            if len(starts) > bounds.MOST_STREAMS:
                break
            hash_up_to(first + match.start(), first)
            if starts:
                digests.append(one.intdigest())
                one.reset()
            starts.append(first + match.start())
        kept = min(filled, _START_LENGTH - 1)
        hash_up_to(max(hashed, end - kept), first)
        block[:kept] = block[filled - kept : filled]
    hash_up_to(end, end - kept)
    if starts:
        digests.append(one.intdigest())
    return Streams([*starts, end], digests, FileRead(end, all_bytes(whole.hexdigest())))


def digest_of_range(file: IO[bytes], start: int, stop: int) -> int:
    """Return the xxh3 (64 bits) of a file's bytes from `start` to before `stop`."""
    digest = xxhash.xxh3_64()
    file.seek(start)
    while start < stop and (block := file.read(min(_BLOCK, stop - start))):
        digest.update(block)
        start += len(block)
    return digest.intdigest()


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
