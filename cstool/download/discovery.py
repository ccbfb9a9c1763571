"""Which edition of a wiki to take: `latest`, or a date, finished or waited for."""

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
_POLL = 600.0  # seconds between two looks at an unfinished dump
# Bounds for listings that are none: real ones have a dump a week for twenty years at most.
_MOST_DATES = 2000
_MOST_LOOKS = 100  # dumps that are looked at for a finished one
_MOST_SUMS = 8  # files of checksums of a kind, in a folder


@dataclass(frozen=True)
class DumpSource:
    """A wiki's dumps, or Wikidata's entities: its name, and its folder on the server."""

    name: str
    url: str
    sql: bool = False


@dataclass(frozen=True)
class EditionChoice:
    """The edition to take, and what a user should know of the choice ("" when nothing)."""

    edition: Edition
    note: str = ""


def source_of(name: str, mirror: str, *, sql: bool) -> DumpSource:
    """Return where a wiki's dumps lie on a server; `wikidata` is the folder of entities."""
    folder = "wikidatawiki/entities" if name == WIKIDATA else name
    return DumpSource(name, f"{mirror.rstrip('/')}/{folder}/", sql)


def dates_of(source: DumpSource, http: HttpClient) -> list[str]:
    """Return the dates that the source has folders of, newest first. Raises ServerError."""
    listing = http.read(source.url)
    if listing is None:
        raise ServerError(
            f"{source.url}: not there; wikis are called by their database's name, such as enwiki"
        )
    dates = dates_in(names_in(listing.decode(errors="replace")))
    if not dates:
        raise ServerError(f"{source.url}: lists no dumps; give their --date, or another --mirror")
    if len(dates) > _MOST_DATES:
        raise ServerError(
            f"{source.url}: lists {len(dates):,} dumps, more than {_MOST_DATES:,}; give their "
            "--date, or another --mirror"
        )
    return dates


def read_edition(source: DumpSource, date: str, http: HttpClient) -> Edition | None:
    """Return what the server tells of an edition, None when it has none of that date.

    From `dumpstatus.json` where there is one, else from the folder's listing.
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
    for kind in ("md5sums", "sha1sums"):  # the later one wins
        found = (name for name in names if name.endswith(f"{kind}.txt"))
        for name in islice(found, _MOST_SUMS):
            sums |= checksums_in((http.read(url + name) or b"").decode(errors="replace"))
    return edition_of_listing(source.name, date, url, names, sums, sql=source.sql)


def with_sizes(edition: Edition, http: HttpClient) -> Edition:
    """Return the edition with the sizes that only the server's heads tell."""
    return msgspec.structs.replace(edition, files=tuple(_sized(f, http) for f in edition.files))


def _sized(remote: RemoteFile, http: HttpClient) -> RemoteFile:
    if remote.bytes is not None:
        return remote
    length = number((http.head(remote.url) or {}).get("Content-Length"))
    return msgspec.structs.replace(remote, bytes=size(length))


def find(
    source: DumpSource, date: str, http: HttpClient, *, begun: str | None = None, wait: bool = False
) -> EditionChoice:
    """Return the edition of that date, or the newest finished one for `latest`.

    `begun`: what `latest` meant when it was begun here; that is gone on with while it is there.
    With `wait`, an edition that is not finished is asked for again until it is. Raises
    ServerError when there is none, or when one that was named is not finished.
    """
    if date == LATEST:
        return _find_latest(source, http, begun, wait=wait)
    edition = read_edition(source, date, http)
    if edition is None:
        there = ", ".join(dates_of(source, http)[:8])
        raise ServerError(
            f"{source.name}: no dump of {date} at {source.url}; there are {there}"
            f"{_instead(source, date, http)}"
        )
    if edition.unfinished and wait:
        edition = _await(source, date, http, edition)
    if edition.unfinished and not _is_only_bare(edition):
        raise ServerError(
            f"{source.name}: the dump of {date} is not finished ({edition.unfinished}); "
            f"--wait waits for it{_instead(source, date, http)}"
        )
    return EditionChoice(edition, edition.unfinished)  # the lines of its files say what is checked


def find_near(
    source: DumpSource, date: str, http: HttpClient, *, wait: bool = False
) -> EditionChoice:
    """Return the edition of that date, or the finished one that is nearest to it."""
    dates = dates_of(source, http)
    if date in dates:
        edition = read_edition(source, date, http)
        if edition and edition.files:  # else a day of other dumps, or one that is only beginning
            return find(source, date, http, wait=wait)
    near = _nearest(source, date, dates, http)
    if near is None:
        raise ServerError(f"{source.url}: no dump is finished; see --list")
    return EditionChoice(near, f"there is none of {date}; {near.date} is the nearest finished one")


def _instead(source: DumpSource, date: str, http: HttpClient) -> str:
    """Return in words what to take instead of an edition that is not there; "" for nothing."""
    near = _nearest(source, date, dates_of(source, http), http)
    option = "--wikidata-date" if source.name == WIKIDATA else "--date"
    return f", or take {option} {near.date}, the nearest finished one" if near else ""


def _nearest(source: DumpSource, date: str, dates: list[str], http: HttpClient) -> Edition | None:
    return next(_finished(source, sorted(dates, key=lambda d: _distance(d, date)), http), None)


def _distance(one: str, other: str) -> tuple[int, bool]:
    """Return how many days lie between two dates; of two as near the later one comes first."""
    try:
        days = (day.fromisoformat(one) - day.fromisoformat(other)).days
    except ValueError:  # eight digits that are no date
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
                edition, f"{begun} was begun here and is gone on with; --date names a newer one"
            )
    note = ""
    for date in dates[:_MOST_LOOKS]:
        edition = read_edition(source, date, http) or Edition(source.name, date, (), "is empty")
        if edition.unfinished and wait and date == dates[0]:
            edition = _await(source, date, http, edition)
        if not edition.unfinished:
            return EditionChoice(edition, note and f"{note}; {date} is the newest finished one")
        note = note or f"{date} is not finished ({edition.unfinished})"
    some = "no dump" if len(dates) <= _MOST_LOOKS else f"none of the newest {_MOST_LOOKS} dumps"
    raise ServerError(f"{source.url}: {some} is finished: {note}")


def _finished(source: DumpSource, dates: list[str], http: HttpClient) -> Iterator[Edition]:
    for date in dates[:_MOST_LOOKS]:
        edition = read_edition(source, date, http)
        if edition and not edition.unfinished:
            yield edition


def _is_only_bare(edition: Edition) -> bool:
    """Whether all files are there, and only checksums are not."""
    return bool(edition.files)


def _await(source: DumpSource, date: str, http: HttpClient, edition: Edition) -> Edition:
    told = ""
    while edition.unfinished:
        if told != edition.unfinished:
            told = edition.unfinished
            http.say(
                f"{source.name}: waiting for {date} ({told}); looking every {_POLL / 60:.0f} min"
            )
        http.wait(_POLL)
        edition = read_edition(source, date, http) or edition
    return edition


def renewing(
    sources: dict[str, tuple[DumpSource, str]], http: HttpClient
) -> Callable[[RemoteFile], RemoteFile]:
    """Return what asks the catalogue again; `sources`: each file's source and date, by name."""

    def renew(remote: RemoteFile) -> RemoteFile:
        source, date = sources[remote.name]
        edition = read_edition(source, date, http)
        files = {file.name: file for file in edition.files} if edition else {}
        return _sized(files.get(remote.name, remote), http)

    return renew
