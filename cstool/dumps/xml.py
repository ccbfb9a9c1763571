"""MediaWiki's page export: XML to pages, in a stream.

Schema: https://www.mediawiki.org/xml/export-0.10.xsd and -0.11.xsd. Any white space, any order
of attributes, any namespace prefix; text that is deleted or empty; slots beside the main one
(0.11's <content>) are passed over; of several revisions the last one in the file counts.
No export has a document type: one that declares anything (entities that grow without end,
attributes, another file) is refused.
"""

from collections.abc import Iterable, Iterator
from xml.parsers import expat

import msgspec
import xxhash

from cstool.dumps import bounds
from cstool.dumps.bounds import shown
from cstool.errors import CutInputError, InputError

MAIN = 0

# The largest numbers that the tables hold (parts.schemas): UInt32 and Int64.
_LARGEST_PAGE_ID = (1 << 32) - 1
_LARGEST_REVISION_ID = (1 << 63) - 1


class Site(msgspec.Struct, frozen=True):
    """What <siteinfo> tells of a wiki: its namespaces by number and name, and so on.

    `case` is "first-letter" or "case-sensitive".
    """

    wiki: str
    language: str
    case: str
    namespaces: tuple[tuple[int, str], ...]


class Page(msgspec.Struct, frozen=True, gc=False):
    """A page as the dump has it; `text` is None where it was deleted, or is `too_long`.

    (That is, longer than bounds.LONGEST_TEXT or LARGEST_TEXT.)
    `redirect` is the title that <redirect> names, None for other pages.
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
    """Takes pieces of XML, gives pages.

    `name` is the input's, for messages. `inside` tells that the XML is the inner part of an
    export (bz2 streams after the first): it may end anywhere between pages.
    """

    def __init__(self, name: str, *, inside: bool = False) -> None:
        self.site: Site | None = None
        self.ended = False
        self._name = name
        self._pages: list[Page] = []
        self._path: list[str] = []
        self._elements = 0  # since the last page ended
        self._data: list[str] = []
        self._begun = 0  # where the element begins whose text is collected
        self._prefixes: set[str | None] = set()
        self._fields: dict[str, str] = {}
        self._language = ""
        self._namespaces: list[tuple[int, str]] = []
        self._namespace_key = 0
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.buffer_size = 1 << 18
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._declared
        self._parser = parser
        self._fed = 0
        self._tokens = 0  # the byte where those end that expat has read
        self._offset = 0
        if inside:
            parser.Parse(b"<mediawiki>", False)
            self._fed = len(b"<mediawiki>")
            self._offset = -self._fed

    def feed(self, data: bytes, *, final: bool = False) -> Iterator[Page]:
        """Yield the pages that these bytes complete.

        Raises InputError when it is no MediaWiki export, or has something in it that is too
        large, CutInputError when the XML is broken, after the pages that stand before that place.
        The bounds are looked at after each call: give a few megabytes at once at most.
        """
        broken: expat.ExpatError | None = None
        self._fed += len(data)
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            broken = error
        pages, self._pages = self._pages, []
        yield from pages
        if broken:
            raise self._fault(broken) from broken
        self._need_bounds()

    def finish(self) -> Iterator[Page]:
        """Yield the pages that the last bytes complete; no bytes may follow.

        Newer versions of expat (2.6) wait for more bytes before they look at a long token again:
        what they hold back comes here. Raises as `feed` does; a cut is told by `close`.
        """
        try:
            yield from self.feed(b"", final=True)
        except CutInputError as fault:
            code = getattr(fault.__cause__, "code", None)
            if code not in _CUT:
                raise

    def close(self) -> None:
        """Check that the export has come to its end. Raises CutInputError if it has not."""
        if self.ended:
            return
        raise CutInputError(
            f"{self._name}: the XML ends {self._where()}, without </mediawiki>: it is cut off; "
            "download it again, or keep what is there with --keep-going"
        )

    @property
    def in_page(self) -> bool:
        """Whether the XML so far ends inside a page."""
        return len(self._path) > 1 and self._path[1] == "page"

    def _need_bounds(self) -> None:
        """Raise InputError when what is kept of unfinished parts grows too large."""
        # Newer versions of expat give -1 while they wait for more of a token.
        self._tokens = max(self._tokens, self._parser.CurrentByteIndex)
        if self._fed - self._tokens > bounds.LONGEST_TOKEN:
            raise self._too_large("a tag or a comment", bounds.megabytes(bounds.LONGEST_TOKEN))
        if len(self._parser.intern) > bounds.MOST_NAMES:
            raise self._too_large("the number of names of elements", f"{bounds.MOST_NAMES:,}")
        if self._parser.CharacterDataHandler is None:
            return
        if self._is_too_long():
            self._parser.CharacterDataHandler = _pass_over
            self._data.clear()
        elif len(self._data) > _PIECES:
            self._data[:] = ["".join(self._data)]

    def _is_too_long(self) -> bool:
        """Whether the element whose text is collected is too long. Raises InputError."""
        length = self._parser.CurrentByteIndex - self._begun
        if self._path[-1] == "text":
            return length > bounds.LARGEST_TEXT or sum(map(len, self._data)) > bounds.LONGEST_TEXT
        if length > bounds.LARGEST_VALUE:
            raise self._too_large(f"<{self._path[-1]}>", bounds.megabytes(bounds.LARGEST_VALUE))
        return False

    def _too_large(self, what: str, bound: str) -> InputError:
        byte = max(0, self._parser.CurrentByteIndex + self._offset)
        return InputError(
            f"{self._name}: {what} exceeds {bound} (near byte {byte:,} of its XML, "
            f"{self._where()}); give a pages-articles dump as Wikimedia publishes it"
        )

    def _fault(self, error: expat.ExpatError) -> InputError:
        what = expat.ErrorString(error.code)
        byte = max(0, self._parser.ErrorByteIndex + self._offset)
        place = f"line {error.lineno:,}, byte {byte:,} of its XML, {self._where()}"
        if self.ended:
            return CutInputError(
                f"{self._name}: something stands behind </mediawiki> ({what} at {place}); give "
                "each export in a file of its own, or keep this one with --keep-going"
            )
        if self.site is None and len(self._path) < 2 and not self._offset:
            return InputError(
                f"{self._name}: is no MediaWiki export ({what} at {place}); give a "
                "pages-articles dump"
            )
        return CutInputError(
            f"{self._name}: the XML is broken ({what} at {place}); download it again, "
            "or keep what stands before with --keep-going"
        )

    def _where(self) -> str:
        if not self.in_page:
            return "between pages"
        return f"in the page {shown(self._fields.get('title', ''))}"

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
            if name != "mediawiki":
                raise InputError(
                    f"{self._name}: is no MediaWiki export (its root is <{name[:100]}>); give a "
                    "pages-articles dump"
                )
            lang = "http://www.w3.org/XML/1998/namespace lang"
            self._language = self._short(
                "xml:lang", attributes.get(lang, attributes.get("xml:lang", ""))
            )
        elif depth == 2:
            self._begin(name)
        elif depth == 3 and name == "revision":
            for field in _OF_A_REVISION:
                self._fields.pop(field, None)
        elif name == "redirect" and depth == 3:
            self._fields["redirect"] = self._short("<redirect>", attributes.get("title", ""))
        elif name == "text" and depth == 4:
            if "deleted" in attributes:
                self._fields["deleted"] = "deleted"
        elif name == "namespace" and path[1] == "siteinfo":
            self._namespace_key = self._number(attributes.get("key", ""))
        if _wanted(path):
            self._begun = self._parser.CurrentByteIndex
            self._data = []
            self._parser.CharacterDataHandler = self._data.append

    def _doctype(self, _: str, system: str | None, public: str | None, declares: int) -> None:
        if system or public or declares:
            raise InputError(
                f"{self._name}: has a document type with declarations, which no MediaWiki export "
                "has; give a pages-articles dump as Wikimedia publishes it"
            )

    def _declared(self, prefix: str | None, _: str | None) -> None:
        """Take down a prefix of an XML namespace, which expat keeps for good."""
        self._prefixes.add(prefix)
        if len(self._prefixes) > bounds.MOST_NAMESPACES:
            raise self._too_large("the number of prefixes", f"{bounds.MOST_NAMESPACES:,}")

    def _short(self, what: str, value: str) -> str:
        if len(value) > bounds.LARGEST_VALUE:
            raise self._too_large(what, bounds.megabytes(bounds.LARGEST_VALUE))
        return value

    def _begin(self, name: str) -> None:
        """Begin a child of the root."""
        if name == "page":
            self._fields = {}
        elif name == "mediawiki":
            raise InputError(
                f"{self._name}: holds several exports, one after another; give each in a file "
                "of its own"
            )

    def _number(self, key: str) -> int:
        try:
            return int(key)
        except ValueError as error:
            raise InputError(
                f"{self._name}: <siteinfo> has a namespace with the key {shown(key)}, no number; "
                "give a pages-articles dump as Wikimedia publishes it"
            ) from error

    def _end(self, name: str) -> None:
        path = self._path
        if _wanted(path):
            too_long = self._parser.CharacterDataHandler is _pass_over or self._is_too_long()
            self._parser.CharacterDataHandler = None
            if too_long:
                self._fields["too long"] = "too long"
            else:
                self._take("".join(self._data))
            self._data = []
        elif len(path) == 2:
            if path[1] == "page":
                self._pages.append(self._page())
                self._elements = 0
            elif path[1] == "siteinfo":
                self.site = self._site()
        elif len(path) == 1:
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
            self._namespaces.append((self._namespace_key, value.strip()))
        else:
            self._fields[path[-1]] = value.strip()

    def _site(self) -> Site:
        wiki = self._fields.get("dbname", "")
        language = self._language
        if not wiki or not language:
            missing = "dbname" if not wiki else "xml:lang"
            raise InputError(
                f"{self._name}: <siteinfo> names no {missing}; give a dump of export schema 0.10 "
                "or newer"
            )
        case = self._fields.get("case", "first-letter")
        return Site(wiki, language, case, tuple(self._namespaces))

    def _page(self) -> Page:
        fields = self._fields
        try:
            title = fields["title"].strip()
            if not title:
                raise KeyError("title")
            return Page(
                id=_within(fields["id"], _LARGEST_PAGE_ID),
                namespace=int(fields.get("ns", "0")),
                title=title,
                revision_id=_within(fields.get("revision_id", "0"), _LARGEST_REVISION_ID),
                redirect=fields.get("redirect"),
                model=fields.get("revision_model", "wikitext").strip(),
                text=None if "deleted" in fields else fields.get("revision_text"),
                too_long="too long" in fields,
            )
        except (KeyError, ValueError) as error:
            raise InputError(
                f"{self._name}: the page {shown(fields.get('title', '?'))} near byte "
                f"{self._parser.CurrentByteIndex + self._offset:,} has no sound title, id or ns"
            ) from error


# expat's numbers for what is wrong (xml.parsers.expat.errors has them by their words).
_CUT = frozenset(
    expat.errors.codes[words]
    for words in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)

_SITE_FIELDS = frozenset({"dbname", "case"})
_PAGE_FIELDS = frozenset({"title", "ns", "id"})
_REVISION_FIELDS = frozenset({"id", "model", "text"})
_OF_A_REVISION = ("revision_id", "revision_model", "revision_text", "deleted", "too long")
# Of a text: so many are joined, since short ones take many times their length.
_PIECES = 10_000


def _pass_over(_: str) -> None:
    """Take text that is not kept."""


def _within(digits: str, largest: int) -> int:
    """Return a number of an element. Raises ValueError when it is none, or out of range."""
    number = int(digits)
    if not 0 <= number <= largest:
        raise ValueError(digits)
    return number


def _wanted(path: list[str]) -> bool:
    """Whether the element at the end of the path is one whose text is kept."""
    depth = len(path)
    if depth == 3:
        if path[1] == "page":
            return path[2] in _PAGE_FIELDS
        return path[1] == "siteinfo" and path[2] in _SITE_FIELDS
    if depth == 4:
        if path[1] == "page":
            return path[2] == "revision" and path[3] in _REVISION_FIELDS
        return path[1] == "siteinfo" and path[3] == "namespace"
    return False


def same_wiki(first: Site, other: Site, name: str) -> None:
    """Raise InputError when two dumps of one run are of different wikis."""
    if first.wiki != other.wiki:
        raise InputError(
            f"{name}: is a dump of {other.wiki}, the ones before are of {first.wiki}; "
            "run the stage once for each wiki"
        )


def fingerprint_of(pages: Iterable[Page]) -> list[tuple[int, int, int]]:
    """Return what tells these pages from others: page, revision, and the xxh3 of all they hold."""
    return [(page.id, page.revision_id, _digest(page)) for page in pages]


def _digest(page: Page) -> int:
    head = f"{page.namespace}\0{page.title}\0{page.redirect}\0{page.model}\0"
    text = "\1" if page.too_long else "\0" if page.text is None else page.text
    return xxhash.xxh3_64_intdigest((head + text).encode(errors="surrogatepass"))
