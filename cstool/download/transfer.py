"""One file: fetched to its last byte, whatever the line and the server do meanwhile.

Its bytes lie under a temporary name until their number and their checksum are right.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cstool.download.catalogue import RemoteFile
from cstool.download.client import (
    FAULTS,
    HttpClient,
    Reply,
    RetryCounter,
    ServerError,
    in_words,
    refuse_lasting,
)
from cstool.download.http_semantics import Decision, NextAction, RemoteState, judge, request_headers
from cstool.download.http_semantics import retry_after as asked_for
from cstool.download.own_files import size_of
from cstool.download.partial import PartialFile, kinds_for, published
from cstool.download.plan import refuse_endless, refuse_no_room
from cstool.download.progress_bars import ProgressFactory
from cstool.download.record import PART, CompleteFile, DownloadFolder, PendingFile
from cstool.download.values import validator
from cstool.errors import OutputError
from cstool.execution.progress import size_in_words
from cstool.storage.manifest import describe_file

_BLOCK = 1 << 18
_ROUNDS = 2  # a file whose checksum is wrong is fetched once more
_ODD = 3  # answers in a row that do not go with what is here
_ENOUGH = 1 << 20  # bytes; a try that brings as many has come to something
_LOOK = 32 << 20  # bytes of a body without an end between two looks at what is free


@dataclass(frozen=True)
class TransferContext:
    """What fetching needs beside the file: the line, the folder, the bars.

    `renew`: asks the catalogue once more what is published of a file.
    """

    http: HttpClient
    shelf: DownloadFolder
    bars: ProgressFactory
    renew: Callable[[RemoteFile], RemoteFile]


def fetch(remote: RemoteFile, job: TransferContext) -> CompleteFile:
    """Fetch the file, or what is missing of it, and check it; return what was recorded.

    Raises ServerError when the server does not give it, or gives other bytes than published;
    OutputError when the disk does not take it; StopAsked when the run is being stopped.
    """
    path = job.shelf.folder / remote.name
    changes = wrong = 0
    while True:
        _drop_other(path, remote, job)
        with _open(path, remote, job) as partial:
            now = _fill(partial, remote, job)
            fault = _fault(partial, remote)
            if now is None and not fault:
                partial.finish()
                known = job.shelf.record.begun.get(remote.name)
                return _keep(path, remote, partial.size, partial.digest("sha1"), known, job)
        if now is None:
            _drop(path, job)
            wrong += 1
            _refuse(wrong, _ROUNDS, remote, fault)
            job.http.say(f"{remote.name}: {fault}; fetched once more")
            remote = job.renew(remote)
        else:
            changes += 1
            _refuse(changes, _ODD, remote, "it changed on the server")
            remote = now


def _refuse(number: int, most: int, remote: RemoteFile, fault: str) -> None:
    if number >= most:
        raise ServerError(
            f"{remote.url}: {fault}, {number} times; the same command tries again, or take "
            "another server with --mirror, or another --date"
        )


def _drop_other(path: Path, remote: RemoteFile, job: TransferContext) -> None:
    """Drop what is here when it is no piece of the file that is published now."""
    part = path.with_name(path.name + PART)
    begun = job.shelf.record.begun.get(remote.name)
    here = size_of(part)
    if not here:
        return
    why = ""
    if begun and _is_other(begun, remote):
        why = "it changed on the server since it was begun"
    elif remote.bytes is not None and here > remote.bytes:
        why = f"{size_in_words(here)} are here, more than it has"
    elif begun is None and published(remote) is None:
        why = f"nothing tells what {part.name} is a piece of"
    if why:
        job.http.say(f"{remote.name}: {why}; begun again")
        _drop(path, job)


def _is_other(begun: PendingFile, remote: RemoteFile) -> bool:
    """Whether two files were published; what one of them lacks tells nothing."""
    for before, now in ((begun.sha1, remote.sha1), (begun.md5, remote.md5)):
        if before and now:
            return before != now
    return None not in (begun.bytes, remote.bytes) and begun.bytes != remote.bytes


def _drop(path: Path, job: TransferContext) -> None:
    path.with_name(path.name + PART).unlink(missing_ok=True)
    job.shelf.drop(path.name)


def _open(path: Path, remote: RemoteFile, job: TransferContext) -> PartialFile:
    """Open what is here; reading it, for its digests, has a bar of its own."""
    part = path.with_name(path.name + PART)
    here = size_of(part)
    bar = job.bars(f"{remote.name} (reading what is here)", here, 0)

    def look(number: int) -> None:
        bar.update(number)
        job.http.check()

    try:
        return PartialFile(path, kinds_for(remote), look)
    finally:
        bar.close()


def _fill(partial: PartialFile, remote: RemoteFile, job: TransferContext) -> RemoteFile | None:
    """Ask, as often as it takes, until as many bytes are here as the file has.

    Returns None then; or the file as it is published now, when it is another one.
    """
    tries = RetryCounter(job.http, remote.name, job.http.tries)
    best = partial.size
    odd = 0
    while partial.size != remote.bytes:
        asked = None
        try:
            with job.http.open(remote.url, request_headers(partial.size, _known(remote, job))) as r:
                answer = judge(r.status, r.headers, partial.size, _known(remote, job))
                fault = answer.why
                if answer.next is NextAction.GIVE_UP:
                    raise ServerError(f"{r.url}: {fault}; look whether it is there at all")
                if answer.next is NextAction.WAIT:
                    asked = asked_for(r.headers.get("Retry-After"), job.http.now())
                elif answer.next is not NextAction.OTHER:
                    if answer.next is NextAction.WHOLE or _take(r, answer, partial, remote, job):
                        return None
                    fault = f"the line ended at {size_in_words(partial.size)}"
        except FAULTS as error:
            refuse_lasting(remote.url, error)
            answer, fault = Decision(NextAction.WAIT), in_words(error)
        if partial.size - best >= _ENOUGH:
            tries.progress()
            odd = 0
        best = max(best, partial.size)
        if answer.next is NextAction.OTHER:
            odd += 1
            _refuse(odd, _ODD, remote, fault)
            now = _look_again(remote, fault, job)
            if now is not None:
                return now
        elif partial.size != remote.bytes:
            tries.again(fault, asked)
    return None


def _look_again(remote: RemoteFile, fault: str, job: TransferContext) -> RemoteFile | None:
    """Return what is published of a file that the server has answered oddly for; None if the same.

    While the published checksum is the same, what is here is gone on with, whatever the server
    calls it: machines behind one name may date one file differently, and the checksum tells.
    """
    now = job.renew(remote)
    if published(now) is not None and published(now) == published(remote):
        job.shelf.begin(remote.name, PendingFile(now.url, now.bytes, now.sha1, now.md5))
        return None
    job.http.say(f"{remote.name}: {fault}; begun again")
    _drop(job.shelf.folder / remote.name, job)
    return now


def _known(remote: RemoteFile, job: TransferContext) -> RemoteState:
    begun = job.shelf.record.begun.get(remote.name)
    if begun is None:
        return RemoteState(bytes=remote.bytes)
    return RemoteState(begun.etag, begun.last_modified, remote.bytes)


def _take(
    reply: Reply, answer: Decision, partial: PartialFile, remote: RemoteFile, job: TransferContext
) -> bool:
    """Write an answer's body; return whether the file has come to its end.

    Where the catalogue tells no size, the server's word is taken; where the two differ, the
    checksum tells which is right, and without one the file is not taken.
    """
    if answer.next is NextAction.BEGIN and partial.size:
        job.http.say(f"{remote.name}: {answer.why}; begun again")
        partial.restart()
    _note(reply, remote, job)
    end = remote.bytes if remote.bytes is not None else answer.total
    if end is not None:
        refuse_no_room(partial.path, end - partial.size)
    if remote.bytes is not None and answer.total not in (None, remote.bytes):
        job.http.say(
            f"{remote.name}: has {remote.bytes:,} bytes by the catalogue, {answer.total:,} by the "
            "server"
        )
        _refuse_larger(answer.total, remote)
    bar = job.bars(remote.name, end, partial.size)
    looked = partial.size - _LOOK
    try:
        # Undecoded: a server may call a .gz "Content-Encoding: gzip".
        for block in reply.long_blocks(_BLOCK):
            job.http.check()
            if end is None and partial.size - looked >= _LOOK:
                refuse_endless(partial.path, partial.size)
                looked = partial.size
            if end is not None and remote.bytes is not None:
                _refuse_larger(partial.size + len(block), remote)
            partial.append(block if end is None else block[: end - partial.size])
            bar.update(len(block))
            # Where only the size tells the file, look whether it ends here.
            if partial.size == end and (answer.total is not None or published(remote)):
                break
    finally:
        bar.close()
    return partial.size == end or end is None


def _refuse_larger(size: int | None, remote: RemoteFile) -> None:
    """Raise ServerError for more bytes than are published, where no checksum tells the file."""
    if size is not None and size > (remote.bytes or 0) and published(remote) is None:
        raise ServerError(
            f"{remote.url}: the server sends more than the {remote.bytes:,} bytes that are "
            "published, and no checksum tells which is right; take another server with --mirror"
        )


def _note(reply: Reply, remote: RemoteFile, job: TransferContext) -> None:
    headers = reply.headers
    begun = PendingFile(
        remote.url,
        remote.bytes,
        remote.sha1,
        remote.md5,
        validator(headers.get("ETag")),
        validator(headers.get("Last-Modified")),
    )
    job.shelf.begin(remote.name, begun)


def _fault(partial: PartialFile, remote: RemoteFile) -> str:
    """Return in what the bytes are not those that were published; "" when they are."""
    must = published(remote)
    if must is None or partial.digest(must[0]) == must[1]:
        return ""
    kind, digest = must
    return f"its {kind} is {partial.digest(kind)}, the published one {digest}"


def check(remote: RemoteFile, job: TransferContext) -> CompleteFile | None:
    """Read a file that lies here under its own name; return what was recorded of it.

    None when it is one that was fetched and has been changed since. Raises OutputError when it is
    none of ours, and other than the published one.
    """
    path = job.shelf.folder / remote.name
    size = path.stat().st_size
    digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds_for(remote)}
    bar = job.bars(f"{remote.name} (checking)", size, 0)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                job.http.check()
                for digest in digests.values():
                    digest.update(block)
                bar.update(len(block))
    finally:
        bar.close()
    found = {kind: digest.hexdigest() for kind, digest in digests.items()}
    must = published(remote)
    before = job.shelf.record.files.get(remote.name)
    right = found[must[0]] == must[1] if must else before is None or found["sha1"] == before.sha1
    if right:
        known = before or PendingFile(remote.url)
        return _keep(path, remote, size, found["sha1"], known, job)
    if before:
        job.http.say(f"{remote.name}: was changed here since it was fetched; fetched again")
        return None
    raise OutputError(
        f"{path}: is another file than the published one (by its checksum); remove it, or choose "
        "another folder with -o"
    )


def _keep(
    path: Path,
    remote: RemoteFile,
    size: int,
    sha1: str,
    known: PendingFile | CompleteFile | None,
    job: TransferContext,
) -> CompleteFile:
    """Record a file that is whole; `known` has what the server told of it."""
    must = published(remote)
    kept = CompleteFile(
        remote.url,
        size,
        sha1,
        describe_file(path).sample,
        path.stat().st_mtime_ns,
        must[0] if must else None,
        remote.md5,
        known.etag if known else None,
        known.last_modified if known else None,
    )
    job.shelf.keep(remote.name, kept)
    return kept
