"""Which files make a dump, and whether it is finished: from `dumpstatus.json`, or from a listing.

An edition is one dump of one wiki: `enwiki` of 20261001.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from cstool.download.listings import MD5, SHA1, is_file_name
from cstool.download.values import decode_json, number, shorten, size
from cstool.errors import InputError

WIKIDATA = "wikidata"
_MOST_FILES = 2000  # of an edition; enwiki's pages come in some seventy pieces
_LONGEST_STATE = 40  # characters of a job's state
# The tables that `cstool titles --sql-…` reads, by the job that writes each.
_TABLES = {
    "pagetable": "page.sql.gz",
    "pagepropstable": "page_props.sql.gz",
    "redirecttable": "redirect.sql.gz",
}
_PAGES = "pages-articles-multistream"
# Of a large wiki the first job writes pieces, and the second one puts them together.
_PIECES_JOB = "articlesmultistreamdump"
_WHOLE_JOB = "articlesmultistreamdumprecombine"


class RemoteFile(msgspec.Struct, frozen=True):
    """A file on the server; what is not published is None.

    Raises InputError for a name that is not that of a file in the folder for the dumps.
    """

    name: str
    url: str
    bytes: int | None = None
    sha1: str | None = None
    md5: str | None = None

    def __post_init__(self) -> None:
        if not is_file_name(self.name):
            raise InputError(
                f"{shorten(self.url)}: {shorten(self.name)!r} cannot be a dump's name; take "
                "another server with --mirror"
            )


class Edition(msgspec.Struct, frozen=True):
    """A dump's files, and in `unfinished` why it is not to be had yet ("" when it is)."""

    source: str
    date: str
    files: tuple[RemoteFile, ...] = ()
    unfinished: str = ""


class _File(msgspec.Struct, frozen=True):
    size: int | None = None
    sha1: str | None = None
    md5: str | None = None


class _Job(msgspec.Struct, frozen=True):
    status: str
    files: dict[str, _File] = {}


class _Status(msgspec.Struct, frozen=True):
    jobs: dict[str, _Job]


def edition_of_status(data: bytes, wiki: str, date: str, url: str, *, sql: bool) -> Edition:
    """Return the edition that a `dumpstatus.json` describes; `url`: its folder's, with a `/`.

    Its pages, as the one multistream file where there is one, else in pieces; with `sql` the
    three tables that titles are made from. A size that no dump can have (negative, zero, beyond
    2**63) and a digest that is none count as not published. Raises InputError when the data is
    something else.
    """
    try:
        jobs = decode_json(data, _Status).jobs
    except ValueError as error:
        raise InputError(
            f"{url}dumpstatus.json: is no dump's status ({error}); "
            "what stands between here and the server may have answered in its place"
        ) from error
    prefix = f"{wiki}-{date}-"
    parts = [_pages(jobs, prefix)]
    if sql:
        parts += [_of_job(jobs, job, [prefix + name]) for job, name in _TABLES.items()]
    faults = [part for part in parts if isinstance(part, str)]
    found = [(name, file) for part in parts if not isinstance(part, str) for name, file in part]
    _refuse_many(len(found), f"{url}dumpstatus.json")
    remotes = tuple(
        RemoteFile(
            name, url + name, size(file.size), _digest(file.sha1, SHA1), _digest(file.md5, MD5)
        )
        for name, file in found
    )
    return Edition(wiki, date, () if faults else remotes, "; ".join(faults))


def edition_of_listing(
    source: str, date: str, url: str, names: Sequence[str], sums: Mapping[str, str], *, sql: bool
) -> Edition:
    """Return the edition that a folder's listing and its files of checksums tell of.

    A file is taken to be finished when it has a checksum: these are written last. `sums`: the
    digest, a sha1 rather than an md5, by name.
    """
    if source == WIKIDATA:
        wanted = [f"{WIKIDATA}-{date}-all.json.gz"]
    else:
        prefix = f"{source}-{date}-"
        whole = f"{prefix}{_PAGES}.xml.bz2"
        wanted = [whole] if whole in names else _pieces(names, prefix) or [whole]
        wanted += [prefix + name for name in _TABLES.values()] if sql else []
    _refuse_many(len(wanted), url)
    there = set(names)
    for name in wanted:
        if name not in there:
            return Edition(source, date, unfinished=f"{name} is not there")
    digests = {name: sums.get(name) for name in wanted}
    bare = [name for name in wanted if not digests[name]]
    return Edition(
        source,
        date,
        tuple(
            RemoteFile(name, url + name, None, _digest(digest, SHA1), _digest(digest, MD5))
            for name, digest in digests.items()
        ),
        f"{bare[0]} has no checksum yet" if bare else "",
    )


def _pages(jobs: Mapping[str, _Job], prefix: str) -> list[tuple[str, _File]] | str:
    """Return the files of the pages, or why they are not there yet."""
    whole = f"{prefix}{_PAGES}.xml.bz2"
    tried = [_of_job(jobs, job, [whole]) for job in (_WHOLE_JOB, _PIECES_JOB)]
    for found in tried:
        if not isinstance(found, str):
            return found
    if _WHOLE_JOB in jobs and jobs[_WHOLE_JOB].status in ("waiting", "in-progress"):
        return str(tried[0])
    job = jobs.get(_PIECES_JOB)
    return _of_job(jobs, _PIECES_JOB, _pieces(list(job.files) if job else [], prefix))


def _of_job(
    jobs: Mapping[str, _Job], job: str, names: Sequence[str]
) -> list[tuple[str, _File]] | str:
    """Return these files of a job, or why they are not there yet."""
    if job not in jobs:
        return f"{job}: not in its list"
    if jobs[job].status != "done":
        return f"{job}: {shorten(jobs[job].status, _LONGEST_STATE)}"
    files = jobs[job].files
    if not names or any(name not in files for name in names):
        return f"{job}: done, without its files"
    return [(name, files[name]) for name in names]


def _pieces(names: Sequence[str], prefix: str) -> list[str]:
    """Return the pieces of a large wiki's pages among the names, by their first page."""
    pattern = re.compile(re.escape(prefix + _PAGES) + r"[0-9]+\.xml-p([0-9]+)p[0-9]+\.bz2")
    matches = [match for match in map(pattern.fullmatch, names) if match]
    found = [(number(match[1]), match[0]) for match in matches if is_file_name(match[0])]
    return [name for page, name in sorted((p, n) for p, n in found if p is not None)]


def _refuse_many(files: int, place: str) -> None:
    if files > _MOST_FILES:
        raise InputError(
            f"{place}: names {files:,} files of one dump, more than {_MOST_FILES:,}; take another "
            "server with --mirror"
        )


def _digest(text: str | None, digits: int) -> str | None:
    """Return a digest in small letters; None for anything else than so many hex digits."""
    if text and re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", text):
        return text.lower()
    return None
