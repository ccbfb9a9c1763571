"""What is to be done for each file, as it lies here and is published; and whether it fits."""

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
from cstool.download.record import PART, CompleteFile, DownloadFolder
from cstool.errors import OutputError
from cstool.execution.progress import size_in_words

_RESERVE = 256 << 20  # bytes that stay free where a body's end is not known


class Action(Enum):
    """What is to be done for a file; the value is how a plan says it."""

    NOTHING = "is here"
    CHECK = "is here, to be checked"
    FETCH = "to fetch"


@dataclass(frozen=True)
class PlannedFile:
    """A file and what is to be done for it; `here`: bytes of it that are there already."""

    remote: RemoteFile
    do: Action
    here: int = 0
    why: str = ""

    @property
    def missing(self) -> int:
        """Bytes still to fetch, as far as is known."""
        return max(0, (self.remote.bytes or 0) - self.here) if self.do is Action.FETCH else 0

    def __str__(self) -> str:
        what = self.do.value
        if self.why:
            what += f" ({self.why})"
        elif self.here and self.do is Action.FETCH:
            what += f" ({size_in_words(self.here)} of it are here)"
        if self.do is not Action.NOTHING and (note := unchecked(self.remote)):
            what += f"; {note}"
        return f"{self.remote.name}  {size_in_words(self.remote.bytes)}  {what}"


def step_for(remote: RemoteFile, shelf: DownloadFolder, http: HttpClient) -> PlannedFile:
    """Return what is to be done for a file.

    What stands in the record is compared with what is published; of what lies in the folder only
    size and time are looked at. Raises OutputError when another file is in its place, or in the
    place of its first bytes.
    """
    path = shelf.folder / remote.name
    part = path.with_name(path.name + PART)
    kept = shelf.record.files.get(remote.name)
    if not path.exists():
        return PlannedFile(remote, Action.FETCH, size_of(part))
    if not path.is_file():
        raise OutputError(
            f"{path}: is no regular file; remove it, or choose another folder with -o"
        )
    size = path.stat().st_size
    if kept is None:
        if remote.bytes not in (None, size):
            raise OutputError(
                f"{path}: is another file than the published one ({size:,} bytes, not "
                f"{remote.bytes:,}); remove it, rename it to {part.name} to go on with it, or "
                "choose another folder with -o"
            )
        return PlannedFile(remote, Action.CHECK, size)
    if is_newer(remote, kept, http):
        return PlannedFile(remote, Action.FETCH, size_of(part), "it changed on the server")
    if size != kept.bytes:
        return PlannedFile(remote, Action.FETCH, size_of(part), "what is here was changed")
    if path.stat().st_mtime_ns != kept.modified:
        return PlannedFile(remote, Action.CHECK, size)
    return PlannedFile(remote, Action.NOTHING, size)


def is_newer(remote: RemoteFile, kept: CompleteFile, http: HttpClient) -> bool:
    """Whether another file is published now than the one that was fetched."""
    if remote.sha1:
        return remote.sha1 != kept.sha1
    if remote.md5 and kept.md5:
        return remote.md5 != kept.md5
    if remote.bytes not in (None, kept.bytes):
        return True
    known = RemoteState(kept.etag, kept.last_modified)
    return published(remote) is None and is_other(http.head(remote.url) or {}, known)


def refuse_full_disk(folder: Path, steps: Iterable[PlannedFile]) -> None:
    """Raise OutputError when the disk has no room for what is to be fetched."""
    needed = sum(step.missing for step in steps)
    free = free_bytes(folder)
    if needed > free:
        raise OutputError(
            f"{folder}: {size_in_words(needed)} are to be fetched and {size_in_words(free)} are "
            "free; free some, or choose another disk with -o"
        )


def refuse_no_room(path: Path, missing: int) -> None:
    """Raise OutputError when the disk has no room for what is missing of a file.

    For what only the server's answer tells: sizes that were not published, or were wrong.
    """
    free = free_bytes(path.parent)
    if missing > free:
        raise OutputError(
            f"{path}: {size_in_words(missing)} are still to come by the server's answer, and "
            f"{size_in_words(free)} are free; free some, choose another disk with -o, or take "
            "another server with --mirror"
        )


def refuse_endless(path: Path, came: int) -> None:
    """Raise OutputError when a body that does not tell its end has left little of the disk free."""
    free = free_bytes(path.parent)
    if free < _RESERVE:
        raise OutputError(
            f"{path}: {size_in_words(came)} are here of a file whose size the server does not "
            f"tell, and {size_in_words(free)} are free; free some and run the same command again, "
            "or remove it and take another server with --mirror"
        )


def free_bytes(folder: Path) -> int:
    """Return what is free on the disk that the folder is on, or will be on."""
    while not folder.exists():
        folder = folder.absolute().parent
    return shutil.disk_usage(folder).free


def summary(steps: Sequence[PlannedFile], folder: Path) -> str:
    """Return in words how much is to be fetched, and how much is free."""
    todo = [step for step in steps if step.do is Action.FETCH]
    if not todo:
        return "nothing to fetch"
    unknown = sum(step.remote.bytes is None for step in todo)
    more = f" and {unknown} of unknown size" if unknown else ""
    return (
        f"{size_in_words(sum(step.missing for step in todo))}{more} to fetch; "
        f"{size_in_words(free_bytes(folder))} are free in {folder}"
    )
