"""Read the pages in a stream of XML, most of them without an XML parser.

Pages in the plain form are matched one by one (`xml_fast_path`), and those of namespaces that are
not wanted are passed over. Any other page is given to `PageParser` on its own. From a page that has
a comment, a CDATA section or another declaration on, all XML is parsed, because such a section may
contain anything, even tags.
"""

import re
from collections.abc import Iterator, Set

from cstool.dumps import bounds
from cstool.dumps.export_elements import ROOT
from cstool.dumps.xml import Page, PageParser, Site
from cstool.dumps.xml_fast_path import plain_page
from cstool.errors import CutInputError

_PAGE_START = re.compile(rb"<page[ \t\r\n>]")
# The beginning of a page at the end of the bytes.
_CUT_START = re.compile(rb"<(?:p(?:a(?:ge?)?)?)?\Z")
_PAGE_END = b"</page>"
_EXPORT_END = re.compile(rb"[ \t\r\n]*</mediawiki>[ \t\r\n]*")
_HEAD_END = re.compile(rb"</siteinfo>[ \t\r\n]*\Z")
_DECLARATIONS = (b"<!", b"<?")
# What makes the inner part of an export differ from one that begins with <mediawiki>.
_UNUSUAL_HEAD = re.compile(
    rb"<!|xmlns:(?!xsi=)|encoding=[\"'](?!utf-8)|standalone=[\"']no", re.IGNORECASE
)
# Bytes. Larger pages are parsed piece by piece.
_LARGEST_BUFFER = 8 << 20
_PIECE = 1 << 20


def page_start(data: bytes) -> tuple[int, bool]:
    """Return the offset of the first page that begins in the bytes, and whether there is one.

    If there is none, the offset is that of an incomplete start tag, or the number of bytes.
    """
    found = _PAGE_START.search(data)
    start = found or _CUT_START.search(data)
    return start.start() if start else len(data), found is not None


def is_usual(head: bytes) -> bool:
    """Return whether the pages behind the beginning of an export mean the same without it."""
    return _UNUSUAL_HEAD.search(head) is None


class XmlPageReader:
    """Incremental reader of the inner part of an export: takes XML, returns pages.

    Returns the same pages as `PageParser`, and raises the same errors; `name` and `largest_text` as
    there. Pages of other `namespaces` than these (None: all are wanted) have only their ids and
    namespace, and characters that XML forbids are not noticed in them. With `seeking`, the XML may
    begin anywhere; it is read from the first page that begins in it. `before`: the part of the
    export that precedes the XML, from its beginning on; messages then give lines.
    """

    def __init__(
        self,
        name: str,
        *,
        largest_text: int = bounds.LARGEST_TEXT,
        namespaces: Set[int] | None = None,
        seeking: bool = False,
        before: bytes = b"",
    ) -> None:
        self.seeking = seeking
        self.ended = False
        self._name = name
        self._largest_text = largest_text
        self._namespaces = namespaces
        self._rest = b""
        self._before = len(before)  # bytes of XML before `_rest`
        self._lines = before.count(b"\n") if before else None
        self._parser: PageParser | None = None  # of all XML that follows, or of a faulty page

    @property
    def in_page(self) -> bool:
        """Whether the XML so far ends inside a page, or has a fault inside one."""
        if self._parser is not None:
            return self._parser.in_page
        return not self.seeking and _PAGE_START.search(self._rest) is not None

    @property
    def between_pages(self) -> bool:
        """Whether the XML up to `finish` ends between pages, and not inside a comment."""
        if self._parser is not None:
            return self._parser.between_pages
        return not self.ended

    @property
    def idle(self) -> bool:
        """Whether no page has begun since the reader has been seeking one."""
        return self.seeking and not self._rest

    def resume(self, *, lost: bool) -> None:
        """Go on at the next page, after an error or behind `lost` bytes."""
        self._parser = None
        self.seeking = True
        if lost:
            self._rest = b""

    def feed(self, data: bytes) -> Iterator[Page]:
        """Yield the pages that these bytes complete.

        Raises errors as `PageParser.feed` does; call `resume` after a CutInputError.
        """
        if self._parser is None:
            self._rest += data
            yield from self._read_rest()
        else:
            yield from _fed(self._parser, data)

    def finish(self) -> Iterator[Page]:
        """Yield the pages that the last bytes complete; no bytes may follow."""
        if self._parser is None and not self.seeking and self._rest.strip():
            self.ended = _EXPORT_END.fullmatch(self._rest) is not None
            if not self.ended:
                yield from self._parse_rest()
        if self._parser is not None:
            yield from self._parser.finish()
            self.ended = self._parser.ended

    def close(self) -> None:
        """Raise CutInputError if the end of the export has not been reached."""
        if not self.ended:
            (self._parser or self._new_parser(0)).close()

    def _read_rest(self) -> Iterator[Page]:
        if self.seeking:
            self._seek()
        if self.seeking:
            return
        data, at = self._rest, 0
        while True:
            found = plain_page(
                data, at, largest_text=self._largest_text, namespaces=self._namespaces
            )
            if found is not None:
                page, at = found
                yield page
                continue
            end = data.find(_PAGE_END, at)
            if end < 0:
                parsing = len(data) - at > _LARGEST_BUFFER
                break
            end += len(_PAGE_END)
            parser = self._new_parser(at)
            pages = self._parse_one(parser, data[at:end])
            if isinstance(pages, CutInputError):
                self._drop(end)
                self._parser = parser
                raise pages
            if pages is None:
                parsing = True
                break
            yield from pages
            at = end
        self._drop(at)
        if parsing:
            yield from self._parse_rest()

    def _seek(self) -> None:
        """Drop the bytes before the first page."""
        start, found = page_start(self._rest)
        self.seeking = not found
        self._drop(start)

    def _drop(self, number: int) -> None:
        if self._lines is not None:
            self._lines += self._rest.count(b"\n", 0, number)
        self._rest = self._rest[number:]
        self._before += number

    def _new_parser(self, at: int) -> PageParser:
        """Return a parser of the XML from this byte of the rest on."""
        lines = self._lines + self._rest.count(b"\n", 0, at) if self._lines is not None else 0
        return PageParser(
            self._name,
            inside=True,
            before=self._before + at,
            lines=lines,
            largest_text=self._largest_text,
        )

    def _parse_one(self, parser: PageParser, xml: bytes) -> list[Page] | CutInputError | None:
        """Return the pages in XML that ends with a page's end tag; None if it needs more XML."""
        if any(declaration in xml for declaration in _DECLARATIONS):
            return None
        try:
            pages = [*_fed(parser, xml), *parser.finish()]
        except CutInputError as fault:
            return fault
        return pages if parser.between_pages and not parser.ended else None

    def _parse_rest(self) -> Iterator[Page]:
        """Parse the rest, and all XML that follows."""
        self._parser = self._new_parser(0)
        rest = self._rest
        self._drop(len(rest))
        yield from _fed(self._parser, rest)


class ExportReader:
    """Incremental reader of a whole export: takes XML, returns pages.

    Returns the same pages as `PageParser`, and raises the same errors; `name` and `largest_text` as
    there. Behind a usual header, pages are read by `XmlPageReader`.
    """

    def __init__(self, name: str, *, largest_text: int = bounds.LARGEST_TEXT) -> None:
        self._name = name
        self._largest_text = largest_text
        self._parser = PageParser(name, largest_text=largest_text)
        self._reader: XmlPageReader | None = None
        self._head: bytes | None = b""  # what precedes the first page; None once that is known

    @property
    def header(self) -> Site:
        """The wiki, as far as the header has been read."""
        return self._parser.header

    @property
    def in_page(self) -> bool:
        """Whether the XML so far ends inside a page, or has a fault inside one."""
        return (self._reader or self._parser).in_page

    def feed(self, data: bytes) -> Iterator[Page]:
        """Yield the pages that these bytes complete. Raises errors as `PageParser.feed` does."""
        if self._head is not None:
            data, self._head = self._head + data, None
            start, found = page_start(data)
            if not found and len(data) <= bounds.LONGEST_TOKEN:
                self._head = data
                return
            if found and is_usual(data[:start]):
                head, data = data[:start], data[start:]
                yield from _fed(self._parser, head)
                if self._inside_root(head):
                    self._reader = XmlPageReader(
                        self._name, largest_text=self._largest_text, before=head
                    )
        yield from (self._reader.feed(data) if self._reader else _fed(self._parser, data))

    def finish(self) -> Iterator[Page]:
        """Yield the pages that the last bytes complete; no bytes may follow."""
        if self._head is not None:
            data, self._head = self._head, None
            yield from _fed(self._parser, data)
        yield from (self._reader or self._parser).finish()

    def close(self) -> None:
        """Raise CutInputError if the end of the export has not been reached."""
        (self._reader or self._parser).close()

    def _inside_root(self, head: bytes) -> bool:
        """Return whether the head ends with its <siteinfo>, as a child of the root."""
        parser = self._parser
        at_end = head.count(b"</siteinfo") == 1 and _HEAD_END.search(head) and parser.site
        return bool(at_end) and parser.root == ROOT and parser.between_pages and not parser.ended


def _fed(parser: PageParser, data: bytes) -> Iterator[Page]:
    """Yield the pages that the bytes complete; they are fed in pieces."""
    for start in range(0, len(data), _PIECE):
        yield from parser.feed(data[start : start + _PIECE])
