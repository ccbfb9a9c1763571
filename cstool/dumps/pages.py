"""A page dump cut into slices, each of which a worker reads on its own.

A multistream dump (bz2, a stream of its own for each hundred pages) is cut at its streams: a
slice is a range of the file's bytes. Anything else is read by the coordinating process, and a
slice holds its pages.
"""

import bz2
import mmap
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO

import msgspec
import xxhash

from cstool.dumps.export import Page, PageParser, Site, fingerprint_of, same_wiki
from cstool.dumps.streams import FORMATS, STDIN, Stream, decompressed, need_file
from cstool.parts.counts import Counts
from cstool.parts.folder import Task, part_name
from cstool.running.errors import CutInputError, InputError

DEFAULT_PART_SIZE = 16 << 20

_STREAM_START = re.compile(rb"BZh[1-9]1AY&SY")
# So many streams of a file are looked into, to see that they begin with a page.
_PROBES = 16
_PAGE_START = re.compile(rb"\s*<page[\s>]")


@dataclass(frozen=True)
class PageSlice:
    """Some pages of a dump: `pages` themselves, or the bz2 streams in bytes `start` to `stop`.

    `last` tells that the export's end must come in it.
    """

    name: str
    site: Site
    pages: tuple[Page, ...] | None = None
    start: int = 0
    stop: int = 0
    last: bool = False


@dataclass
class Damage:
    """Where inputs were cut or broken, and how many pages were lost in the middle there."""

    messages: list[str] = field(default_factory=list)
    cut_pages: int = 0

    def note(self, fault: CutInputError, *, in_page: bool) -> None:
        """Take down one fault."""
        self.messages.append(str(fault))
        self.cut_pages += in_page

    def count(self, counts: Counts) -> None:
        """Add the damage to the counts: pages that were cut, and a line for each fault."""
        counts.tally("pages").drop("cut off in the middle", self.cut_pages)
        counts.add("damaged inputs", dict.fromkeys(self.messages, 1))


@dataclass(frozen=True)
class PageDump:
    """The dumps of one run: the wiki, the tasks (one a slice), the bytes to read if known."""

    site: Site
    tasks: Iterator[Task[PageSlice]]
    size: int | None


def open_pages(paths: Sequence[str], part_size: int, damage: Damage | None) -> PageDump:
    """Open page dumps of one wiki and cut them into slices of about `part_size` bytes.

    Bytes of the file where it is cut at bz2 streams, else of wikitext. With `damage`, a cut or
    broken input ends early and is noted there; without, CutInputError is raised at that place,
    after the slices before it. Raises InputError for what is no dump, or has no pages.
    """
    _same_wikis(paths)
    slices = _slices(paths, part_size, damage)
    first = next(slices, None)
    if first is None and damage and damage.messages:
        raise InputError(f"no page stands before the fault: {damage.messages[0]}")
    if first is None:
        raise InputError(f"{', '.join(paths)}: has no pages; give a pages-articles dump")
    known = all(path != STDIN and Path(path).is_file() for path in paths)
    size = sum(Path(path).stat().st_size for path in paths) if known else None
    return PageDump(first[0].site, _tasks(first, slices), size)


def _same_wikis(paths: Sequence[str]) -> None:
    """Look into files before hours of work: raise InputError when they are of two wikis."""
    first: Site | None = None
    for path in paths:
        if path == STDIN or not need_file(path).is_file() or len(paths) < 2:
            continue
        site = _peek(path)
        if first and site:
            same_wiki(first, site, path)
        first = first or site


def _peek(path: str) -> Site | None:
    """Return the wiki that a file's first bytes tell of; None where they are damaged."""
    stream = Stream(path)
    parser = PageParser(stream.name)
    try:
        for data in stream:
            for _ in parser.feed(data):
                pass
            if parser.site:
                break
    except CutInputError:  # told when its turn comes
        pass
    finally:
        stream.close()
    return parser.site


def _tasks(
    first: tuple[PageSlice, int], rest: Iterator[tuple[PageSlice, int]]
) -> Iterator[Task[PageSlice]]:
    yield _task(0, *first)
    for index, (slice_, weight) in enumerate(rest, 1):
        same_wiki(first[0].site, slice_.site, slice_.name)
        yield _task(index, slice_, weight)


def _task(index: int, slice_: PageSlice, weight: int) -> Task[PageSlice]:
    if slice_.pages is None:
        fingerprint = f"{Path(slice_.name).name}:{slice_.start}-{slice_.stop}"
    else:
        told = msgspec.json.encode(fingerprint_of(slice_.pages))
        fingerprint = xxhash.xxh3_128_hexdigest(told)
    return Task(part_name(index), slice_, fingerprint, weight)


def _slices(
    paths: Sequence[str], part_size: int, damage: Damage | None
) -> Iterator[tuple[PageSlice, int]]:
    for path in paths:
        starts = find_streams(Path(path)) if path.endswith(".bz2") else []
        if starts:
            yield from _stream_slices(path, starts, part_size)
        else:
            yield from _page_slices(path, part_size, damage)


def find_streams(path: Path) -> list[int]:
    """Return where the bz2 streams of a multistream dump begin, and the file's size at the end.

    Empty when the file is another kind of bz2: one stream, or streams not cut between pages; and
    for a pipe, which can be read but once.
    """
    if not path.is_file() or not path.stat().st_size:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        starts = [match.start() for match in _STREAM_START.finditer(data)]
        if len(starts) < 3 or starts[0] != 0:
            return []
        # Those between the first, the header, and the last, mostly </mediawiki> alone.
        inner = list(pairwise(starts))[1:]
        for begin, end in [*inner[:: max(1, len(inner) // _PROBES)], inner[-1]]:
            first = _first_bytes(data[begin:end])
            if first and not _PAGE_START.match(first):
                return []
        return [*starts, len(data)]


def _first_bytes(stream: bytes) -> bytes:
    """Return what the bz2 stream begins with, nothing when it is damaged: that tells nothing."""
    try:
        return bz2.BZ2Decompressor().decompress(stream, max_length=1000)
    except OSError:
        return b""


def _stream_slices(path: str, starts: list[int], part_size: int) -> Iterator[tuple[PageSlice, int]]:
    site = _read_site(path, starts[1])
    begin = starts[1]
    for end in starts[2:]:
        if end - begin >= part_size or end == starts[-1]:
            yield PageSlice(path, site, None, begin, end, end == starts[-1]), end - begin
            begin = end


def _read_site(path: str, stop: int) -> Site:
    """Return the wiki that the first stream of a multistream dump tells of."""
    parser = PageParser(path)
    with Path(path).open("rb") as file:
        for data in _decompress_range(path, file, 0, stop):
            for _ in parser.feed(data):
                pass
    return _need_site(parser, path)


def _decompress_range(name: str, file: IO[bytes], start: int, stop: int) -> Iterator[bytes]:
    """Yield what the bz2 streams in those bytes of the file give."""

    def pieces() -> Iterator[bytes]:
        file.seek(start)
        while file.tell() < stop:
            piece = file.read(min(1 << 18, stop - file.tell()))
            if not piece:
                return
            yield piece

    return decompressed(pieces(), FORMATS[0], name, file.tell)


def _need_site(parser: PageParser, name: str) -> Site:
    if parser.site is None:
        raise InputError(
            f"{name}: has no <siteinfo>, which names the wiki and its namespaces; give a "
            "pages-articles dump as Wikimedia publishes it"
        )
    return parser.site


def _page_slices(
    path: str, part_size: int, damage: Damage | None
) -> Iterator[tuple[PageSlice, int]]:
    stream = Stream(path)
    parser = PageParser(stream.name)
    pages: list[Page] = []
    size = told = 0

    def slice_() -> tuple[PageSlice, int]:
        nonlocal pages, size, told
        made = PageSlice(stream.name, _need_site(parser, stream.name), tuple(pages))
        weight = stream.position - told
        pages, size, told = [], 0, stream.position
        return made, weight

    try:
        for data in stream:
            for page in parser.feed(data):
                pages.append(page)
                size += len(page.text or "")
                if size >= part_size:
                    yield slice_()
        parser.close()
    except CutInputError as fault:
        if damage is None:
            if pages:
                yield slice_()
            raise
        damage.note(fault, in_page=parser.in_page)
    finally:
        stream.close()
    if pages:
        yield slice_()


def pages_of(slice_: PageSlice, damage: Damage | None) -> Iterator[Page]:
    """Yield the slice's pages. `damage` as in `open_pages`."""
    if slice_.pages is not None:
        yield from slice_.pages
        return
    parser = PageParser(slice_.name, inside=True)
    try:
        with Path(slice_.name).open("rb") as file:
            for data in _decompress_range(slice_.name, file, slice_.start, slice_.stop):
                yield from parser.feed(data)
        if slice_.last or parser.in_page:
            parser.close()
    except CutInputError as fault:
        if damage is None:
            raise
        damage.note(fault, in_page=parser.in_page)
