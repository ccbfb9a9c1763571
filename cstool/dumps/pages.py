"""Read the pages of a slice of a page dump.

A slice of a multistream dump is a range of bz2 streams, each decompressed on its own, so that a
fault loses only that stream. A slice of another bz2 file is a range of bz2 blocks: it has the pages
that begin in them, and is read beyond its end until the last of these pages is complete. A slice of
any other dump contains its pages.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO

from cstool.dumps import bounds
from cstool.dumps.bzip2_blocks import BlockReader, StreamSoFar, WrongChecksumError
from cstool.dumps.multistream import decompressed_range
from cstool.dumps.page_reader import XmlPageReader, page_start
from cstool.dumps.xml import Page, PageParser, Site
from cstool.errors import CutInputError, InputError
from cstool.storage.checksums import hash_range
from cstool.storage.counts import Counts


@dataclass(frozen=True)
class PageSlice:
    """A slice of a page dump: the `pages`, or a range of bz2 streams or bz2 blocks of the file.

    `streams`: the byte offsets where the streams begin, then the one where the last of them ends;
    `digests`: the xxh3 of each. `last`: whether the slice must contain the end of the export.
    `blocks`: the bit offsets where bz2 blocks may begin, then the end of the range; `digests`: the
    xxh3 of its bytes, and that of the bytes of the next range, if there is one; `stream`: the bz2
    stream in which the range begins.
    `largest_text`: bytes of a page's text that are kept (`PageParser`). `namespaces`: those whose
    pages are read (None: all); of other pages, only the ids and the namespace are.
    """

    name: str
    site: Site
    pages: tuple[Page, ...] | None = None
    streams: tuple[int, ...] = ()
    digests: tuple[int, ...] = ()
    last: bool = False
    largest_text: int = bounds.LARGEST_TEXT
    blocks: tuple[int, ...] = ()
    stream: StreamSoFar | None = None
    namespaces: frozenset[int] | None = None

    @property
    def block_bytes(self) -> tuple[int, int]:
        """The byte offsets of the range of blocks: the first byte, and the one behind the last."""
        return self.blocks[0] // 8, self.blocks[-1] // 8

    def reader(self, name: str, *, seeking: bool = False) -> XmlPageReader:
        """Return a reader of the slice's pages; `name` and `seeking` as there."""
        return XmlPageReader(
            name,
            largest_text=self.largest_text,
            namespaces=self.namespaces,
            seeking=seeking,
        )


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
    elif slice_.blocks:
        yield from _pages_of_blocks(slice_, damage)
    else:
        yield from _pages_of_streams(slice_, damage)


def _pages_of_streams(slice_: PageSlice, damage: Damage | None) -> Iterator[Page]:
    bounded = _bounded(slice_)
    with Path(slice_.name).open("rb", buffering=1 << 18) as file:
        for (start, stop), digest in zip(pairwise(slice_.streams), slice_.digests, strict=True):
            _need_same(slice_.name, file, (start, stop), digest)
            name = f"{slice_.name}, bz2 stream at byte {start:,}" if start else slice_.name
            reader: PageParser | XmlPageReader
            if start:
                reader = slice_.reader(name)
            else:
                reader = PageParser(name, largest_text=slice_.largest_text)
            try:
                for data in bounded(decompressed_range(slice_.name, file, start, stop)):
                    yield from reader.feed(data)
                yield from reader.finish()
                if reader.in_page or (slice_.last and stop == slice_.streams[-1]):
                    reader.close()
            except CutInputError as fault:
                if damage is None:
                    raise
                damage.note(fault, in_page=reader.in_page)
                damage.streams[Path(slice_.name).name] += 1


def _pages_of_blocks(slice_: PageSlice, damage: Damage | None) -> Iterator[Page]:
    (first, last), stop = slice_.block_bytes, slice_.blocks[-1]
    reader = slice_.reader(f"{slice_.name}, bz2 block at byte {first:,}", seeking=True)
    held = b""  # at the end of a block behind the range: what may be the beginning of a page
    with Path(slice_.name).open("rb", buffering=0) as file:
        _need_same(slice_.name, file, (first, last), slice_.digests[0])
        size = os.fstat(file.fileno()).st_size
        blocks = BlockReader(slice_.name, file, size)
        stream = slice_.stream or StreamSoFar(slice_.blocks[0])
        for offset, found in blocks.read(slice_.blocks, stream):
            inside = offset < stop
            if reader.idle and not inside:
                return
            if isinstance(found, CutInputError):
                if damage is None:
                    raise found
                # The range in which the damaged block begins has the message.
                if not inside:
                    damage.cut_pages += reader.in_page
                    return
                lost = not isinstance(found, WrongChecksumError)
                damage.note(found, in_page=lost and reader.in_page)
                if lost:
                    reader.resume(lost=True)
            elif inside:
                yield from _fed(reader, found, damage)
            else:
                data = held + found
                start, is_page = page_start(data)
                yield from _fed(reader, data[:start], damage)
                held = data[start:]
                if is_page:
                    yield from _finished(reader, damage)
                    if not reader.between_pages:
                        raise _nested(slice_)
                    return
    if not reader.idle:
        yield from _fed(reader, held, damage)
        yield from _finished(reader, damage, at_end=True)


def _nested(slice_: PageSlice) -> InputError:
    return InputError(
        f"{slice_.name}: a <page> tag in a page or in a comment (after byte "
        f"{slice_.block_bytes[1]:,}), where another process begins; decompress the file into a "
        "pipe, which one process reads: bzip2 -dc FILE | cstool … -"
    )


def _finished(
    reader: XmlPageReader, damage: Damage | None, *, at_end: bool = False
) -> Iterator[Page]:
    """Yield the last pages. `at_end`: the end of the export must have been reached."""
    try:
        yield from reader.finish()
        if at_end:
            reader.close()
    except CutInputError as fault:
        if damage is None:
            raise
        damage.note(fault, in_page=reader.in_page)
        reader.resume(lost=True)


def _fed(reader: XmlPageReader, data: bytes, damage: Damage | None) -> Iterator[Page]:
    """Yield the pages that the bytes complete, without faulty ones if `damage` is given."""
    while True:
        try:
            yield from reader.feed(data)
            return
        except CutInputError as fault:
            if damage is None:
                raise
            damage.note(fault, in_page=reader.in_page)
            reader.resume(lost=False)
            data = b""


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
