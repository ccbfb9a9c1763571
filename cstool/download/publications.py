"""The places on a server from which a wiki's files can be downloaded, and what is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from cstool.download.addresses import (
    SOURCES,
    Kind,
    compact,
    days_apart,
    folder_of_dates,
    in_form_of,
)
from cstool.download.catalogue import Edition, RemoteFile
from cstool.download.client import HttpClient, ServerError
from cstool.download.content_layout import read_content
from cstool.download.dumps_layout import read_dump
from cstool.download.listings import dates_in, names_in
from cstool.download.values import number, size
from cstool.download.wikidata_layout import read_entities
from cstool.published.dump_names import WIKIDATA

_MOST_DATES = 2000  # against invalid listings: one dump a week for twenty years has fewer
TABLES = "-sql"  # ends the key of a source of SQL tables
_MOST_OTHERS = 5  # editions of other publications that are checked, for a message


class EditionNotFound(ServerError):  # noqa: N818 - a kind of ServerError
    """The server does not have the edition."""


@dataclass(frozen=True)
class Publication:
    """One kind of a wiki's files on a server, and the URL of its folder of dates.

    `sql`: of a dump, also the tables that `titles` reads.
    """

    kind: Kind
    name: str
    url: str
    sql: bool = False


@dataclass(frozen=True)
class DumpSource:
    """A wiki's files, or Wikidata's entities: its name, and the publications to choose from.

    `key`: identifies it in the record; `others`: publications to name in an error.
    """

    name: str
    publications: tuple[Publication, ...]
    others: tuple[Publication, ...] = ()

    @property
    def key(self) -> str:
        """The name, with the kind if the same wiki has another source."""
        return self.name + (TABLES if self.publications[0].kind is Kind.TABLES else "")


def source_of(name: str, mirror: str, *, sql: bool, source: str = "auto") -> DumpSource:
    """Return a wiki's source on a server; for `wikidata` the entities. `source`: of SOURCES."""

    def publication(kind: Kind) -> Publication:
        return Publication(
            kind, name, folder_of_dates(kind, name, mirror), sql and kind is Kind.DUMP
        )

    if name == WIKIDATA:
        return DumpSource(name, (publication(Kind.ENTITIES),))
    kinds = SOURCES[source]
    others = tuple(publication(kind) for kind in SOURCES["auto"] if kind not in kinds)
    return DumpSource(name, tuple(map(publication, kinds)), others)


def tables_of(name: str, mirror: str) -> DumpSource:
    """Return a wiki's source of SQL tables alone, for pages of another publication."""
    url = folder_of_dates(Kind.TABLES, name, mirror)
    return DumpSource(name, (Publication(Kind.TABLES, name, url, sql=True),))


def dates_of(publication: Publication, http: HttpClient) -> list[str] | None:
    """Return the dates of a publication, newest first; None if its folder does not exist."""
    listing = http.read(publication.url)
    if listing is None:
        return None
    found = dates_in(names_in(listing.decode(errors="replace")))
    dates = [date for date in found if date == in_form_of(publication.kind, date)]
    if len(dates) > _MOST_DATES:
        raise ServerError(
            f"{publication.url}: {len(dates):,} dumps listed, more than the limit of "
            f"{_MOST_DATES:,}; give the --date of a dump, or another server with --mirror"
        )
    return dates


Offer = tuple[str, Publication]  # a date of a publication


def offers_of(source: DumpSource, http: HttpClient, date: str | None = None) -> list[Offer]:
    """Return the dates of all publications, newest first, then in the order of the publications.

    Raises EditionNotFound if there is none; it names what other publications have for `date`.
    """
    found = [(publication, dates_of(publication, http)) for publication in source.publications]
    offers = [(date, publication) for publication, dates in found for date in dates or ()]
    if offers:
        return sorted(offers, key=lambda offer: compact(offer[0]), reverse=True)
    urls = " and ".join(publication.url for publication in source.publications)
    if other := elsewhere(source, date, http):
        raise EditionNotFound(f"{urls}: no {kinds_of(source)} of {source.name}; {other}")
    if all(dates is None for _, dates in found):
        raise EditionNotFound(
            f"{urls}: not found; give the database name of a wiki, such as enwiki"
        )
    raise EditionNotFound(
        f"{urls}: no dumps listed; give the --date of a dump, or another server with --mirror"
    )


def elsewhere(source: DumpSource, date: str | None, http: HttpClient) -> str:
    """Return what the source's other publications have, for a message; "" if nothing.

    It is the finished edition that is nearest to `date`, or the newest one.
    """
    for publication in source.others:
        dates = dates_of(publication, http) or []
        if date:
            dates.sort(key=lambda other: days_apart(other, date))
        for other in dates[:_MOST_OTHERS]:
            edition = read_edition(publication, other, http)
            if edition and not edition.unfinished:
                option = next(
                    name for name, kinds in SOURCES.items() if kinds == (publication.kind,)
                )
                return (
                    f"the server has a {publication.kind.words} of {other}: use --source {option}"
                )
    return ""


def kinds_of(source: DumpSource) -> str:
    """Return the kinds of files of a source, for a message."""
    return " or ".join(publication.kind.words for publication in source.publications)


def read_edition(publication: Publication, date: str, http: HttpClient) -> Edition | None:
    """Return the edition of a date, in any form, None if the server has none."""
    date = in_form_of(publication.kind, date)
    url = f"{publication.url}{date}/"
    if publication.kind is Kind.CONTENT:
        return read_content(publication.name, date, url, http)
    if publication.kind is Kind.ENTITIES:
        return read_entities(date, url, http)
    pages = publication.kind is Kind.DUMP
    return read_dump(publication.name, date, url, http, pages=pages, sql=publication.sql)


def with_sizes(
    edition: Edition, http: HttpClient, known: Mapping[str, int] | None = None
) -> Edition:
    """Return the edition with missing sizes filled in by HEAD requests.

    `known`: sizes of files by their sha256.
    """
    files = tuple(sized(file, http, known or {}) for file in edition.files)
    return msgspec.structs.replace(edition, files=files)


def sized(remote: RemoteFile, http: HttpClient, known: Mapping[str, int]) -> RemoteFile:
    """Return the file with its size, from a HEAD request if it is neither published nor known."""
    if remote.bytes is not None:
        return remote
    if remote.sha256 and remote.sha256 in known:
        return msgspec.structs.replace(remote, bytes=known[remote.sha256])
    length = number((http.head(remote.url) or {}).get("Content-Length"))
    return msgspec.structs.replace(remote, bytes=size(length))


def renewing(
    publications: Mapping[str, tuple[Publication, str]], http: HttpClient
) -> Callable[[RemoteFile], RemoteFile]:
    """Return a function that reads a file's catalogue entry again.

    `publications`: the publication and date of each file, by name.
    """

    def renew(remote: RemoteFile) -> RemoteFile:
        publication, date = publications[remote.name]
        edition = read_edition(publication, date, http)
        files = {file.name: file for file in edition.files} if edition else {}
        return sized(files.get(remote.name, remote), http, {})

    return renew
