"""`_downloads.json`: the complete and the partial files of a download folder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from cstool.download.listings import is_file_name
from cstool.download.values import decode_json, shorten
from cstool.errors import InputError
from cstool.published.set_lists import RECORD
from cstool.storage.atomic import write_bytes

T = TypeVar("T")


class PendingFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A partial file: its URL, its published size and checksums, and the server's validators."""

    url: str
    bytes: int | None = None
    sha1: str | None = None
    md5: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None


class CompleteFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A complete file: as published, and as it is on disk.

    `sha1`, `sha256`: of the file on disk, the latter if it is published. `checked`: the kind of the
    published checksum; None if none was published. `modified`: modification time in nanoseconds; a
    file with another time is verified again. `fingerprint`: as in the manifests of stages.
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
    sha256: str | None = None


class DownloadRecord(msgspec.Struct, frozen=True):
    """The content of `_downloads.json`.

    `latest`: by source, the date that `--date latest` stood for, until all files are complete; in
    the form YYYY-MM-DD it is that of a content export. `sets`: by wiki and date, the names of all
    files that contain the pages of one edition.
    """

    files: dict[str, CompleteFile] = {}
    begun: dict[str, PendingFile] = {}
    latest: dict[str, str] = {}
    sets: dict[str, list[str]] = {}


def read_record(folder: Path) -> DownloadRecord | None:
    """Return the folder's record, or None if it has none.

    Raises InputError if the file is not a valid record, for example because a name in it points
    outside the folder.
    """
    path = folder / RECORD
    try:
        if path.exists() and not path.is_file():
            raise ValueError("not a regular file")
        record = decode_json(path.read_bytes(), DownloadRecord)
        _validate_names(record)
        return record
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise InputError(
            f"{path}: not a valid download record ({error}); remove it, then run the command again "
            "to verify the existing files"
        ) from error


def _validate_names(record: DownloadRecord) -> None:
    """Raise ValueError for a name that is not a file name, or a negative size."""
    named = (name for names in record.sets.values() for name in names)
    for name in (*record.files, *record.begun, *named):
        if not is_file_name(name):
            raise ValueError(f"{shorten(name)!r} is not a valid name of a dump file")
    for name, complete in record.files.items():
        if complete.bytes < 0:
            raise ValueError(f"invalid size of {name}: {complete.bytes} bytes")


class DownloadFolder:
    """A folder and its record, which may be updated from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._record = read_record(folder) or DownloadRecord()
        self._lock = Lock()

    @property
    def record(self) -> DownloadRecord:
        """The current record."""
        return self._record

    def begin(self, name: str, begun: PendingFile) -> None:
        """Record a partial file, before its bytes are written."""
        self._change(lambda old: replace(old, begun={**old.begun, name: begun}))

    def drop(self, name: str) -> None:
        """Record that a partial file was discarded."""
        self._change(lambda old: replace(old, begun=_without(old.begun, name)))

    def keep(self, name: str, complete: CompleteFile) -> None:
        """Record a complete file."""
        self._change(
            lambda old: replace(
                old, files={**old.files, name: complete}, begun=_without(old.begun, name)
            )
        )

    def decide(
        self, latest: dict[str, str], sets: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Record the dates that `latest` was resolved to, and the files of these sets."""
        new = {name: list(files) for name, files in (sets or {}).items()}
        self._change(lambda old: replace(old, latest=latest, sets=old.sets | new))

    def _change(self, update: Callable[[DownloadRecord], DownloadRecord]) -> None:
        with self._lock:
            new = update(self._record)
            if new != self._record:
                data = msgspec.json.format(msgspec.json.encode(new, order="sorted"), indent=1)
                write_bytes(self.folder / RECORD, data + b"\n")
                self._record = new


def _without(mapping: dict[str, T], name: str) -> dict[str, T]:
    return {key: value for key, value in mapping.items() if key != name}
