"""Select the edition of a wiki's dumps to download: the latest, or the one of a date."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date as day
from itertools import islice

import msgspec

from cstool.download.catalogue import (
    WIKIDATA,
    Edition,
    RemoteFile,
    edition_of_listing,
    edition_of_status,
)
from cstool.download.client import HttpClient, ServerError
from cstool.download.listings import checksums_in, dates_in, names_in
from cstool.download.values import number, size

LATEST = "latest"
_POLL = 600.0  # seconds between two requests for an unfinished dump
# Limits against invalid listings: real ones have at most one dump a week for twenty years.
_MOST_DATES = 2000
_MOST_LOOKS = 100  # dumps that are checked to find a finished one
_MOST_SUMS = 8  # checksum files of each kind in a folder


@dataclass(frozen=True)
class DumpSource:
    """A wiki's dumps, or Wikidata's entities: its name, and the URL of its folder.

    `sql`: also download the tables that `titles` reads.
    """

    name: str
    url: str
    sql: bool = False


@dataclass(frozen=True)
class EditionChoice:
    """The edition to download, and a note for the user ("" for none)."""

    edition: Edition
    note: str = ""


def source_of(name: str, mirror: str, *, sql: bool) -> DumpSource:
    """Return a wiki's source of dumps on a server; for `wikidata` the folder of entities."""
    folder = "wikidatawiki/entities" if name == WIKIDATA else name
    return DumpSource(name, f"{mirror.rstrip('/')}/{folder}/", sql)


def dates_of(source: DumpSource, http: HttpClient) -> list[str]:
    """Return the dates of the source's folders, newest first. Raises ServerError."""
    listing = http.read(source.url)
    if listing is None:
        raise ServerError(
            f"{source.url}: not found; give the database name of a wiki, such as enwiki"
        )
    dates = dates_in(names_in(listing.decode(errors="replace")))
    if not dates:
        raise ServerError(
            f"{source.url}: no dumps listed; give the --date of a dump, or another server with "
            "--mirror"
        )
    if len(dates) > _MOST_DATES:
        raise ServerError(
            f"{source.url}: {len(dates):,} dumps listed, more than the limit of {_MOST_DATES:,}; "
            "give the --date of a dump, or another server with --mirror"
        )
    return dates


def read_edition(source: DumpSource, date: str, http: HttpClient) -> Edition | None:
    """Return the edition of a date, None if the server has none.

    It is read from `dumpstatus.json` if there is one, else from the folder's listing.
    """
    url = f"{source.url}{date}/"
    if source.name != WIKIDATA:
        status = http.read(f"{url}dumpstatus.json")
        if status is not None:
            return edition_of_status(status, source.name, date, url, sql=source.sql)
    listing = http.read(url)
    if listing is None:
        return None
    names = names_in(listing.decode(errors="replace"))
    sums: dict[str, str] = {}
    for kind in ("md5sums", "sha1sums"):  # a sha1 replaces an md5
        lists = (name for name in names if name.endswith(f"{kind}.txt"))
        for name in islice(lists, _MOST_SUMS):
            sums |= checksums_in((http.read(url + name) or b"").decode(errors="replace"))
    return edition_of_listing(source.name, date, url, names, sums, sql=source.sql)


def with_sizes(edition: Edition, http: HttpClient) -> Edition:
    """Return the edition with missing sizes filled in by HEAD requests."""
    return msgspec.structs.replace(edition, files=tuple(_sized(f, http) for f in edition.files))


def _sized(remote: RemoteFile, http: HttpClient) -> RemoteFile:
    if remote.bytes is not None:
        return remote
    length = number((http.head(remote.url) or {}).get("Content-Length"))
    return msgspec.structs.replace(remote, bytes=size(length))


def find(
    source: DumpSource, date: str, http: HttpClient, *, begun: str | None = None, wait: bool = False
) -> EditionChoice:
    """Return the edition of a date, or the newest finished one for `latest`.

    `begun`: the date that `latest` stood for when its download began; it is resumed as long as the
    server has it. With `wait`, an unfinished edition is polled until it is finished. Raises
    ServerError if there is no edition, or the one of a given date is not finished.
    """
    if date == LATEST:
        return _find_latest(source, http, begun, wait=wait)
    edition = read_edition(source, date, http)
    if edition is None:
        dates = ", ".join(dates_of(source, http)[:8])
        instead = _instead(source, date, http) or "one of these"
        raise ServerError(
            f"{source.name}: no dump of {date} at {source.url} (available: {dates}); use {instead}"
        )
    if edition.unfinished and wait:
        edition = _await(source, date, http, edition)
    if edition.unfinished and not _lacks_only_checksums(edition):
        instead = _instead(source, date, http)
        raise ServerError(
            f"{source.name}: the dump of {date} is not finished ({edition.unfinished}); use --wait "
            f"to wait for it{instead and f', or {instead}'}"
        )
    return EditionChoice(edition, edition.unfinished)  # the plan's lines say what is verified


def find_near(
    source: DumpSource, date: str, http: HttpClient, *, wait: bool = False
) -> EditionChoice:
    """Return the edition of a date, or the nearest finished one."""
    dates = dates_of(source, http)
    if date in dates:
        edition = read_edition(source, date, http)
        if edition and edition.files:  # else a date with other dumps only, or one just started
            return find(source, date, http, wait=wait)
    near = _nearest(source, date, dates, http)
    if near is None:
        raise ServerError(f"{source.url}: no finished dump; list the dumps with --list")
    return EditionChoice(near, f"no dump of {date}; {near.date} is the nearest finished dump")


def _instead(source: DumpSource, date: str, http: HttpClient) -> str:
    """Return the option for the nearest finished edition, for a message; "" if there is none."""
    near = _nearest(source, date, dates_of(source, http), http)
    option = "--wikidata-date" if source.name == WIKIDATA else "--date"
    return f"{option} {near.date}, the nearest finished dump" if near else ""


def _nearest(source: DumpSource, date: str, dates: list[str], http: HttpClient) -> Edition | None:
    return next(_finished(source, sorted(dates, key=lambda d: _distance(d, date)), http), None)


def _distance(one: str, other: str) -> tuple[int, bool]:
    """Return the days between two dates, and whether `one` is earlier (later dates sort first)."""
    try:
        days = (day.fromisoformat(one) - day.fromisoformat(other)).days
    except ValueError:  # eight digits that are not a date
        return 1 << 30, True
    return abs(days), days < 0


def _find_latest(
    source: DumpSource, http: HttpClient, begun: str | None, *, wait: bool
) -> EditionChoice:
    dates = dates_of(source, http)
    if begun in dates and begun != dates[0]:
        edition = read_edition(source, begun, http)
        if edition and not edition.unfinished:
            return EditionChoice(
                edition, f"resuming the download of {begun}; give --date for a newer dump"
            )
    note = ""
    for date in dates[:_MOST_LOOKS]:
        edition = read_edition(source, date, http) or Edition(source.name, date, (), "empty folder")
        if edition.unfinished and wait and date == dates[0]:
            edition = _await(source, date, http, edition)
        if not edition.unfinished:
            return EditionChoice(edition, note and f"{note}; {date} is the newest finished dump")
        note = note or f"{date} is not finished ({edition.unfinished})"
    some = "no dump" if len(dates) <= _MOST_LOOKS else f"none of the newest {_MOST_LOOKS} dumps"
    raise ServerError(f"{source.url}: {some} is finished ({note}); list the dumps with --list")


def _finished(source: DumpSource, dates: list[str], http: HttpClient) -> Iterator[Edition]:
    for date in dates[:_MOST_LOOKS]:
        edition = read_edition(source, date, http)
        if edition and not edition.unfinished:
            yield edition


def _lacks_only_checksums(edition: Edition) -> bool:
    """Return whether all files exist and only checksums are missing."""
    return bool(edition.files)


def _await(source: DumpSource, date: str, http: HttpClient, edition: Edition) -> Edition:
    reason = ""
    while edition.unfinished:
        if reason != edition.unfinished:
            reason = edition.unfinished
            http.say(
                f"{source.name}: waiting for the dump of {date} ({reason}); checking every "
                f"{_POLL / 60:.0f} min"
            )
        http.wait(_POLL)
        edition = read_edition(source, date, http) or edition
    return edition


def renewing(
    sources: dict[str, tuple[DumpSource, str]], http: HttpClient
) -> Callable[[RemoteFile], RemoteFile]:
    """Return a function that reads a file's catalogue entry again.

    `sources`: the source and date of each file, by name.
    """

    def renew(remote: RemoteFile) -> RemoteFile:
        source, date = sources[remote.name]
        edition = read_edition(source, date, http)
        files = {file.name: file for file in edition.files} if edition else {}
        return _sized(files.get(remote.name, remote), http)

    return renew
