"""The names of files that Wikimedia publishes.

A large dump is a set of files, each with a range of pages in its name:
`enwiki-20261001-pages-articles-multistream1.xml-p1p41242.bz2`, or
`enwiki-2026-10-01-p1p41242.xml.bz2` of a content export, where a page with a long history has files
of its own (`-p5r1r900`: page, first and last revision).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

WIKIDATA = "wikidata"
PAGES = "pages-articles-multistream"  # the kind of an XML dump that is downloaded
CONTENT = ""  # the kind of a content export: its names have none
TABLES = ("page", "page_props", "redirect")  # the SQL tables that `titles` reads

_PAGE = "[0-9]{1,19}"  # the number of a page or revision
_RANGE = rf"p(?P<first>{_PAGE})(?:p(?P<last>{_PAGE})|r(?P<from>{_PAGE})r(?P<to>{_PAGE}))"
_STEM = re.compile(
    rf"(?P<stem>.+?\.xml(?:-p{_PAGE}(?:p{_PAGE}|r{_PAGE}r{_PAGE}))?)(?:\.(?:bz2|gz|zst|xz|7z))?"
)
_PUBLISHED = re.compile(
    r"(?P<wiki>[a-z][a-z0-9_]*)-(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|latest)-"
    rf"(?:(?P<kind>[a-z]+(?:-[a-z]+)*)(?P<number>[0-9]*)\.xml(?:-{_RANGE})?"
    rf"|{_RANGE.replace('?P<', '?P<c')}\.xml)"
)
# Other XML files of a dump: they have no text of pages.
_NO_PAGES = re.compile(r"stub-.*|abstract.*|pages-logging|flow.*|.*-index")
_TABLE = re.compile(r"([a-z][a-z0-9_]*)-([0-9]{8})-([a-z_]+)\.sql\.gz")
_ENTITIES = re.compile(rf"{WIKIDATA}-([0-9]{{8}})-all\.json\.(gz|bz2)")


class DumpName(NamedTuple):
    """The parts of the name of a published file.

    `kind`: such as `pages-articles-multistream`, CONTENT for a content export. `place`: the first
    page and what follows it, which orders the files of a set; () for a file with all pages.
    """

    wiki: str
    date: str
    kind: str
    place: tuple[int, ...]

    @property
    def edition(self) -> tuple[str, str, str]:
        """The set of files that the file belongs to: wiki, date and kind."""
        return self.wiki, self.date, self.kind

    @property
    def title(self) -> str:
        """The name of the set, for messages."""
        return "-".join(filter(None, self.edition))

    @property
    def pattern(self) -> str:
        """A shell pattern of the names of the set."""
        return f"{self.wiki}-{self.date}-{self.kind or 'p'}*.xml*"


class TableName(NamedTuple):
    """The parts of the name of a SQL table's file."""

    wiki: str
    date: str
    table: str


class EntitiesName(NamedTuple):
    """The parts of the name of a file of Wikidata's entities: its date, and `gz` or `bz2`."""

    date: str
    compression: str


def stem_of(name: str) -> str | None:
    """Return a file's name without its compression; None if it is not that of page XML."""
    match = _STEM.fullmatch(name)
    if match is None or name.startswith((".", "_")):
        return None
    published = _PUBLISHED.fullmatch(match["stem"])
    if published and _NO_PAGES.fullmatch(published["kind"] or ""):
        return None
    return match["stem"]


def published_name(name: str) -> DumpName | None:
    """Return the parts of a published file's name; None for another name."""
    match = _PUBLISHED.fullmatch(stem_of(name) or "")
    if match is None:
        return None
    groups = match.groupdict()
    place = tuple(
        int(digits)
        for key in ("first", "from", "last", "to")
        if (digits := groups[key] or groups["c" + key])
    )
    if match["number"] and not place:
        place = (int(match["number"]),)
    return DumpName(match["wiki"], match["date"], match["kind"] or "", place)


def table_name(name: str) -> TableName | None:
    """Return the parts of the name of a SQL table's file; None for another name."""
    match = _TABLE.fullmatch(name)
    return TableName(*match.groups()) if match else None


def table_file(wiki: str, date: str, table: str) -> str:
    """Return the name of the file of a SQL table. `date`: YYYYMMDD."""
    return f"{wiki}-{date}-{table}.sql.gz"


def entities_name(name: str) -> EntitiesName | None:
    """Return the parts of the name of a file of Wikidata's entities; None for another name."""
    match = _ENTITIES.fullmatch(name)
    return EntitiesName(*match.groups()) if match else None


def whole_file(wiki: str, date: str) -> str:
    """Return the name of the multistream file with all pages. `date`: YYYYMMDD."""
    return f"{wiki}-{date}-{PAGES}.xml.bz2"


def pieces(names: Iterable[str], wiki: str, date: str, kind: str) -> list[str]:
    """Return the published names of a set among `names`, in the order of their pages.

    `kind`: PAGES or CONTENT. Files with all pages, and files that are not compressed as published,
    are not included.
    """
    found = (
        (published.place, name)
        for name in names
        if name.endswith(".bz2")
        and (published := published_name(name))
        and published.edition == (wiki, date, kind)
        and len(published.place) > 1
    )
    return [name for _, name in sorted(found)]
