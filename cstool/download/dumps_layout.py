"""The files of a wiki's dump, `WIKI/YYYYMMDD/`: its pages, its SQL tables, and their state.

They are described by `dumpstatus.json`, or by the folder's listing if a mirror has no status.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cstool.download.addresses import Kind
from cstool.download.catalogue import Edition, RemoteFile, limit_files, valid_digest
from cstool.download.checksum_files import read_checksums
from cstool.download.client import HttpClient
from cstool.download.listings import is_file_name, names_in
from cstool.download.values import decode_json, shorten, size
from cstool.errors import InputError
from cstool.published.dump_names import PAGES, TABLES, pieces, table_file, whole_file
from cstool.published.set_lists import MD5, SHA1

_LONGEST_STATE = 40  # characters of a job's state
# The jobs that write the tables of TABLES.
_TABLE_JOBS = ("pagetable", "pagepropstable", "redirecttable")
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
    parts = [_pages(jobs, wiki, date)] if pages else []
    if sql:
        tables = zip(_TABLE_JOBS, TABLES, strict=True)
        parts += [_of_job(jobs, job, [table_file(wiki, date, table)]) for job, table in tables]
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
    whole = whole_file(wiki, date)
    split = [] if whole in names else _pieces(names, wiki, date)
    wanted = (split or [whole]) if pages else []
    wanted += [table_file(wiki, date, table) for table in TABLES] if sql else []
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


def _pages(jobs: Mapping[str, _Job], wiki: str, date: str) -> list[tuple[str, _File]] | str:
    """Return the files of the pages, or the reason why they are not available yet."""
    whole = whole_file(wiki, date)
    candidates = [_of_job(jobs, job, [whole]) for job in (_WHOLE_JOB, _PIECES_JOB)]
    for candidate in candidates:
        if not isinstance(candidate, str):
            return candidate
    if _WHOLE_JOB in jobs and jobs[_WHOLE_JOB].status in ("waiting", "in-progress"):
        return str(candidates[0])
    job = jobs.get(_PIECES_JOB)
    return _of_job(jobs, _PIECES_JOB, _pieces(job.files if job else [], wiki, date))


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


def _pieces(names: Iterable[str], wiki: str, date: str) -> list[str]:
    """Return the names of the files that a large wiki's pages are split into, by first page."""
    return pieces(filter(is_file_name, names), wiki, date, PAGES)
