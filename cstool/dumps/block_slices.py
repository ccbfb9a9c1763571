"""Cut a bz2 file into ranges of blocks, which workers decode independently.

For files of one stream, such as Wikimedia's content exports, or of streams that are not cut
between pages (pbzip2). A slice has the pages that begin in its blocks.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from cstool.dumps.bzip2_blocks import (
    BlockReader,
    StreamSoFar,
    begins_stream,
    checksum_of,
    find_blocks,
)
from cstool.dumps.export_elements import ROOT
from cstool.dumps.page_reader import is_usual, page_start
from cstool.dumps.pages import PageSlice
from cstool.dumps.xml import PageParser, Site
from cstool.errors import InputError
from cstool.storage.checksums import hash_range
from cstool.storage.file_hashes import FileHash, FileRead

# Smaller files are one slice, which the coordinating process reads.
_FEWEST_BLOCKS = 5
# A block has 900 kB before compression, and up to 46 MB if it is repetitive.
_MOST_BLOCKS = 64
_HEADER_BITS = 32


@dataclass(frozen=True)
class Blocks:
    """A bz2 file that can be cut between blocks; `header`: what it says of its wiki."""

    path: str
    header: Site


@dataclass(frozen=True)
class BlockCut:
    """How files are cut.

    `size`: of a slice in bytes of the file; `smallest`: the size that slices have at the end of the
    last file, so that workers finish together. `largest_text`, `namespaces`: as for `PageSlice`.
    """

    size: int
    smallest: int
    largest_text: int
    namespaces: frozenset[int] | None


class _Range(NamedTuple):
    """Bit offsets where blocks may begin, then that of the end; and the stream before the range."""

    starts: tuple[int, ...]
    stream: StreamSoFar


def find_splittable(path: str) -> Blocks | None:
    """Return a bz2 file with a few blocks or more, whose first block has a usual header.

    None if it is another file, a pipe, or damaged at its begin.
    """
    if not Path(path).is_file():
        return None
    with Path(path).open("rb", buffering=0) as file:
        if not begins_stream(file, _HEADER_BITS):
            return None
        starts = tuple(islice(find_blocks(file), _FEWEST_BLOCKS))
        if len(starts) < _FEWEST_BLOCKS or starts[0] != _HEADER_BITS:
            return None
        size = os.fstat(file.fileno()).st_size
        _, data = next(BlockReader(path, file, size).read(starts, StreamSoFar(starts[0])))
        header = _header(path, data) if isinstance(data, bytes) else None
    return Blocks(path, header) if header else None


def _header(path: str, data: bytes) -> Site | None:
    """Return the wiki in the header; None unless the header is complete and usual."""
    start, found = page_start(data)
    if not found or not is_usual(data[:start]):
        return None
    parser = PageParser(path)
    try:
        list(parser.feed(data[:start]))
    except InputError:  # raised again when the file is read from its begin
        return None
    complete = parser.site is not None or b"<siteinfo" not in data[:start]
    return parser.header if complete and parser.root == ROOT else None


def block_slices(
    path: str, site: Site, cut: BlockCut, read: dict[str, FileRead], *, taper: bool
) -> Iterator[tuple[PageSlice, int]]:
    """Yield the slices of a file of the wiki `site`, and their sizes in bytes.

    `taper`: let the size shrink towards the end. Afterwards `read` has the file's fingerprint.
    """
    hashed = FileHash(Path(path))
    try:
        with Path(path).open("rb", buffering=0) as file:
            previous: tuple[_Range, int] | None = None
            for range_ in _cuts(file, cut, taper=taper):
                starts = range_.starts
                first, last = starts[0] // 8, starts[-1] // 8
                digest = hash_range(file, first, last).intdigest()
                hashed.reach(last)
                if previous:
                    yield _slice(path, site, cut, *previous, digest)
                previous = range_, digest
            if previous:
                yield _slice(path, site, cut, *previous)
        hashed.reach(None)
        read[path] = FileRead(hashed.bytes, hashed.fingerprint)
    finally:
        hashed.close()


def _slice(
    path: str, site: Site, cut: BlockCut, range_: _Range, *digests: int
) -> tuple[PageSlice, int]:
    slice_ = PageSlice(
        path,
        site,
        blocks=range_.starts,
        stream=range_.stream,
        digests=digests,
        largest_text=cut.largest_text,
        namespaces=cut.namespaces,
    )
    first, last = slice_.block_bytes
    return slice_, last - (first if range_.starts[0] > _HEADER_BITS else 0)


def _cuts(file: IO[bytes], cut: BlockCut, *, taper: bool) -> Iterator[_Range]:
    size = os.fstat(file.fileno()).st_size
    starts: list[int] = []
    stream = begun = StreamSoFar(_HEADER_BITS)
    for offset in find_blocks(file):
        if begins_stream(file, offset):
            stream = StreamSoFar(offset)
        if starts:
            first = starts[0] // 8
            wanted = max(min(cut.size, (size - first) // 8), cut.smallest) if taper else cut.size
            if offset // 8 - first >= wanted or len(starts) == _MOST_BLOCKS:
                yield _Range((*starts, offset), begun)
                starts = []
        if not starts:
            begun = stream
        starts.append(offset)
        stream = stream.with_block(checksum_of(file, offset))
    if starts:
        yield _Range((*starts, 8 * size), begun)
