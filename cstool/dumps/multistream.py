"""Find and decompress the bz2 streams of a multistream dump."""

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
from cstool.storage.file_hashes import FileRead, all_bytes

_STREAM_START = re.compile(rb"BZh[1-9]1AY&SY")
_START_LENGTH = 10
# Bytes. A bz2 block has 900 kB before compression, and at worst little more after it.
_LARGEST_BLOCK = 1 << 20
# Bytes. Blocks that fit into the CPU's cache are scanned twice as fast as larger ones.
_BLOCK = 1 << 20
# Bytes. Small, so that a fault loses little or nothing of the bz2 block before it.
_PIECE = 4096
# Number of streams that are decompressed to check that each begins with a page.
_PROBES = 5
# Bytes. Larger streams, which no Wikimedia dump has, are not read into memory at once.
LARGEST_STREAM = 64 << 20
_PAGE_START = re.compile(rb"\s*<page[\s>]")


class Streams(NamedTuple):
    """The bz2 streams of a file: byte offsets of their starts, then the file's size.

    `digests`: the xxh3 (64 bits) of each stream's bytes; `read`: size and fingerprint of the file.
    """

    starts: list[int]
    digests: list[int]
    read: FileRead


def find_streams(path: Path) -> Streams | None:
    """Return the bz2 streams of a multistream dump.

    None if the file is another kind of bz2 (one stream, or streams that do not begin with a page),
    or a pipe, which can be read only once.
    """
    if not path.is_file():
        return None
    with path.open("rb", buffering=0) as file:
        found = _scan(file)
        if found is None:
            return None
        starts = found.starts
        if len(starts) < 4 or starts[0] != 0 or len(starts) > bounds.MOST_STREAMS:
            return None
        # Without the first stream (the header) and the last one (often only </mediawiki>).
        inner = list(pairwise(starts[:-1]))[1:]
        probes = {*inner[:: max(1, len(inner) // _PROBES)], inner[-1]}
        votes = [_begins_with_page(file, *probe) for probe in sorted(probes)]
    return None if 0 < votes.count(False) >= votes.count(True) else found


def _scan(file: FileIO) -> Streams | None:
    """Read a file once: find its bz2 streams, and hash each of them and the whole file.

    None, without reading on, if the first stream is larger than that of a multistream dump.
    """
    block = bytearray(min(_BLOCK, os.fstat(file.fileno()).st_size) + _START_LENGTH)
    view = memoryview(block)
    starts: list[int] = []
    digests: list[int] = []
    whole, one = xxhash.xxh3_128(), xxhash.xxh3_64()
    hashed = 0  # bytes of the file

    def hash_up_to(stop: int, first: int) -> None:
        """Hash the file's bytes up to `stop`; `first`: the byte offset of the block."""
        nonlocal hashed
        piece = view[hashed - first : stop - first]
        whole.update(piece)
        one.update(piece)
        hashed = stop

    kept = end = 0  # kept: bytes of the previous block, which may contain the beginning of a start
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
        if len(starts) < 2 and end > LARGEST_STREAM:
            return None
        kept = min(filled, _START_LENGTH - 1)
        hash_up_to(max(hashed, end - kept), first)
        block[:kept] = block[filled - kept : filled]
    hash_up_to(end, end - kept)
    if starts:
        digests.append(one.intdigest())
    return Streams([*starts, end], digests, FileRead(end, all_bytes(whole.hexdigest())))


def _begins_with_page(file: FileIO, start: int, stop: int) -> bool | None:
    """Return whether the bz2 stream begins with a page; None when it is damaged."""
    file.seek(start)
    block = file.read(min(stop - start, _LARGEST_BLOCK))
    try:
        if _PAGE_START.match(bz2.BZ2Decompressor().decompress(block, max_length=1000)):
            return True
        # Other bytes count only if their checksum is right, that is, if the whole block is decoded.
        return False if next(decompressed_range("", file, start, stop), b"") else None
    except (OSError, CutInputError):
        return None


def decompressed_range(name: str, file: IO[bytes], start: int, stop: int) -> Iterator[bytes]:
    """Yield the decompressed bytes of the bz2 streams from byte `start` up to `stop`, exclusive."""
    position = start

    def pieces() -> Iterator[bytes]:
        nonlocal position
        file.seek(start)
        while piece := file.read(min(_PIECE, stop - position)):
            position += len(piece)
            yield piece

    def checked() -> Iterator[bytes]:
        return decompressed(pieces(), BZIP2, name, lambda: position)

    if stop - start > LARGEST_STREAM:
        return checked()
    return _fast(file, start, stop, checked)


def _fast(
    file: IO[bytes], start: int, stop: int, checked: Callable[[], Iterator[bytes]]
) -> Iterator[bytes]:
    file.seek(start)
    # The decoder keeps a reference to its source, so the source is closed to free its memory.
    with BytesIO(file.read(stop - start)) as source:
        yield from bzip2.decompress_fast(source, stop - start, checked)
