"""What a server publishes: files, and the editions that they belong to.

An edition is one dump of one wiki, such as `enwiki` of 20261001, or one content export.
"""

import re
from collections.abc import Iterable

import msgspec

from cstool.download.addresses import Kind
from cstool.download.listings import is_file_name
from cstool.download.values import shorten
from cstool.errors import InputError
from cstool.execution.progress import size_in_words

_MOST_FILES = 2000  # of an edition; the pages of enwiki have about seventy files


class RemoteFile(msgspec.Struct, frozen=True):
    """A file on the server; unpublished attributes are None.

    Raises InputError for a name that is not valid in the download folder.
    """

    name: str
    url: str
    bytes: int | None = None
    sha1: str | None = None
    md5: str | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        if not is_file_name(self.name):
            raise InputError(
                f"{shorten(self.url)}: {shorten(self.name)!r} is not a valid name of a dump file; "
                "use another server with --mirror"
            )


class Edition(msgspec.Struct, frozen=True):
    """A dump's files, and in `unfinished` the reason why it is not complete ("" if it is).

    `date`: of its folder, in the form of its names; `note`: for the user; `others`: names of
    related files that are not downloaded.
    """

    source: str
    date: str
    files: tuple[RemoteFile, ...] = ()
    unfinished: str = ""
    kind: Kind = Kind.DUMP
    note: str = ""
    others: tuple[str, ...] = ()

    @property
    def set_name(self) -> str:
        """The beginning of the names of its files."""
        return f"{self.source}-{self.date}"

    @property
    def page_files(self) -> list[str]:
        """The names of the files that contain its pages; none for SQL tables and entities."""
        if self.kind in (Kind.TABLES, Kind.ENTITIES):
            return []
        return [file.name for file in self.files if not file.name.endswith(".sql.gz")]


def limit_files(files: int, url: str) -> None:
    """Raise InputError for more files than an edition can have."""
    if files > _MOST_FILES:
        raise InputError(
            f"{url}: {files:,} files of one dump, more than the limit of {_MOST_FILES:,}; use "
            "another server with --mirror"
        )


def valid_digest(text: str | None, digits: int) -> str | None:
    """Return a digest in lower case; None for any text but `digits` hex digits."""
    if text and re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", text):
        return text.lower()
    return None


def files_in_words(files: Iterable[RemoteFile]) -> str:
    """Return the number of files and their size, such as `3 files, 1.2 GB`."""
    sizes = [file.bytes for file in files]
    number = "1 file" if len(sizes) == 1 else f"{len(sizes):,} files"
    known = [size for size in sizes if size is not None]
    if not known:
        return f"{number}, {size_in_words(None)}"
    unknown = len(sizes) - len(known)
    more = f" and {unknown:,} of unknown size" if unknown else ""
    return f"{number}, {size_in_words(sum(known))}{more}"
