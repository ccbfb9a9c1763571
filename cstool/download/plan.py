"""Decide what to do for each file, from its published and local state; check free space."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cstool.download.catalogue import RemoteFile
from cstool.download.client import HttpClient
from cstool.download.http_semantics import RemoteState, is_other
from cstool.download.own_files import size_of
from cstool.download.partial import published, unchecked
from cstool.download.record import CompleteFile, DownloadFolder
from cstool.errors import OutputError
from cstool.execution.progress import size_in_words
from cstool.published.set_lists import PART

_RESERVE = 256 << 20  # bytes that are kept free while a file of unknown size is downloaded


class Action(Enum):
    """What to do for a file; the value is displayed in the plan."""

    NOTHING = "complete"
    CHECK = "to verify"
    FETCH = "to download"


@dataclass(frozen=True)
class PlannedFile:
    """A file and what to do for it; `here`: the bytes of it that are present."""

    remote: RemoteFile
    action: Action
    here: int = 0
    why: str = ""

    @property
    def missing(self) -> int:
        """Bytes still to download, as far as known."""
        return max(0, (self.remote.bytes or 0) - self.here) if self.action is Action.FETCH else 0

    def __str__(self) -> str:
        what = self.action.value
        if self.why:
            what += f" ({self.why})"
        elif self.here and self.action is Action.FETCH:
            what += f" ({size_in_words(self.here)} present)"
        if self.action is not Action.NOTHING and (note := unchecked(self.remote)):
            what += f"; {note}"
        return f"{self.remote.name}  {size_in_words(self.remote.bytes)}  {what}"


def plan_file(remote: RemoteFile, downloads: DownloadFolder, http: HttpClient) -> PlannedFile:
    """Return what to do for a file.

    The record is compared with what is published; of the local file only size and modification time
    are checked. Raises OutputError if another file has its name, or the name of its partial file.
    """
    path = downloads.folder / remote.name
    part = path.with_name(path.name + PART)
    complete = downloads.record.files.get(remote.name)
    if not path.exists():
        return PlannedFile(remote, Action.FETCH, size_of(part))
    if not path.is_file():
        raise OutputError(
            f"{path}: not a regular file; remove it, or choose another folder with -o"
        )
    size = path.stat().st_size
    if complete is None:
        if remote.bytes not in (None, size):
            raise OutputError(
                f"{path}: differs from the published file ({size:,} bytes instead of "
                f"{remote.bytes:,}); remove it, rename it to {part.name} to resume it, or choose "
                "another folder with -o"
            )
        return PlannedFile(remote, Action.CHECK, size)
    if is_newer(remote, complete, http):
        return PlannedFile(remote, Action.FETCH, size_of(part), "the file changed on the server")
    if size != complete.bytes:
        return PlannedFile(remote, Action.FETCH, size_of(part), "the local file was changed")
    if path.stat().st_mtime_ns != complete.modified:
        return PlannedFile(remote, Action.CHECK, size)
    return PlannedFile(remote, Action.NOTHING, size)


def is_newer(remote: RemoteFile, complete: CompleteFile, http: HttpClient) -> bool:
    """Return whether another file is published now than the one that was downloaded."""
    if remote.sha256 and complete.sha256:
        return remote.sha256 != complete.sha256
    if remote.sha1:
        return remote.sha1 != complete.sha1
    if remote.md5 and complete.md5:
        return remote.md5 != complete.md5
    if remote.bytes not in (None, complete.bytes):
        return True
    known = RemoteState(complete.etag, complete.last_modified)
    return published(remote) is None and is_other(http.head(remote.url) or {}, known)


def require_space(folder: Path, steps: Iterable[PlannedFile]) -> None:
    """Raise OutputError if the disk has no room for the files to download."""
    needed = sum(step.missing for step in steps)
    free = free_bytes(folder)
    if needed > free:
        raise OutputError(
            f"{folder}: not enough disk space ({size_in_words(needed)} to download, "
            f"{size_in_words(free)} free); free some space, or choose another disk with -o"
        )


def require_space_for(path: Path, missing: int) -> None:
    """Raise OutputError if the disk has no room for the missing bytes of a file.

    For sizes that only the server's reply states: not published before, or published wrongly.
    """
    free = free_bytes(path.parent)
    if missing > free:
        raise OutputError(
            f"{path}: not enough disk space ({size_in_words(missing)} more by the server's reply, "
            f"{size_in_words(free)} free); free some space, choose another disk with -o, or use "
            "another server with --mirror"
        )


def require_reserve(path: Path, received: int) -> None:
    """Raise OutputError if a body of unknown size has left less than _RESERVE bytes free."""
    free = free_bytes(path.parent)
    if free < _RESERVE:
        raise OutputError(
            f"{path}: not enough disk space ({size_in_words(received)} of a file of unknown size "
            f"received, {size_in_words(free)} free); free some space and run the same command "
            "again, or remove the file and use another server with --mirror"
        )


def free_bytes(folder: Path) -> int:
    """Return the free bytes on the disk of a folder, which need not exist yet."""
    while not folder.exists():
        folder = folder.absolute().parent
    return shutil.disk_usage(folder).free


def summary(steps: Sequence[PlannedFile], folder: Path) -> str:
    """Return one line: how much is to be downloaded, and how much disk space is free."""
    todo = [step for step in steps if step.action is Action.FETCH]
    if not todo:
        return "nothing to download"
    unknown = sum(step.remote.bytes is None for step in todo)
    more = f" and {unknown} of unknown size" if unknown else ""
    return (
        f"{size_in_words(sum(step.missing for step in todo))}{more} to download; "
        f"{size_in_words(free_bytes(folder))} free in {folder}"
    )
