"""Parse MediaWiki's page export: a stream of XML to pages.

Schema: https://www.mediawiki.org/xml/export-0.10.xsd and -0.11.xsd. Accepts any white space, order
of attributes and namespace prefix, underscores in titles, deleted or empty texts, and exports that
lack <siteinfo>, <ns> or the id of a revision. Skips slots beside the main one (0.11's <content>)
and all revisions but the last; rejects declarations.
"""

from collections.abc import Iterator
from xml.parsers import expat

import msgspec

from cstool.dumps import bounds
from cstool.dumps.bounds import shown
from cstool.dumps.displayed_titles import with_spaces
from cstool.dumps.export_elements import (
    CUT,
    LARGEST_PAGE_ID,
    LARGEST_REVISION_ID,
    NO_ELEMENTS,
    OF_A_REVISION,
    ROOT,
    is_kept,
    model_of,
    within,
)
from cstool.dumps.site_header import HeaderEscaper
from cstool.errors import CutInputError, InputError

MAIN = 0
# The namespace of a page in an export without <ns>; its title says which it is.
NO_NAMESPACE = -(1 << 20)


class Site(msgspec.Struct, frozen=True):
    """A wiki; `namespaces` has pairs of number and name.

    `case` is "first-letter" or "case-sensitive". In the header of an export, the fields that it
    lacks are empty.
    """

    wiki: str
    language: str
    case: str
    namespaces: tuple[tuple[int, str], ...]


class Page(msgspec.Struct, frozen=True, gc=False):
    """A page of the dump; `text` is None if it was deleted, or is `too_long`.

    `redirect` is the title that a redirect leads to, None for other pages.
    """

    id: int
    namespace: int
    title: str
    revision_id: int
    redirect: str | None
    model: str
    text: str | None
    too_long: bool = False


class PageParser:
    """Incremental parser: takes pieces of XML, returns pages.

    `name` is the input's name in messages. `inside` means that the XML is the inner part of an
    export (bz2 streams after the first), which may end anywhere between pages; `before` bytes and
    `lines` of it (0: unknown) precede the input. `largest_text`: the bytes of a text in UTF-8 (or a
    sixth of those of its XML) that are kept; a page with more is returned without its text, as too
    long.
    """

    def __init__(
        self,
        name: str,
        *,
        inside: bool = False,
        before: int = 0,
        lines: int = 0,
        largest_text: int = bounds.LARGEST_TEXT,
    ) -> None:
        self.site: Site | None = None
        self.ended = False
        self._name = name
        self._largest_text = largest_text
        self._pages: list[Page] = []
        self._path: list[str] = []
        self._elements = 0  # since the last page ended
        self._data: list[str] = []
        self._begun = 0  # byte offset of the element whose text is collected
        self._prefixes: set[str | None] = set()
        self._fields: dict[str, str] = {}
        self._language = ""
        self._namespaces: list[tuple[int, str]] = []
        self._namespace_key = 0
        self.root = ROOT
        self._is_export = inside
        self._escaper = None if inside else HeaderEscaper()
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.buffer_size = 1 << 18
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._declared
        self._parser = parser
        self._fed = 0
        self._tokens = 0  # byte offset of the end of the last token that expat has read
        self._offset = 0
        self._before = before
        self._lines = lines
        self._unclosed = False
        if inside:
            parser.Parse(b"<mediawiki>", False)
            self._fed = len(b"<mediawiki>")
            self._offset = before - self._fed

    def feed(self, data: bytes, *, final: bool = False) -> Iterator[Page]:
        """Yield the pages that these bytes complete.

        Raises InputError if the input is not a MediaWiki export or a limit of `bounds` is exceeded,
        CutInputError if the XML is malformed, after the pages before the fault. Limits are checked
        after each call: give at most a few megabytes at once.
        """
        broken: InputError | None = None
        if self._escaper:
            data = self._escaper.take(data, final=final)
            if self._escaper.done:
                self._offset -= self._escaper.added
                self._escaper = None
        self._fed += len(data)
        try:
            self._parser.Parse(data, final)
        except InputError as error:
            broken = error
        except expat.ExpatError as error:
            broken = self._fault(error)
            broken.__cause__ = error
        pages, self._pages = self._pages, []
        yield from pages
        if broken:
            raise broken
        self._need_bounds()

    def finish(self) -> Iterator[Page]:
        """Yield the pages that the last bytes complete; no bytes may follow.

        Newer versions of expat (2.6) wait for more bytes before they parse a long token again, so
        pages may be left. Raises as `feed` does, but not for a truncated export: `close` reports
        that.
        """
        try:
            yield from self.feed(b"", final=True)
        except CutInputError as fault:
            code = getattr(fault.__cause__, "code", None)
            if code not in CUT:
                raise
            self._unclosed = code != NO_ELEMENTS

    def close(self) -> None:
        """Raise CutInputError if the end has not been reached, InputError for another root."""
        if self.ended:
            return
        self._need_root()
        raise CutInputError(
            f"{self._name}: truncated: the XML ends {self._where()}, without </mediawiki>; "
            "download it again"
        )

    @property
    def header(self) -> Site:
        """The wiki, as far as the header has been read."""
        return self.site or Site(
            self._fields.get("dbname", ""),
            self._language,
            self._fields.get("case", ""),
            tuple(sorted(self._namespaces)),  # content exports have them in no order
        )

    @property
    def in_page(self) -> bool:
        """Whether the XML so far ends inside a page."""
        return len(self._path) > 1 and self._path[1] == "page"

    @property
    def between_pages(self) -> bool:
        """Whether the XML up to `finish` ends between pages, and not inside a comment."""
        return len(self._path) < 2 and not self._unclosed

    def _need_bounds(self) -> None:
        """Raise InputError if an unfinished element or token exceeds a limit."""
        # Newer versions of expat return -1 while they wait for the rest of a token.
        self._tokens = max(self._tokens, self._parser.CurrentByteIndex)
        if self._fed - self._tokens > bounds.LONGEST_TOKEN:
            raise self._too_large("a tag or a comment", bounds.megabytes(bounds.LONGEST_TOKEN))
        if len(self._parser.intern) > bounds.MOST_NAMES:
            raise self._too_large("the number of names of elements", f"{bounds.MOST_NAMES:,}")
        if self._parser.CharacterDataHandler is None:
            return
        if self._is_too_long():
            self._parser.CharacterDataHandler = _discard
            self._data.clear()
        elif len(self._data) > _PIECES:
            self._data[:] = ["".join(self._data)]

    def _is_too_long(self) -> bool:
        """Return whether the collected text is too long; raise InputError for other elements."""
        length = self._parser.CurrentByteIndex - self._begun
        if self._path[-1] == "text":
            largest = self._largest_text
            return length > bounds.XML_BYTES_A_BYTE * largest or sum(map(len, self._data)) > largest
        if length > bounds.LARGEST_VALUE:
            raise self._too_large(f"<{self._path[-1]}>", bounds.megabytes(bounds.LARGEST_VALUE))
        return False

    def _too_large(self, what: str, bound: str) -> InputError:
        byte = max(0, self._parser.CurrentByteIndex + self._offset)
        return InputError(
            f"{self._name}: {what} exceeds {bound} (near byte {byte:,} of the XML, "
            f"{self._where()}); give a pages-articles dump as published by Wikimedia"
        )

    def _fault(self, error: expat.ExpatError) -> InputError:
        what = expat.ErrorString(error.code)
        byte = max(0, self._parser.ErrorByteIndex + self._offset)
        known = self._lines or not self._before
        line = f"line {error.lineno + self._lines:,}, " if known else ""
        where = f"{line}byte {byte:,} of the XML, {self._where()}"
        if self.ended:
            return CutInputError(
                f"{self._name}: unexpected data after </mediawiki> ({what} at {where}); give each "
                "export in a separate file"
            )
        inside = len(self._path) > (0 if error.code in CUT else 1)
        if self.site is None and not inside and not self._offset:
            return InputError(
                f"{self._name}: not a MediaWiki XML export ({what} at {where}); give a "
                "pages-articles dump"
            )
        return CutInputError(f"{self._name}: malformed XML ({what} at {where}); download it again")

    def _where(self) -> str:
        if not self.in_page:
            return "between pages"
        title = self._fields.get("title")
        return f"in page {shown(title)}" if title else "in a page before the end of its title"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        path = self._path
        path.append(name)
        depth = len(path)
        self._elements += 1
        if self._elements > bounds.MOST_ELEMENTS:
            raise self._too_large("the number of elements", f"{bounds.MOST_ELEMENTS:,}")
        if depth > bounds.DEEPEST:
            raise self._too_large("the depth of elements", f"{bounds.DEEPEST}")
        if depth == 1:
            self.root = name
            lang = "http://www.w3.org/XML/1998/namespace lang"
            self._language = self._short(
                "xml:lang", attributes.get(lang, attributes.get("xml:lang", ""))
            )
        elif depth == 2:
            self._need_root(name)
            self._begin(name)
        elif depth == 3 and name == "revision":
            for field in OF_A_REVISION:
                self._fields.pop(field, None)
        elif name == "redirect" and depth == 3:
            target = with_spaces(attributes.get("title", ""))
            self._fields["redirect"] = self._short("<redirect>", target)
        elif name == "text" and depth == 4:
            if "deleted" in attributes:
                self._fields["deleted"] = "deleted"
        elif name == "namespace" and path[1] == "siteinfo":
            self._namespace_key = self._number(attributes.get("key", ""))
            if self._namespace_key == MAIN:
                self._fields.setdefault("case", attributes.get("case", ""))
        if is_kept(path):
            self._begun = self._parser.CurrentByteIndex
            self._data = []
            self._parser.CharacterDataHandler = self._data.append

    def _doctype(self, _: str, system: str | None, public: str | None, declares: int) -> None:
        if system or public or declares:
            raise InputError(
                f"{self._name}: document type with declarations, which a MediaWiki export does not "
                "have; give a pages-articles dump as published by Wikimedia"
            )

    def _declared(self, prefix: str | None, _: str | None) -> None:
        """Count the prefixes of XML namespaces, which expat never frees."""
        self._prefixes.add(prefix)
        if len(self._prefixes) > bounds.MOST_NAMESPACES:
            raise self._too_large("the number of XML prefixes", f"{bounds.MOST_NAMESPACES:,}")

    def _short(self, what: str, value: str) -> str:
        if len(value) > bounds.LARGEST_VALUE:
            raise self._too_large(what, bounds.megabytes(bounds.LARGEST_VALUE))
        return value

    def _need_root(self, child: str = "") -> None:
        """Raise InputError if neither the root nor its first child is that of an export."""
        # Exports of other programs have pages in a root of another name.
        if not self._is_export and self.root != ROOT and child not in ("siteinfo", "page"):
            raise InputError(
                f"{self._name}: not a MediaWiki XML export (the root element is "
                f"<{self.root[:100]}>); give a pages-articles dump"
            )
        self._is_export = True

    def _begin(self, name: str) -> None:
        """Handle the start of a child of the root element."""
        if name == "page":
            self.site = self.header
            self._fields = {}
        elif name == "mediawiki":
            raise InputError(
                f"{self._name}: more than one export in the file; give each export in a separate "
                "file"
            )

    def _number(self, key: str) -> int:
        try:
            return int(key)
        except ValueError as error:
            raise InputError(
                f"{self._name}: namespace key {shown(key)} in <siteinfo> is not a number; "
                "give a pages-articles dump as published by Wikimedia"
            ) from error

    def _end(self, name: str) -> None:
        path = self._path
        if is_kept(path):
            too_long = self._parser.CharacterDataHandler is _discard or self._is_too_long()
            self._parser.CharacterDataHandler = None
            value = "" if too_long else "".join(self._data)
            if too_long or (path[-1] == "text" and bounds.is_larger(value, self._largest_text)):
                self._fields["too long"] = "too long"
            else:
                self._take(value)
            self._data = []
        elif len(path) == 2:
            if path[1] == "page":
                self._pages.append(self._page())
                self._elements = 0
            elif path[1] == "siteinfo":
                self.site = self.header
        elif len(path) == 1:
            self._need_root()
            self.ended = True
        path.pop()

    def _take(self, value: str) -> None:
        path = self._path
        if path[1] == "page":
            key = path[2] if len(path) == 3 else "revision_" + path[3]
            self._fields[key] = value
        elif path[-1] == "namespace":
            if len(self._namespaces) >= bounds.MOST_NAMESPACES:
                raise self._too_large("the number of namespaces", f"{bounds.MOST_NAMESPACES:,}")
            self._namespaces.append((self._namespace_key, with_spaces(value).strip()))
        else:
            self._fields[path[-1]] = value.strip()

    def _page(self) -> Page:
        fields = self._fields
        try:
            title = with_spaces(fields["title"]).strip()
            if not title:
                raise KeyError("title")
            return Page(
                id=within(fields["id"], LARGEST_PAGE_ID),
                namespace=int(fields.get("ns", "").strip() or NO_NAMESPACE),
                title=title,
                revision_id=within(fields.get("revision_id") or "0", LARGEST_REVISION_ID),
                redirect=fields.get("redirect"),
                model=model_of(fields.get("revision_model", "").strip()),
                text=None if "deleted" in fields else fields.get("revision_text"),
                too_long="too long" in fields,
            )
        except (KeyError, ValueError) as error:
            raise InputError(
                f"{self._name}: page {shown(fields.get('title', '?'))} has no valid title, id or "
                f"ns (near byte {self._parser.CurrentByteIndex + self._offset:,} of the XML); "
                "download it again"
            ) from error


# Pieces of a text that are joined, because short strings take many times their length.
_PIECES = 10_000


def _discard(_: str) -> None:
    """Discard text that is not kept."""
