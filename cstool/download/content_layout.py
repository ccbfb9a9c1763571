"""The files of a content export, `other/mediawiki_content_current/WIKI/YYYY-MM-DD/xml/bzip2/`.

The MediaWiki Content File Exports have the pages of all namespaces, in files of consecutive pages
(https://wikitech.wikimedia.org/wiki/MediaWiki_Content_File_Exports). `SHA256SUMS` names all files
and is written when they are complete, then `_SUCCESS`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from cstool.download.addresses import Kind
from cstool.download.catalogue import Edition, RemoteFile, limit_files
from cstool.download.client import HttpClient
from cstool.download.listings import is_file_name, names_in
from cstool.errors import InputError
from cstool.published.dump_names import CONTENT, pieces
from cstool.published.set_lists import SHA256, SUCCESS, SUMS, checksum_lines

_FILES = "xml/bzip2/"  # below the folder of the date
_PARENTS = ("xml/", "")


def read_content(wiki: str, date: str, url: str, http: HttpClient) -> Edition | None:
    """Return the edition below the folder `url` (which ends with a `/`), None if there is none.

    `SHA256SUMS` and `_SUCCESS` may also be in a parent folder of the files.
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
    return Edition(wiki, date, (), f"{SUCCESS} is missing", Kind.CONTENT)


def edition_of_content(
    wiki: str,
    date: str,
    url: str,
    names: Sequence[str],
    sums: Sequence[tuple[str, str]] | None,
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
    return Edition(wiki, date, tuple(remotes), "", Kind.CONTENT)


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
    return pieces(filter(is_file_name, names), wiki, date, CONTENT)


def _list(url: str, http: HttpClient) -> list[str] | None:
    listing = http.read(url)
    return None if listing is None else names_in(listing.decode(errors="replace"))


def _sums(data: bytes | None, url: str) -> list[tuple[str, str]] | None:
    """Return the lines of a `SHA256SUMS`. Raises InputError if it is another kind of file."""
    if data is None:
        return None
    lines = checksum_lines(data.decode(errors="replace"), [SHA256])
    if data.strip() and not lines:
        raise InputError(
            f"{url}: not a list of SHA-256 checksums; check that no proxy or login page replies in "
            "place of the server"
        )
    return lines
