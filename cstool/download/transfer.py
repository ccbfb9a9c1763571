"""Download one file completely, despite network and server errors.

Its bytes have a temporary name until their number and their checksum are right.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cstool.download.catalogue import RemoteFile
from cstool.download.client import (
    FAULTS,
    HttpClient,
    Reply,
    RetryCounter,
    ServerError,
    describe_error,
    raise_if_permanent,
)
from cstool.download.http_semantics import (
    TRANSIENT,
    Decision,
    NextAction,
    RemoteState,
    judge,
    request_headers,
)
from cstool.download.http_semantics import retry_after as parse_retry_after
from cstool.download.own_files import size_of
from cstool.download.partial import PartialFile, kinds_for, published
from cstool.download.plan import require_reserve, require_space_for
from cstool.download.progress_bars import ProgressFactory
from cstool.download.record import CompleteFile, DownloadFolder, PendingFile
from cstool.download.values import validator
from cstool.errors import OutputError
from cstool.execution.progress import size_in_words
from cstool.published.set_lists import PART
from cstool.storage.manifest import describe_file

_BLOCK = 1 << 18
_ROUNDS = 2  # downloads of a file whose checksum is wrong
_ODD = 3  # replies in a row that do not fit the partial file
_ENOUGH = 1 << 20  # bytes; an attempt that receives as many counts as progress
_LOOK = 32 << 20  # bytes of a body of unknown size between two checks of the free disk space


@dataclass(frozen=True)
class TransferContext:
    """What a download needs besides the file: HTTP client, folder, progress bars.

    `renew`: reads the catalogue entry of a file again.
    """

    http: HttpClient
    downloads: DownloadFolder
    bars: ProgressFactory
    renew: Callable[[RemoteFile], RemoteFile]


def fetch(remote: RemoteFile, context: TransferContext) -> CompleteFile:
    """Download the file, or the rest of it, and verify it; return its record.

    Raises ServerError if the server does not send it, or sends other bytes than published;
    OutputError if the disk cannot be written; StopRequested if the run is being stopped.
    """
    path = context.downloads.folder / remote.name
    changes = wrong = 0
    while True:
        _drop_unrelated(path, remote, context)
        with _open(path, remote, context) as partial:
            now = _fill(partial, remote, context)
            fault = _fault(partial, remote)
            if now is None and not fault:
                partial.finish()
                known = context.downloads.record.begun.get(remote.name)
                return _record_complete(path, remote, partial.digests(), known, context)
        if now is None:
            _drop(path, context)
            wrong += 1
            _limit_attempts(wrong, _ROUNDS, remote, fault)
            context.http.say(f"{remote.name}: {fault}; downloading it again")
            remote = context.renew(remote)
        else:
            changes += 1
            _limit_attempts(changes, _ODD, remote, "the file changed on the server")
            remote = now


def _limit_attempts(number: int, most: int, remote: RemoteFile, fault: str) -> None:
    if number >= most:
        raise ServerError(
            f"{remote.url}: {fault}, {number} times; run the same command again, or use "
            "another server with --mirror or another --date"
        )


def _drop_unrelated(path: Path, remote: RemoteFile, context: TransferContext) -> None:
    """Discard the partial file if it is not a part of the file that is published now."""
    part = path.with_name(path.name + PART)
    pending = context.downloads.record.begun.get(remote.name)
    size = size_of(part)
    if not size:
        return
    why = ""
    if pending and _is_other(pending, remote):
        why = "the file changed on the server since the download began"
    elif remote.bytes is not None and size > remote.bytes:
        why = f"the partial file is larger ({size_in_words(size)}) than the published one"
    elif pending is None and published(remote) is None:
        why = f"{part.name} is not in the record and no checksum is published"
    if why:
        context.http.say(f"{remote.name}: {why}; starting over")
        _drop(path, context)


def _is_other(pending: PendingFile, remote: RemoteFile) -> bool:
    """Return whether two published files differ; an attribute that one of them lacks is ignored."""
    pairs = (
        (pending.sha256, remote.sha256),
        (pending.sha1, remote.sha1),
        (pending.md5, remote.md5),
    )
    for before, now in pairs:
        if before and now:
            return before != now
    return None not in (pending.bytes, remote.bytes) and pending.bytes != remote.bytes


def _drop(path: Path, context: TransferContext) -> None:
    path.with_name(path.name + PART).unlink(missing_ok=True)
    context.downloads.drop(path.name)


def _open(path: Path, remote: RemoteFile, context: TransferContext) -> PartialFile:
    """Open the partial file; reading it for its digests has its own progress bar."""
    part = path.with_name(path.name + PART)
    bar = context.bars(f"{remote.name} (reading the partial file)", size_of(part), 0)

    def look(number: int) -> None:
        bar.update(number)
        context.http.check()

    try:
        return PartialFile(path, kinds_for(remote), look)
    finally:
        bar.close()


def _fill(partial: PartialFile, remote: RemoteFile, context: TransferContext) -> RemoteFile | None:
    """Send requests until the partial file has all bytes of the file.

    Returns None then; or the file as it is published now, if it is another one.
    """
    attempts = RetryCounter(context.http, remote.name, context.http.tries)
    best = partial.size
    odd = 0
    while partial.size != remote.bytes:
        asked, by_server = None, False
        try:
            with context.http.open(
                remote.url, request_headers(partial.size, _known(remote, context))
            ) as r:
                decision = judge(r.status, r.headers, partial.size, _known(remote, context))
                fault = decision.why
                if decision.next is NextAction.GIVE_UP:
                    raise ServerError(f"{r.url}: {context.http.refusal(r.status)}")
                if decision.next is NextAction.WAIT:
                    by_server = r.status in TRANSIENT
                    asked = parse_retry_after(r.headers.get("Retry-After"), context.http.now())
                elif decision.next is not NextAction.OTHER:
                    if decision.next is NextAction.WHOLE or _take(
                        r, decision, partial, remote, context
                    ):
                        return None
                    fault = f"the connection closed after {size_in_words(partial.size)}"
        except FAULTS as error:
            raise_if_permanent(remote.url, error)
            decision, fault = Decision(NextAction.WAIT), describe_error(error)
        if partial.size - best >= _ENOUGH:
            attempts.progress()
            odd = 0
        best = max(best, partial.size)
        if decision.next is NextAction.OTHER:
            odd += 1
            _limit_attempts(odd, _ODD, remote, fault)
            now = _look_again(remote, fault, context)
            if now is not None:
                return now
        elif partial.size != remote.bytes:
            attempts.again(fault, asked, by_server=by_server)
    return None


def _look_again(remote: RemoteFile, fault: str, context: TransferContext) -> RemoteFile | None:
    """Return the file as it is published now; None if it is the same.

    While the published checksum is the same, the partial file is kept, whatever validators the
    server sends: servers behind one name may date a file differently, and the checksum decides.
    """
    now = context.renew(remote)
    if published(now) is not None and published(now) == published(remote):
        same = PendingFile(now.url, now.bytes, now.sha1, now.md5, sha256=now.sha256)
        context.downloads.begin(remote.name, same)
        return None
    context.http.say(f"{remote.name}: {fault}; starting over")
    _drop(context.downloads.folder / remote.name, context)
    return now


def _known(remote: RemoteFile, context: TransferContext) -> RemoteState:
    pending = context.downloads.record.begun.get(remote.name)
    if pending is None:
        return RemoteState(bytes=remote.bytes)
    return RemoteState(pending.etag, pending.last_modified, remote.bytes)


def _take(
    reply: Reply,
    decision: Decision,
    partial: PartialFile,
    remote: RemoteFile,
    context: TransferContext,
) -> bool:
    """Write the body of a reply; return whether the file is complete.

    If the catalogue has no size, the server's is used; if the two differ, the checksum decides, and
    without one the file is rejected.
    """
    if decision.next is NextAction.BEGIN and partial.size:
        context.http.say(f"{remote.name}: {decision.why}; starting over")
        partial.restart()
    _note(reply, remote, context)
    end = remote.bytes if remote.bytes is not None else decision.total
    if end is not None:
        require_space_for(partial.path, end - partial.size)
    if remote.bytes is not None and decision.total not in (None, remote.bytes):
        context.http.say(
            f"{remote.name}: {remote.bytes:,} bytes in the catalog, {decision.total:,} bytes on "
            "the server"
        )
        _limit_size(decision.total, remote)
    bar = context.bars(remote.name, end, partial.size)
    looked = partial.size - _LOOK
    try:
        # Not decoded: a server may send a .gz file with "Content-Encoding: gzip".
        for block in reply.long_blocks(_BLOCK):
            context.http.check()
            if end is None and partial.size - looked >= _LOOK:
                require_reserve(partial.path, partial.size)
                looked = partial.size
            if end is not None and remote.bytes is not None:
                _limit_size(partial.size + len(block), remote)
            partial.append(block if end is None else block[: end - partial.size])
            bar.update(len(block))
            # If only the size is published, read on to see whether the body ends here.
            if partial.size == end and (decision.total is not None or published(remote)):
                break
    finally:
        bar.close()
    return partial.size == end or end is None


def _limit_size(size: int | None, remote: RemoteFile) -> None:
    """Raise ServerError for more bytes than published, if there is no checksum to decide."""
    if size is not None and size > (remote.bytes or 0) and published(remote) is None:
        raise ServerError(
            f"{remote.url}: the server sends more than the published {remote.bytes:,} bytes, and "
            "no checksum is published; use another server with --mirror"
        )


def _note(reply: Reply, remote: RemoteFile, context: TransferContext) -> None:
    headers = reply.headers
    pending = PendingFile(
        remote.url,
        remote.bytes,
        remote.sha1,
        remote.md5,
        validator(headers.get("ETag")),
        validator(headers.get("Last-Modified")),
        remote.sha256,
    )
    context.downloads.begin(remote.name, pending)


def _fault(partial: PartialFile, remote: RemoteFile) -> str:
    """Return how the checksum differs from the published one; "" if it does not."""
    expected = published(remote)
    if expected is None or partial.digest(expected[0]) == expected[1]:
        return ""
    kind, digest = expected
    return f"{kind} mismatch: {partial.digest(kind)}, published {digest}"


def check(remote: RemoteFile, context: TransferContext) -> CompleteFile | None:
    """Verify an existing file that has its final name; return its record.

    None if it was downloaded before and has been changed since. Raises OutputError if it is not in
    the record and differs from the published file.
    """
    path = context.downloads.folder / remote.name
    size = path.stat().st_size
    digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds_for(remote)}
    bar = context.bars(f"{remote.name} (verifying)", size, 0)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                context.http.check()
                for digest in digests.values():
                    digest.update(block)
                bar.update(len(block))
    finally:
        bar.close()
    actual = {kind: digest.hexdigest() for kind, digest in digests.items()}
    expected = published(remote)
    before = context.downloads.record.files.get(remote.name)
    right = (
        actual[expected[0]] == expected[1]
        if expected
        else before is None or actual["sha1"] == before.sha1
    )
    if right:
        known = before or PendingFile(remote.url)
        return _record_complete(path, remote, actual, known, context)
    if before:
        context.http.say(
            f"{remote.name}: the local file was changed since its download; downloading it again"
        )
        return None
    raise OutputError(
        f"{path}: differs from the published file (checksum mismatch); remove it, or choose "
        "another folder with -o"
    )


def _record_complete(
    path: Path,
    remote: RemoteFile,
    digests: Mapping[str, str],
    known: PendingFile | CompleteFile | None,
    context: TransferContext,
) -> CompleteFile:
    """Record a complete file; `known` has the validators that the server sent."""
    expected = published(remote)
    complete = CompleteFile(
        remote.url,
        path.stat().st_size,
        digests["sha1"],
        describe_file(path).sample,
        path.stat().st_mtime_ns,
        expected[0] if expected else None,
        remote.md5,
        known.etag if known else None,
        known.last_modified if known else None,
        digests.get("sha256"),
    )
    context.downloads.keep(remote.name, complete)
    return complete
