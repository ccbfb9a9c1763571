"""The files of a wiki's dump, `WIKI/YYYYMMDD/`: its pages, its SQL tables, and their state.

They are described by `dumpstatus.json`, or by the folder's listing if a mirror has no status.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from cstool.download.addresses import Kind
from cstool.download.catalogue import Edition, RemoteFile, limit_files, valid_digest
from cstool.download.checksum_files import read_checksums
from cstool.download.client import HttpClient
from cstool.download.listings import MD5, SHA1, is_file_name, names_in
from cstool.download.values import decode_json, number, shorten, size
from cstool.errors import InputError

_LONGEST_STATE = 40  # characters of a job's state
# The tables that `cstool titles --sql-…` reads, by the job that writes each.
_TABLES = {
    "pagetable": "page.sql.gz",
    "pagepropstable": "page_props.sql.gz",
    "redirecttable": "redirect.sql.gz",
}
_PAGES = "pages-articles-multistream"
# For a large wiki the first job writes the pages as several files, the second one joins them.
_PIECES_JOB = "articlesmultistreamdump"
_WHOLE_JOB = "articlesmultistreamdumprecombine"


class _File(msgspec.Struct, frozen=True):
    size: int | None = None
    sha1: str | None = None
    md5: str | None = None


class _Job(msgspec.Struct, frozen=True):
    status: str
    files: dict[str, _File] = {}


class _Status(msgspec.Struct, frozen=True):
    jobs: dict[str, _Job]


def read_dump(
    wiki: str, date: str, url: str, http: HttpClient, *, pages: bool = True, sql: bool = False
) -> Edition | None:
    """Return the edition in the folder `url` (which ends with a `/`), None if there is none."""
    status = http.read(f"{url}dumpstatus.json")
    if status is not None:
        return edition_of_status(status, wiki, date, url, pages=pages, sql=sql)
    listing = http.read(url)
    if listing is None:
        return None
    names = names_in(listing.decode(errors="replace"))
    sums = read_checksums(url, names, http)
    return edition_of_listing(wiki, date, url, names, sums, pages=pages, sql=sql)


def edition_of_status(
    data: bytes, wiki: str, date: str, url: str, *, pages: bool = True, sql: bool = False
) -> Edition:
    """Return the edition that a `dumpstatus.json` describes; `url`: its folder's, with a `/`.

    Its files are those of the pages (one multistream file if there is one, else several), and with
    `sql` the three tables that `titles` reads. Invalid sizes (negative, zero, or above 2**63) and
    digests count as not published. Raises InputError if the data is not a dump status.
    """
    try:
        jobs = decode_json(data, _Status).jobs
    except ValueError as error:
        raise InputError(
            f"{url}dumpstatus.json: not a dump status ({error}); check that no proxy or login page "
            "replies in place of the server"
        ) from error
    prefix = f"{wiki}-{date}-"
    parts = [_pages(jobs, prefix)] if pages else []
    if sql:
        parts += [_of_job(jobs, job, [prefix + name]) for job, name in _TABLES.items()]
    faults = [part for part in parts if isinstance(part, str)]
    files = [(name, file) for part in parts if not isinstance(part, str) for name, file in part]
    limit_files(len(files), f"{url}dumpstatus.json")
    remotes = tuple(
        RemoteFile(
            name,
            url + name,
            size(file.size),
            valid_digest(file.sha1, SHA1),
            valid_digest(file.md5, MD5),
        )
        for name, file in files
    )
    return Edition(wiki, date, () if faults else remotes, "; ".join(faults), _kind(pages))


def edition_of_listing(
    wiki: str,
    date: str,
    url: str,
    names: Sequence[str],
    sums: Mapping[str, str],
    *,
    pages: bool = True,
    sql: bool = False,
) -> Edition:
    """Return the edition that a folder's listing and its checksum files describe.

    A file counts as finished if it has a checksum, because checksums are written last. `sums`:
    digests by file name, a sha1 if there is one, else an md5.
    """
    prefix = f"{wiki}-{date}-"
    whole = f"{prefix}{_PAGES}.xml.bz2"
    wanted = ([whole] if whole in names else _pieces(names, prefix) or [whole]) if pages else []
    wanted += [prefix + name for name in _TABLES.values()] if sql else []
    limit_files(len(wanted), url)
    available = set(names)
    for name in wanted:
        if name not in available:
            return Edition(wiki, date, (), f"{name} is missing", _kind(pages))
    bare = [name for name in wanted if not sums.get(name)]
    return Edition(
        wiki,
        date,
        tuple(with_digest(name, url, sums.get(name)) for name in wanted),
        f"{bare[0]} has no checksum yet" if bare else "",
        _kind(pages),
    )


def with_digest(name: str, url: str, digest: str | None) -> RemoteFile:
    """Return a file of the folder `url` with its sha1 or md5."""
    return RemoteFile(name, url + name, None, valid_digest(digest, SHA1), valid_digest(digest, MD5))


def _kind(pages: bool) -> Kind:
    return Kind.DUMP if pages else Kind.TABLES


def _pages(jobs: Mapping[str, _Job], prefix: str) -> list[tuple[str, _File]] | str:
    """Return the files of the pages, or the reason why they are not available yet."""
    whole = f"{prefix}{_PAGES}.xml.bz2"
    candidates = [_of_job(jobs, job, [whole]) for job in (_WHOLE_JOB, _PIECES_JOB)]
    for candidate in candidates:
        if not isinstance(candidate, str):
            return candidate
    if _WHOLE_JOB in jobs and jobs[_WHOLE_JOB].status in ("waiting", "in-progress"):
        return str(candidates[0])
    job = jobs.get(_PIECES_JOB)
    return _of_job(jobs, _PIECES_JOB, _pieces(list(job.files) if job else [], prefix))


def _of_job(
    jobs: Mapping[str, _Job], job: str, names: Sequence[str]
) -> list[tuple[str, _File]] | str:
    """Return the named files of a job, or the reason why they are not available yet."""
    if job not in jobs:
        return f"{job}: not found"
    if jobs[job].status != "done":
        return f"{job}: {shorten(jobs[job].status, _LONGEST_STATE)}"
    files = jobs[job].files
    if not names or any(name not in files for name in names):
        return f"{job}: done, but its files are missing"
    return [(name, files[name]) for name in names]


def _pieces(names: Sequence[str], prefix: str) -> list[str]:
    """Return the names of the files that a large wiki's pages are split into, by first page."""
    pattern = re.compile(re.escape(prefix + _PAGES) + r"[0-9]+\.xml-p([0-9]+)p[0-9]+\.bz2")
    matches = [match for match in map(pattern.fullmatch, names) if match]
    found = [(number(match[1]), match[0]) for match in matches if is_file_name(match[0])]
    return [name for page, name in sorted((p, n) for p, n in found if p is not None)]
