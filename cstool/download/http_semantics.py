"""Interpret a server's reply to a range request; this module performs no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum, auto

from cstool.download.server_policy import LONGEST_PAUSE, SERVER_PAUSES
from cstool.download.values import number, validator

# Status codes after which the same request may succeed later.
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")
YEAR = 365 * 24 * 3600.0
_LONGEST_DATE = 100  # characters


class NextAction(Enum):
    """What to do after a reply."""

    APPEND = auto()  # append the body to the partial file
    BEGIN = auto()  # the body is the file from its start
    OTHER = auto()  # the reply does not fit the partial file: read the catalogue again
    WHOLE = auto()  # the file is complete already
    WAIT = auto()  # retry later
    GIVE_UP = auto()


@dataclass(frozen=True)
class RemoteState:
    """The validators that the server sent before, and the file's size if known."""

    etag: str | None = None
    last_modified: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Decision:
    """What to do, the reason if it needs one, and the total size that the reply states."""

    next: NextAction
    why: str = ""
    total: int | None = None


def request_headers(at: int, known: RemoteState) -> dict[str, str]:
    """Return the headers that request a file from byte `at`, if it is still the same file.

    A weak ETag cannot be used for that (RFC 9110, 13.1.5).
    """
    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, not compressed again
    if at:
        headers["Range"] = f"bytes={at}-"
        etag = validator(known.etag)
        strong = etag if etag and not etag.startswith("W/") else None
        condition = strong or validator(known.last_modified)
        if condition:
            headers["If-Range"] = condition
    return headers


def judge(status: int, headers: Mapping[str, str], at: int, known: RemoteState) -> Decision:
    """Interpret the reply to a request for a file from byte `at`.

    `headers`: a mapping with case-insensitive names, as in requests.
    """
    if status in (200, 206) and headers.get("Content-Type", "").startswith("text/html"):
        # A login page of the network, in place of the server's reply; no dump is HTML.
        return Decision(NextAction.WAIT, "the reply is a web page instead of the file")
    if status == 206:
        return _judge_rest(headers, at, known)
    if status == 200:
        total = number(headers.get("Content-Length"))
        if not at:
            return Decision(NextAction.BEGIN, total=total)
        if is_other(headers, known):
            return Decision(NextAction.OTHER, "the file changed on the server", total)
        if total is not None and known.bytes not in (None, total):
            # It is not the file, so the partial file is kept.
            return Decision(NextAction.WAIT, f"the server sends another file of {total:,} bytes")
        return Decision(NextAction.BEGIN, "the server does not support resuming", total)
    if status == 416 and at:
        if headers.get("Content-Range", "").strip() == f"bytes */{at}":
            return Decision(NextAction.WHOLE, total=at)
        return Decision(NextAction.OTHER, "the server's file is not longer than the partial file")
    if status in TRANSIENT:
        return Decision(NextAction.WAIT, f"the server returned HTTP {status}")
    return Decision(NextAction.GIVE_UP, f"the server returned HTTP {status}")


def _judge_rest(headers: Mapping[str, str], at: int, known: RemoteState) -> Decision:
    match = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None or int(match[1]) != at:
        return Decision(NextAction.OTHER, "the server sends another range than requested")
    total = number(match[3])
    if is_other(headers, known) or (total and known.bytes and total != known.bytes):
        return Decision(NextAction.OTHER, "the file changed on the server", total)
    return Decision(NextAction.APPEND, total=total)


def is_other(headers: Mapping[str, str], known: RemoteState) -> bool:
    """Return whether the validators differ from the known ones."""
    pairs = (
        (validator(headers.get("ETag")), known.etag),
        (validator(headers.get("Last-Modified")), known.last_modified),
    )
    return any(now and before and now != before for now, before in pairs)


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header requests, at the time `now` (of `time.time`).

    The value is a number of seconds or an HTTP date; None if it is missing or neither. More than a
    year counts as a year.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]+", text):
        seconds = number(text)
        return YEAR if seconds is None else min(YEAR, float(seconds))
    if len(text) > _LONGEST_DATE:
        return None
    try:
        when = parsedate_to_datetime(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return min(YEAR, max(0.0, when.timestamp() - now))
    except (ValueError, TypeError, IndexError, OverflowError):  # each occurs for some invalid date
        return None


def backoff(tries: int, *, by_server: bool = False) -> float:
    """Return the seconds to wait after `tries` failed attempts in a row.

    `by_server`: the last one was refused by the server, not lost in the network.
    """
    if by_server:
        return SERVER_PAUSES[min(tries, len(SERVER_PAUSES)) - 1]
    return min(LONGEST_PAUSE, 2.0 ** min(tries - 1, 10))
