"""`_downloads.json`: which files of a folder are whole and checked, and which are begun."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from cstool.download.listings import is_file_name
from cstool.download.values import decode_json, shorten
from cstool.errors import InputError
from cstool.storage.atomic import write_bytes

RECORD = "_downloads.json"
PART = ".part"  # behind a file's name until it is whole and right

T = TypeVar("T")


class PendingFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that is being fetched: where from, what is published of it, what the server told."""

    url: str
    bytes: int | None = None
    sha1: str | None = None
    md5: str | None = None
    etag: str | None = None
    last_modified: str | None = None


class CompleteFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole file: as published, and as it lies here.

    `sha1`: of what lies here. `checked`: the kind of checksum that was published; None when
    none was. `modified`: when it was written here, in nanoseconds; a file that has another time
    is read again. `fingerprint`: as the manifests of stages have it.
    """

    url: str
    bytes: int
    sha1: str
    fingerprint: str | None
    modified: int
    checked: str | None = None
    md5: str | None = None
    etag: str | None = None
    last_modified: str | None = None


class DownloadRecord(msgspec.Struct, frozen=True):
    """What `_downloads.json` holds; `latest`: what `--date latest` meant, until it is all here."""

    files: dict[str, CompleteFile] = {}
    begun: dict[str, PendingFile] = {}
    latest: dict[str, str] = {}


def read_record(folder: Path) -> DownloadRecord | None:
    """Return the folder's record, or None when it has none.

    Raises InputError when the file is there and is no record, as when a name in it leads out of
    the folder.
    """
    path = folder / RECORD
    try:
        if path.exists() and not path.is_file():
            raise ValueError("no regular file")
        record = decode_json(path.read_bytes(), DownloadRecord)
        _refuse_names(record)
        return record
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise InputError(
            f"{path}: is no record of downloads ({error}); remove it: files that are there are "
            "then read and checked again"
        ) from error


def _refuse_names(record: DownloadRecord) -> None:
    """Raise ValueError for a name that is not one of the folder's, or a size that is none."""
    for name in (*record.files, *record.begun):
        if not is_file_name(name):
            raise ValueError(f"{shorten(name)!r} cannot be a dump's name")
    for name, kept in record.files.items():
        if kept.bytes < 0:
            raise ValueError(f"{name} has {kept.bytes} bytes")


class DownloadFolder:
    """A folder and its record, which several threads keep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._record = read_record(folder) or DownloadRecord()
        self._lock = Lock()

    @property
    def record(self) -> DownloadRecord:
        """The record as it stands."""
        return self._record

    def begin(self, name: str, begun: PendingFile) -> None:
        """Note what a file is that is being fetched; before its bytes are written."""
        self._change(lambda old: replace(old, begun={**old.begun, name: begun}))

    def drop(self, name: str) -> None:
        """Note that nothing of a file is there."""
        self._change(lambda old: replace(old, begun=_without(old.begun, name)))

    def keep(self, name: str, kept: CompleteFile) -> None:
        """Note that a file is there, whole."""
        self._change(
            lambda old: replace(
                old, files={**old.files, name: kept}, begun=_without(old.begun, name)
            )
        )

    def decide(self, latest: dict[str, str]) -> None:
        """Note what `latest` means until it is all here."""
        self._change(lambda old: replace(old, latest=latest))

    def _change(self, change: Callable[[DownloadRecord], DownloadRecord]) -> None:
        with self._lock:
            new = change(self._record)
            if new != self._record:
                data = msgspec.json.format(msgspec.json.encode(new, order="sorted"), indent=1)
                write_bytes(self.folder / RECORD, data + b"\n")
                self._record = new


def _without(mapping: dict[str, T], name: str) -> dict[str, T]:
    return {key: value for key, value in mapping.items() if key != name}
