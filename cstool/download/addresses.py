"""Where Wikimedia publishes its files, and how their names are dated."""

import re
from datetime import date as day
from enum import Enum, auto
from typing import NamedTuple

from cstool.published.dump_names import (
    CONTENT,
    WIKIDATA,
    entities_name,
    published_name,
    table_name,
)

WIKIMEDIA = "https://dumps.wikimedia.org"
WIKIDATA_API = "https://www.wikidata.org/w/api.php"
LATEST = "latest"  # in place of a date: that of the newest complete edition


class Kind(Enum):
    """A kind of files."""

    DUMP = auto()
    CONTENT = auto()
    TABLES = auto()
    ENTITIES = auto()

    @property
    def words(self) -> str:
        """Its name in messages."""
        names = {Kind.CONTENT: "content export", Kind.TABLES: "dump of SQL tables"}
        return names.get(self, "dump")


# `--source`: the kinds of files with pages, in the order of preference for equal dates.
SOURCES = {
    "auto": (Kind.DUMP, Kind.CONTENT),
    "dumps": (Kind.DUMP,),
    "content": (Kind.CONTENT,),
}


class PublishedFile(NamedTuple):
    """A file that Wikimedia publishes: its kind, wiki, date (YYYY-MM-DD) and folder's address."""

    kind: Kind
    wiki: str
    date: str
    address: str


_FOLDERS = {
    Kind.DUMP: "{}/",
    Kind.CONTENT: "other/mediawiki_content_current/{}/",
    Kind.TABLES: "{}/",
    Kind.ENTITIES: "wikidatawiki/entities/",
}


def folder_of_dates(kind: Kind, name: str, mirror: str = WIKIMEDIA) -> str:
    """Return the address of the folder that has a folder for each date; it ends with a `/`."""
    return f"{mirror.rstrip('/')}/{_FOLDERS[kind].format(name)}"


def compact(date: str) -> str:
    """Return a date as YYYYMMDD.

    >>> compact("2026-10-01")
    '20261001'
    """
    return date.replace("-", "")


def dashed(date: str) -> str:
    """Return a date as YYYY-MM-DD.

    >>> dashed("20261001")
    '2026-10-01'
    """
    return re.sub(r"([0-9]{4})([0-9]{2})([0-9]{2})", r"\1-\2-\3", date)


def in_form_of(kind: Kind, date: str) -> str:
    """Return a date in the form that the names of this kind of files have."""
    return dashed(date) if kind is Kind.CONTENT else compact(date)


def days_apart(one: str, other: str) -> tuple[int, bool]:
    """Return the days between two dates, and whether `one` is earlier (later dates sort first)."""
    try:
        days = (day.fromisoformat(one) - day.fromisoformat(other)).days
    except ValueError:  # eight digits that are not a date
        return 1 << 30, True
    return abs(days), days < 0


def published_file(name: str) -> PublishedFile | None:
    """Return the origin that a file name contains; None if it is none of Wikimedia's names.

    The address of entities is that of all dates: their folder may have another date.

    >>> published_file("swwiki-2026-10-01-p1p99.xml.bz2").address
    'https://dumps.wikimedia.org/other/mediawiki_content_current/swwiki/2026-10-01/'
    """
    if found := entities_name(name):
        kind, wiki, date = Kind.ENTITIES, WIKIDATA, found.date
    elif table := table_name(name):
        kind, wiki, date = Kind.TABLES, table.wiki, table.date
    elif dump := published_name(name):
        kind = Kind.CONTENT if dump.kind == CONTENT else Kind.DUMP
        wiki, date = dump.wiki, dump.date
    else:
        return None
    if date == LATEST or date != in_form_of(kind, date):
        return None
    folder = folder_of_dates(kind, wiki)
    address = folder if kind is Kind.ENTITIES else f"{folder}{date}/"
    return PublishedFile(kind, wiki, dashed(date), address)
