"""Cut page dumps into slices, which workers process independently.

A multistream dump (bz2 with one stream for each hundred pages) is cut between streams: a slice is a
range of streams, each decompressed on its own, so that a fault loses only that stream. Any other
bz2 file of some megabytes is cut between blocks (`block_slices`). All other input is read by the
coordinating process, and a slice contains its pages.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import msgspec
import xxhash

from cstool.dumps import bounds
from cstool.dumps.block_slices import BlockCut, block_slices, find_splittable
from cstool.dumps.export_elements import ROOT
from cstool.dumps.multistream import (
    Streams,
    decompressed_range,
    find_streams,
)
from cstool.dumps.page_limit import PageLimit
from cstool.dumps.page_reader import ExportReader
from cstool.dumps.pages import Damage, PageSlice, pages_of
from cstool.dumps.streams import STDIN, Stream, need_file
from cstool.dumps.xml import MAIN, NO_NAMESPACE, Page, PageParser, Site
from cstool.errors import CstoolError, CutInputError, InputError
from cstool.storage.file_hashes import FileRead
from cstool.storage.tasks import Task, part_name

# Default sizes of slices, in bytes: about the same amount of text, because files cut between
# blocks have all namespaces, and most of their pages are passed over.
_BYTES_OF_STREAMS = 2 << 20
_BYTES_OF_BLOCKS = 8 << 20
_BYTES_OF_TEXT = 8 << 20
# A slice of blocks decodes one block more than it has, so that small ones cost more.
_FEWEST_BYTES_OF_BLOCKS = 2 << 20
_TAPER = 8
# Bytes that a page takes in memory without its text and titles.
_HEAD = 100

# Limits on the pages, and the characters of their texts, that are read to find a sample of
# articles.
_MOST_PAGES = 5000
_MOST_CHARACTERS = 128 << 20


def as_named(header: Site, name: str) -> Site:
    """Return the wiki that the header of an export names; the default of `open_pages`."""
    del name
    return header


@dataclass(frozen=True)
class _Cut:
    """How dumps are cut into slices; the arguments of `open_pages`.

    `headers`: what the header of each file says of its wiki, by name.
    """

    part_size: int | None
    damage: Damage | None
    largest_text: int
    namespaces: frozenset[int] | None
    site_of: Callable[[Site, str], Site] = as_named
    limit: PageLimit | None = None
    headers: dict[str, Site] = field(default_factory=dict)

    def site(self, header: Site, name: str) -> Site:
        """Return the wiki of a file from its header."""
        self.headers[name] = header
        return self.site_of(header, name)

    @property
    def blocks(self) -> BlockCut:
        """How files are cut between blocks."""
        size = self.part_size or _BYTES_OF_BLOCKS
        smallest = min(size, _FEWEST_BYTES_OF_BLOCKS)
        return BlockCut(size, smallest, self.largest_text, self.namespaces)


@dataclass(frozen=True)
class PageDump:
    """The dumps of one run: the wiki, the tasks (one per slice), the bytes to read if known.

    `sample`: texts of the first articles, as many as were requested. `read`: the files'
    fingerprints by path; complete once all tasks have been taken. `header`: what the first file
    says of the wiki.
    """

    site: Site
    tasks: Iterator[Task[PageSlice]]
    size: int | None
    sample: tuple[str, ...] = ()
    read: dict[str, FileRead] = field(default_factory=dict)
    header: Site | None = None


def open_pages(
    paths: Sequence[str],
    part_size: int | None,
    damage: Damage | None,
    *,
    sample: int = 0,
    largest_text: int = bounds.LARGEST_TEXT,
    namespaces: frozenset[int] | None = None,
    site_of: Callable[[Site, str], Site] = as_named,
    limit: PageLimit | None = None,
) -> PageDump:
    """Open page dumps of one wiki and cut them into slices of about `part_size` bytes.

    `part_size` is measured in bytes of the file where it is cut between bz2 streams (default 2 MB)
    or blocks (8 MB), else in characters of wikitext (default 8 MB). `sample`: number of characters
    of wikitext to return from the first articles. `largest_text`: as for `PageParser`.
    `namespaces`: those whose pages are needed (None: all); other pages may have only ids and a
    namespace. `site_of` returns the wiki of a file from what its header says and the file's name,
    or raises InputError. `limit`: read the dumps up to this limit only, in this process; `read` has
    no files that are read partly. With `damage`, a truncated or damaged input ends early (a file
    cut between streams or blocks loses only the rest of that stream, or those blocks), and the
    fault is recorded there; without it, CutInputError is raised after the slices before the fault.
    Raises InputError if a file is not a page dump or has no pages.
    """
    _same_wikis(paths)
    read: dict[str, FileRead] = {}
    cut = _Cut(part_size, damage, largest_text, namespaces, site_of, limit)
    slices = _slices(paths, cut, read)
    first = next(slices, None)
    if first is None and damage and damage.messages:
        fault = damage.messages[0].rpartition(";")[0] or damage.messages[0]  # without its advice
        raise InputError(f"{fault}; no page precedes the fault: download it again")
    if first is None:
        raise InputError(f"{', '.join(paths)}: no pages found; give a pages-articles dump")
    known = limit is None and all(path != STDIN and Path(path).is_file() for path in paths)
    size = sum(Path(path).stat().st_size for path in paths) if known else None
    texts, slices = _sampled(chain([first], slices), sample)
    header = next(iter(cut.headers.values()))
    return PageDump(first[0].site, _tasks(slices), size, texts, read, header)


def _sampled(
    slices: Iterator[tuple[PageSlice, int]], length: int
) -> tuple[tuple[str, ...], Iterator[tuple[PageSlice, int]]]:
    """Return the first articles' texts, and an iterator over all slices, including those read.

    The texts do not depend on the cut into slices; a fault among them is raised at its slice.
    """
    drawn: list[tuple[PageSlice, int]] = []
    texts: list[str] = []
    pages = characters = sampled = 0

    def faulty(fault: CstoolError) -> Iterator[tuple[PageSlice, int]]:
        yield from drawn
        raise fault

    while sampled < length and pages < _MOST_PAGES and characters < _MOST_CHARACTERS:
        try:
            item = next(slices, None)
        except CstoolError as fault:
            return tuple(texts), faulty(fault)
        if item is None:
            break
        drawn.append(item)
        for page in _readable_pages(item[0]):
            pages += 1
            characters += len(page.text or "")
            if page.namespace in (MAIN, NO_NAMESPACE) and page.redirect is None and page.text:
                texts.append(page.text)
                sampled += len(page.text)
            if sampled >= length or pages >= _MOST_PAGES or characters >= _MOST_CHARACTERS:
                break
    return tuple(texts), chain(drawn, slices)


def _readable_pages(slice_: PageSlice) -> Iterator[Page]:
    """Yield a slice's pages up to the first fault."""
    try:
        yield from pages_of(slice_, Damage())
    except CstoolError:  # raised again when the slice is processed
        return


def _same_wikis(paths: Sequence[str]) -> None:
    """Raise InputError before the work starts if the files' headers name different wikis."""
    first: Site | None = None
    for path in paths:
        if path == STDIN or not need_file(path).is_file() or len(paths) < 2:
            continue
        site = _peek(path)
        if first and site:
            same_wiki(first, site, path)
        first = first or site


def same_wiki(first: Site, other: Site, name: str) -> None:
    """Raise InputError if two dumps of one run are of different wikis."""
    if first.wiki and other.wiki and first.wiki != other.wiki:
        raise InputError(
            f"{name}: dump of {other.wiki}, but the dumps before are of {first.wiki}; give the "
            f"files of one wiki, such as {name[: name.rfind('/') + 1]}{first.wiki}-*.xml*, and run "
            "the stage once for each wiki"
        )


def _peek(path: str) -> Site | None:
    """Return the wiki that a file's header names; None if the header is damaged."""
    stream = Stream(path)
    parser = PageParser(stream.name)
    try:
        for data in stream:
            for _ in parser.feed(data):
                pass
            if parser.site:
                break
    except CutInputError:  # raised again when the file is processed
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
        offsets = slice_.streams or slice_.blocks
        range_ = f"{offsets[0]}-{offsets[-1]}"
        fingerprint = f"{Path(slice_.name).name}:{range_}:{digest}"
    else:
        content = msgspec.json.encode(fingerprint_of(slice_.pages))
        fingerprint = xxhash.xxh3_128_hexdigest(content)
    return Task(part_name(index), slice_, fingerprint, weight)


def _slices(
    paths: Sequence[str], cut: _Cut, read: dict[str, FileRead]
) -> Iterator[tuple[PageSlice, int]]:
    for path in paths:
        if cut.limit:
            yield from _page_slices(path, cut, read)
            if cut.limit.reached:
                return
            continue
        streams = find_streams(Path(path)) if path.endswith(".bz2") else None
        if streams:
            yield from _stream_slices(path, streams, cut, read)
        elif path.endswith(".bz2") and (blocks := find_splittable(path)):
            site = cut.site(blocks.header, path)
            yield from block_slices(path, site, cut.blocks, read, taper=path == paths[-1])
        else:
            yield from _page_slices(path, cut, read)


def _stream_slices(
    path: str, found: Streams, cut: _Cut, read: dict[str, FileRead]
) -> Iterator[tuple[PageSlice, int]]:
    starts = found.starts
    part_size, damage = cut.part_size or _BYTES_OF_STREAMS, cut.damage
    read[path] = found.read
    try:
        head = _read_head(path, starts[1])
    except CutInputError as fault:
        if damage is None:
            raise
        damage.note(fault, in_page=False)
        damage.streams[Path(path).name] += len(starts) - 1
        return
    if head.root != ROOT:  # which the last stream ends
        yield from _page_slices(path, cut, read)
        return
    site = cut.site(head.header, path)
    first = 0
    for i in range(2, len(starts)):
        weight = starts[i] - starts[first]
        if weight >= _tapered(part_size, starts[-1] - starts[first]) or i == len(starts) - 1:
            streams, digests = tuple(starts[first : i + 1]), tuple(found.digests[first:i])
            slice_ = PageSlice(
                path,
                site,
                streams=streams,
                digests=digests,
                last=i == len(starts) - 1,
                largest_text=cut.largest_text,
                namespaces=cut.namespaces,
            )
            yield slice_, weight
            first = i


def _tapered(part_size: int, left: int) -> int:
    """Return a slice's size, which shrinks towards the end so that workers finish together."""
    return min(part_size, max(left, part_size) // _TAPER)


def _read_head(path: str, stop: int) -> PageParser:
    """Return the parser of the first stream of a multistream dump, which names the wiki."""
    parser = PageParser(path)
    with Path(path).open("rb") as file:
        for data in decompressed_range(path, file, 0, stop):
            for _ in parser.feed(data):
                pass
            if parser.site:
                break
    return parser


def _page_slices(
    path: str, cut: _Cut, read: dict[str, FileRead]
) -> Iterator[tuple[PageSlice, int]]:
    part_size, damage = cut.part_size or _BYTES_OF_TEXT, cut.damage
    stream = Stream(path)
    parser = ExportReader(stream.name, largest_text=cut.largest_text)
    pages: list[Page] = []
    size = heads = counted = 0

    def slice_() -> tuple[PageSlice, int]:
        nonlocal pages, size, heads, counted
        finished = PageSlice(stream.name, cut.site(parser.header, stream.name), tuple(pages))
        weight = stream.position - counted
        pages, size, heads, counted = [], 0, 0, stream.position
        return finished, weight

    def parsed() -> Generator[Page]:
        for data in stream:
            yield from parser.feed(data)
        yield from parser.finish()
        parser.close()
        stream.record(read)

    all_pages = parsed()
    first = (
        cut.limit.first(all_pages, lambda: cut.site(parser.header, stream.name))
        if cut.limit
        else None
    )
    try:
        for page in first or all_pages:
            pages.append(page)
            size += len(page.text or "")
            heads += _HEAD + len(page.title) + len(page.redirect or "")
            if size >= part_size or heads >= bounds.LARGEST_HEADS:
                yield slice_()
    except CutInputError as fault:
        if damage is None:
            if pages:
                yield slice_()
            raise
        damage.note(fault, in_page=parser.in_page)
        stream.record(read)
    finally:
        all_pages.close()
        stream.close()
    if pages:
        yield slice_()


def fingerprint_of(pages: Iterable[Page]) -> list[tuple[int, int, int]]:
    """Return what identifies the pages: page id, revision id, and the xxh3 of the contents."""
    return [(page.id, page.revision_id, _digest(page)) for page in pages]


def _digest(page: Page) -> int:
    head = f"{page.namespace}\0{page.title}\0{page.redirect}\0{page.model}\0"
    text = "\1" if page.too_long else "\0" if page.text is None else page.text
    return xxhash.xxh3_64_intdigest((head + text).encode(errors="surrogatepass"))
