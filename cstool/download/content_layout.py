"""The files of a content export, `other/mediawiki_content_current/WIKI/YYYY-MM-DD/xml/bzip2/`.

The MediaWiki Content File Exports have the pages of all namespaces, in files of consecutive pages
(https://wikitech.wikimedia.org/wiki/MediaWiki_Content_File_Exports). `SHA256SUMS` names all files
and is written when they are complete, then `_SUCCESS`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from cstool.download.addresses import PAGE_RANGE, Kind
from cstool.download.catalogue import Edition, RemoteFile, limit_files
from cstool.download.client import HttpClient
from cstool.download.listings import dates_in, is_file_name, names_in, sha256_lines
from cstool.errors import InputError

SUMS, SUCCESS = "SHA256SUMS", "_SUCCESS"
_FILES = "xml/bzip2/"  # below the folder of the date
_PARENTS = ("xml/", "")


def read_content(wiki: str, date: str, url: str, http: HttpClient) -> Edition | None:
    """Return the edition below the folder `url` (which ends with a `/`), None if there is none.

    `SHA256SUMS` and `_SUCCESS` may also be in a parent folder of the files. Some editions never
    get their `_SUCCESS`; once a newer edition has been begun, `SHA256SUMS` decides.
    """
    lists: dict[str, list[str] | None] = {}
    places: dict[str, str] = {}
    for folder in (_FILES, *_PARENTS):
        if len(places) < 2:
            lists[folder] = _list(url + folder, http)
            found = [mark for mark in (SUMS, SUCCESS) if mark in (lists[folder] or ())]
            places = dict.fromkeys(found, url + folder) | places
    if all(names is None for names in lists.values()):
        return None
    names = lists[_FILES] or []
    sums = None
    if SUMS in places:
        sums = _sums(http.read(places[SUMS] + SUMS), places[SUMS] + SUMS)
    edition = edition_of_content(wiki, date, url + _FILES, names, sums)
    if edition.unfinished or SUCCESS in places:
        return edition
    if any(other > date for other in dates_in(_list(_parent(url), http) or [])):
        return edition_of_content(
            wiki, date, url + _FILES, names, sums, f"without {SUCCESS}, as {SUMS} is complete"
        )
    return Edition(wiki, date, (), f"{SUCCESS} is missing", Kind.CONTENT)


def edition_of_content(
    wiki: str,
    date: str,
    url: str,
    names: Sequence[str],
    sums: Sequence[tuple[str, str]] | None,
    note: str = "",
) -> Edition:
    """Return the edition that a folder's listing and the lines of its `SHA256SUMS` describe.

    `sums`: names and digests in order, None if there is no such file. Every file must be in both,
    once.
    """
    files = _of_edition(names, wiki, date)
    limit_files(len(files), url)
    if sums is None:
        return Edition(wiki, date, (), f"{SUMS} is missing", Kind.CONTENT)
    digests = dict(sums)
    if fault := _fault(files, _of_edition((name for name, _ in sums), wiki, date)):
        return Edition(wiki, date, (), fault, Kind.CONTENT)
    remotes = (RemoteFile(name, url + name, sha256=digests[name]) for name in files)
    return Edition(wiki, date, tuple(remotes), "", Kind.CONTENT, note)


def _fault(listed: Sequence[str], summed: Sequence[str]) -> str:
    """Return why the files of a listing are not those of its checksums, "" if they are."""
    for name, number in Counter(summed).items():
        if number > 1:
            return f"{name} is named {number} times in {SUMS}"
    here, named = set(listed), set(summed)
    for name in summed:
        if name not in here:
            return f"{name} is named in {SUMS}, but not in the folder"
    for name in listed:
        if name not in named:
            return f"{name} is not named in {SUMS}"
    return "" if summed else f"{SUMS} names no files"


def _of_edition(names: Iterable[str], wiki: str, date: str) -> list[str]:
    """Return the names of an edition's files, by page, then by revision."""
    pattern = re.compile(rf"{re.escape(f'{wiki}-{date}')}-{PAGE_RANGE}\.xml\.bz2")
    matches = [match for match in map(pattern.fullmatch, names) if match and is_file_name(match[0])]
    matches.sort(key=lambda match: (int(match[1]), int(match[2] or 0), match[0]))
    return [match[0] for match in matches]


def _list(url: str, http: HttpClient) -> list[str] | None:
    listing = http.read(url)
    return None if listing is None else names_in(listing.decode(errors="replace"))


def _parent(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[0] + "/"


def _sums(data: bytes | None, url: str) -> list[tuple[str, str]] | None:
    """Return the lines of a `SHA256SUMS`. Raises InputError if it is another kind of file."""
    if data is None:
        return None
    lines = sha256_lines(data.decode(errors="replace"))
    if data.strip() and not lines:
        raise InputError(
            f"{url}: not a list of SHA-256 checksums; check that no proxy or login page replies in "
            "place of the server"
        )
    return lines
