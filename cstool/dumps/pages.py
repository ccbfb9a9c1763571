"""Read the pages of a slice of a page dump.

A slice of a multistream dump is a range of bz2 streams, each decompressed on its own, so that a
fault loses only that stream. A slice of any other dump contains its pages.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path
from typing import IO

from cstool.dumps import bounds
from cstool.dumps.multistream import LARGEST_STREAM, decompressed_range
from cstool.dumps.xml import Page, PageParser, Site
from cstool.dumps.xml_fast_path import plain_pages
from cstool.errors import CutInputError, InputError
from cstool.storage.checksums import hash_range
from cstool.storage.counts import Counts


@dataclass(frozen=True)
class PageSlice:
    """A slice of a page dump: the `pages` themselves, or a range of bz2 streams of the file.

    `streams`: the byte offsets where the streams begin, then the one where the last of them ends;
    `digests`: the xxh3 of each. `last`: whether the slice must contain the end of the export.
    `largest_text`: bytes of a page's text that are kept (`PageParser`).
    """

    name: str
    site: Site
    pages: tuple[Page, ...] | None = None
    streams: tuple[int, ...] = ()
    digests: tuple[int, ...] = ()
    last: bool = False
    largest_text: int = bounds.LARGEST_TEXT


@dataclass
class Damage:
    """Where inputs were truncated or damaged, and how many pages were cut in the middle.

    `streams`: the number of bz2 streams that were lost or cut, by file name.
    """

    messages: list[str] = field(default_factory=list)
    cut_pages: int = 0
    streams: Counter[str] = field(default_factory=Counter)

    def note(self, fault: CutInputError, *, in_page: bool) -> None:
        """Record one fault."""
        self.messages.append(str(fault))
        self.cut_pages += in_page

    def count(self, counts: Counts) -> None:
        """Add to the counts: pages cut in the middle, damaged streams, and each fault's message."""
        counts.tally("pages").drop("cut off in the middle", self.cut_pages)
        counts.add("damaged inputs", dict.fromkeys(self.messages, 1))
        if self.streams:
            counts.add("damaged streams", self.streams)


def pages_of(slice_: PageSlice, damage: Damage | None) -> Iterator[Page]:
    """Yield the slice's pages. `damage` and errors as in `open_pages` (page_slices)."""
    if slice_.pages is not None:
        yield from slice_.pages
        return
    bounded = _bounded(slice_)
    with Path(slice_.name).open("rb", buffering=1 << 18) as file:
        for (start, stop), digest in zip(pairwise(slice_.streams), slice_.digests, strict=True):
            _need_same(slice_.name, file, (start, stop), digest)
            name = f"{slice_.name}, bz2 stream at byte {start:,}" if start else slice_.name
            parser = PageParser(name, inside=start > 0, largest_text=slice_.largest_text)
            xml = bounded(decompressed_range(slice_.name, file, start, stop))
            last = slice_.last and stop == slice_.streams[-1]
            try:
                if start and not last:
                    plain, xml = _try_fast_path(xml, slice_.largest_text)
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
    """Return a filter that raises InputError if the slice's streams expand to too much XML."""
    first, stop = slice_.streams[0], slice_.streams[-1]
    largest = max(bounds.LARGEST_SLICE, bounds.LARGEST_RATIO * (stop - first))
    size = 0

    def passed(xml: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for data in xml:
            size += len(data)
            if size > largest:
                raise InputError(
                    f"{slice_.name}: the bz2 streams from byte {first:,} to {stop:,} expand to "
                    f"more than {bounds.megabytes(largest)} of XML; if you trust the file, "
                    "decompress it into a pipe: bzip2 -dc FILE | cstool … -"
                )
            yield data

    return passed


def _need_same(name: str, file: IO[bytes], range_: tuple[int, int], digest: int) -> None:
    """Raise InputError if these bytes of the file have changed since it was cut into slices."""
    if hash_range(file, *range_).intdigest() != digest:
        raise InputError(
            f"{name}: changed while it was read (at byte {range_[0]:,}); run the same command "
            "again once it no longer changes: finished parts of unchanged slices are kept"
        )


def _try_fast_path(xml: Iterator[bytes], largest_text: int) -> tuple[list[Page], Iterator[bytes]]:
    """Return the pages if all are in the plain form, else none; and the XML left to parse."""
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
    pages = plain_pages(b"".join(drawn), largest_text)
    return ([], iter(drawn)) if pages is None else (pages, iter(()))
