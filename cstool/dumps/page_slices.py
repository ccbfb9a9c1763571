"""A page dump cut into slices, each of which a worker reads on its own.

A multistream dump (bz2, a stream of its own for each hundred pages) is cut at its streams: a
slice is some of them, and each is read on its own, so that a fault costs that stream alone.
Anything else is read by the coordinating process, and a slice holds its pages.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path
from typing import IO

import msgspec
import xxhash

from cstool.dumps import bounds
from cstool.dumps.multistream import (
    LARGEST_STREAM,
    Streams,
    decompressed_range,
    digest_of_range,
    find_streams,
)
from cstool.dumps.streams import STDIN, Stream, need_file
from cstool.dumps.xml import MAIN, Page, PageParser, Site, fingerprint_of, same_wiki
from cstool.dumps.xml_fast_path import plain_pages
from cstool.errors import CstoolError, CutInputError, InputError
from cstool.storage.counts import Counts
from cstool.storage.manifest import FileRead
from cstool.storage.tasks import Task, part_name

# Default sizes of slices: as much text in either.
_BYTES_OF_STREAMS = 2 << 20
_BYTES_OF_TEXT = 8 << 20
_TAPER = 8
# What a page takes without its text and titles.
_HEAD = 100

# So many pages of any kind are looked at for a sample, in a dump that begins with others, and so
# many characters of their texts.
_LOOKED_AT = 5000
_LOOKED_AT_TEXT = 128 << 20


@dataclass(frozen=True)
class PageSlice:
    """Some pages of a dump: `pages` themselves, or bz2 streams of the file.

    `streams` are the bytes where those begin, and the one where the last of them ends; `digests`
    the xxh3 of each. `last` tells that the export's end must come in it.
    """

    name: str
    site: Site
    pages: tuple[Page, ...] | None = None
    streams: tuple[int, ...] = ()
    digests: tuple[int, ...] = ()
    last: bool = False


@dataclass
class Damage:
    """Where inputs were cut or broken, and how many pages were lost in the middle there.

    `streams` counts the bz2 streams that were lost or cut, by the file's name.
    """

    messages: list[str] = field(default_factory=list)
    cut_pages: int = 0
    streams: Counter[str] = field(default_factory=Counter)

    def note(self, fault: CutInputError, *, in_page: bool) -> None:
        """Take down one fault."""
        self.messages.append(str(fault))
        self.cut_pages += in_page

    def count(self, counts: Counts) -> None:
        """Add the damage to the counts: pages that were cut, streams, a line for each fault."""
        counts.tally("pages").drop("cut off in the middle", self.cut_pages)
        counts.add("damaged inputs", dict.fromkeys(self.messages, 1))
        if self.streams:
            counts.add("damaged streams", self.streams)


@dataclass(frozen=True)
class PageDump:
    """The dumps of one run: the wiki, the tasks (one a slice), the bytes to read if known.

    `sample` holds the texts of the first pages, as far as they were asked for. `read`: the files'
    fingerprints, by path, when all tasks have been taken.
    """

    site: Site
    tasks: Iterator[Task[PageSlice]]
    size: int | None
    sample: tuple[str, ...] = ()
    read: dict[str, FileRead] = field(default_factory=dict)


def open_pages(
    paths: Sequence[str], part_size: int | None, damage: Damage | None, *, sample: int = 0
) -> PageDump:
    """Open page dumps of one wiki and cut them into slices of about `part_size` bytes.

    Bytes of the file where it is cut at bz2 streams (by default 2 MB), else of wikitext (8). With
    `damage`, a cut or broken input ends early (a multistream dump loses the rest of that stream
    alone) and is noted there; without, CutInputError is raised at that place, after the slices
    before it. The first articles are read for a `sample` of that many characters of wikitext.
    Raises InputError for what is no dump, or has no pages.
    """
    _same_wikis(paths)
    read: dict[str, FileRead] = {}
    slices = _slices(paths, part_size, damage, read)
    first = next(slices, None)
    if first is None and damage and damage.messages:
        fault = damage.messages[0].rpartition(";")[0] or damage.messages[0]  # without its advice
        raise InputError(f"{fault}; no page stands before that, download it again")
    if first is None:
        raise InputError(f"{', '.join(paths)}: has no pages; give a pages-articles dump")
    known = all(path != STDIN and Path(path).is_file() for path in paths)
    size = sum(Path(path).stat().st_size for path in paths) if known else None
    texts, slices = _sampled(chain([first], slices), sample)
    return PageDump(first[0].site, _tasks(slices), size, texts, read)


def _sampled(
    slices: Iterator[tuple[PageSlice, int]], length: int
) -> tuple[tuple[str, ...], Iterator[tuple[PageSlice, int]]]:
    """Return the first articles' texts, and the slices anew.

    They are the same for any cut into slices; a fault among them is told when its turn comes.
    """
    drawn: list[tuple[PageSlice, int]] = []
    texts: list[str] = []
    seen = passed = found = 0

    def faulty(fault: CstoolError) -> Iterator[tuple[PageSlice, int]]:
        yield from drawn
        raise fault

    while found < length and seen < _LOOKED_AT and passed < _LOOKED_AT_TEXT:
        try:
            item = next(slices, None)
        except CstoolError as fault:
            return tuple(texts), faulty(fault)
        if item is None:
            break
        drawn.append(item)
        for page in _sound_pages(item[0]):
            seen += 1
            passed += len(page.text or "")
            if page.namespace == MAIN and page.redirect is None and page.text:
                texts.append(page.text)
                found += len(page.text)
            if found >= length or seen >= _LOOKED_AT or passed >= _LOOKED_AT_TEXT:
                break
    return tuple(texts), chain(drawn, slices)


def _sound_pages(slice_: PageSlice) -> Iterator[Page]:
    """Yield a slice's pages but for those that are damaged."""
    try:
        yield from pages_of(slice_, Damage())
    except CstoolError:  # told when its turn comes
        return


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


def _tasks(slices: Iterator[tuple[PageSlice, int]]) -> Iterator[Task[PageSlice]]:
    site: Site | None = None
    for index, (slice_, weight) in enumerate(slices):
        site = site or slice_.site
        same_wiki(site, slice_.site, slice_.name)
        yield _task(index, slice_, weight)


def _task(index: int, slice_: PageSlice, weight: int) -> Task[PageSlice]:
    if slice_.pages is None:
        digest = xxhash.xxh3_128_hexdigest(repr(slice_.digests).encode())
        place = f"{slice_.streams[0]}-{slice_.streams[-1]}"
        fingerprint = f"{Path(slice_.name).name}:{place}:{digest}"
    else:
        told = msgspec.json.encode(fingerprint_of(slice_.pages))
        fingerprint = xxhash.xxh3_128_hexdigest(told)
    return Task(part_name(index), slice_, fingerprint, weight)


def _slices(
    paths: Sequence[str], part_size: int | None, damage: Damage | None, read: dict[str, FileRead]
) -> Iterator[tuple[PageSlice, int]]:
    for path in paths:
        streams = find_streams(Path(path)) if path.endswith(".bz2") else None
        if streams:
            read[path] = streams.read
            yield from _stream_slices(path, streams, part_size or _BYTES_OF_STREAMS, damage)
        else:
            yield from _page_slices(path, part_size or _BYTES_OF_TEXT, damage, read)


def _stream_slices(
    path: str, found: Streams, part_size: int, damage: Damage | None
) -> Iterator[tuple[PageSlice, int]]:
    starts = found.starts
    try:
        site = _read_site(path, starts[1])
    except CutInputError as fault:
        if damage is None:
            raise
        damage.note(fault, in_page=False)
        damage.streams[Path(path).name] += len(starts) - 1
        return
    first = 0
    for i in range(2, len(starts)):
        weight = starts[i] - starts[first]
        if weight >= _tapered(part_size, starts[-1] - starts[first]) or i == len(starts) - 1:
            streams, digests = tuple(starts[first : i + 1]), tuple(found.digests[first:i])
            last = i == len(starts) - 1
            yield PageSlice(path, site, None, streams, digests, last), weight
            first = i


def _tapered(part_size: int, left: int) -> int:
    """Return a slice's size: towards the end they grow small, that workers end at one time."""
    return min(part_size, max(left, part_size) // _TAPER)


def _read_site(path: str, stop: int) -> Site:
    """Return the wiki that the first stream of a multistream dump tells of."""
    parser = PageParser(path)
    with Path(path).open("rb") as file:
        for data in decompressed_range(path, file, 0, stop):
            for _ in parser.feed(data):
                pass
            if parser.site:
                break
    return _need_site(parser, path)


def _need_site(parser: PageParser, name: str) -> Site:
    if parser.site is None:
        raise InputError(
            f"{name}: has no <siteinfo>, which names the wiki and its namespaces; give a "
            "pages-articles dump as Wikimedia publishes it"
        )
    return parser.site


def _page_slices(
    path: str, part_size: int, damage: Damage | None, read: dict[str, FileRead]
) -> Iterator[tuple[PageSlice, int]]:
    stream = Stream(path)
    parser = PageParser(stream.name)
    pages: list[Page] = []
    size = heads = told = 0

    def slice_() -> tuple[PageSlice, int]:
        nonlocal pages, size, heads, told
        made = PageSlice(stream.name, _need_site(parser, stream.name), tuple(pages))
        weight = stream.position - told
        pages, size, heads, told = [], 0, 0, stream.position
        return made, weight

    try:
        for data in stream:
            for page in parser.feed(data):
                pages.append(page)
                size += len(page.text or "")
                heads += _HEAD + len(page.title) + len(page.redirect or "")
                if size >= part_size or heads >= bounds.LARGEST_HEADS:
                    yield slice_()
        pages += parser.finish()
        parser.close()
        stream.record(read)
    except CutInputError as fault:
        if damage is None:
            if pages:
                yield slice_()
            raise
        damage.note(fault, in_page=parser.in_page)
        stream.record(read)
    finally:
        stream.close()
    if pages:
        yield slice_()


def pages_of(slice_: PageSlice, damage: Damage | None) -> Iterator[Page]:
    """Yield the slice's pages. `damage` as in `open_pages`."""
    if slice_.pages is not None:
        yield from slice_.pages
        return
    bounded = _bounded(slice_)
    with Path(slice_.name).open("rb", buffering=1 << 18) as file:
        for (start, stop), digest in zip(pairwise(slice_.streams), slice_.digests, strict=True):
            _need_same(slice_.name, file, (start, stop), digest)
            told = f"{slice_.name}, bz2 stream at byte {start:,}" if start else slice_.name
            parser = PageParser(told, inside=start > 0)
            xml = bounded(decompressed_range(slice_.name, file, start, stop))
            last = slice_.last and stop == slice_.streams[-1]
            try:
                if start and not last:
                    plain, xml = _plainly(xml)
                    yield from plain
                for data in xml:
                    yield from parser.feed(data)
                yield from parser.finish()
                if parser.in_page or last:
                    parser.close()
            except CutInputError as fault:
                if damage is None:
                    raise
                damage.note(fault, in_page=parser.in_page)
                damage.streams[Path(slice_.name).name] += 1


def _bounded(slice_: PageSlice) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    """Return what passes on XML of the slice's streams, and raises InputError at too much of it."""
    first, stop = slice_.streams[0], slice_.streams[-1]
    largest = max(bounds.LARGEST_SLICE, bounds.LARGEST_RATIO * (stop - first))
    size = 0

    def passed(xml: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for data in xml:
            size += len(data)
            if size > largest:
                raise InputError(
                    f"{slice_.name}: its bz2 streams from byte {first:,} to {stop:,} hold more "
                    f"than {bounds.megabytes(largest)} of XML; if you trust it, decompress it into "
                    "a pipe: bzip2 -dc FILE | cstool … -"
                )
            yield data

    return passed


def _need_same(name: str, file: IO[bytes], range_: tuple[int, int], digest: int) -> None:
    """Raise InputError when these bytes of a file are others than when it was cut into slices."""
    if digest_of_range(file, *range_) != digest:
        raise InputError(
            f"{name}: was changed while it was read (at byte {range_[0]:,}); run the same command "
            "again when it changes no more: finished parts of what is as it was are kept"
        )


def _plainly(xml: Iterator[bytes]) -> tuple[list[Page], Iterator[bytes]]:
    """Return the pages of a stream if all are in the plain form, and what is left to the parser."""
    drawn: list[bytes] = []
    size = 0

    def faulty(fault: CutInputError) -> Iterator[bytes]:
        yield from drawn
        raise fault

    try:
        for data in xml:
            drawn.append(data)
            size += len(data)
            if size > LARGEST_STREAM:
                return [], chain(drawn, xml)
    except CutInputError as fault:
        return [], faulty(fault)
    pages = plain_pages(b"".join(drawn))
    return ([], iter(drawn)) if pages is None else (pages, iter(()))
