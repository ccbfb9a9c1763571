"""What a server's answer to a request for a file's rest means; nothing here does any I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum, auto

from cstool.download.values import number, validator

# Answers after which the same request may do better later.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")
YEAR = 365 * 24 * 3600.0
_LONGEST_DATE = 100  # characters
_LONGEST = 60.0  # seconds between two tries, unless the server asks for more


class NextAction(Enum):
    """What to do with an answer."""

    APPEND = auto()  # its body follows on what is here
    BEGIN = auto()  # its body is the file from its start
    OTHER = auto()  # it does not go with what is here: ask what is published now
    WHOLE = auto()  # all of it is here already
    WAIT = auto()  # ask again later
    GIVE_UP = auto()


@dataclass(frozen=True)
class RemoteState:
    """What the server has told of a file before: its validators, and its size where known."""

    etag: str | None = None
    last_modified: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Decision:
    """What to do, why if that is not plain, and how many bytes the whole file is said to have."""

    next: NextAction
    why: str = ""
    total: int | None = None


def request_headers(at: int, known: RemoteState) -> dict[str, str]:
    """Return the headers that ask for a file from byte `at` on, if it is still the same file.

    As RFC 9110 has it: a weak ETag cannot be asked for.
    """
    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, whatever its compression
    if at:
        headers["Range"] = f"bytes={at}-"
        etag = validator(known.etag)
        strong = etag if etag and not etag.startswith("W/") else None
        condition = strong or validator(known.last_modified)
        if condition:
            headers["If-Range"] = condition
    return headers


def judge(status: int, headers: Mapping[str, str], at: int, known: RemoteState) -> Decision:
    """Return what an answer to a request for a file from byte `at` on means.

    `headers`: names as requests gives them, in any case.
    """
    if status in (200, 206) and headers.get("Content-Type", "").startswith("text/html"):
        # What asks for a log-in answers so, in place of the server; no dump is HTML.
        return Decision(NextAction.WAIT, "a web page comes instead of the file")
    if status == 206:
        return _judge_rest(headers, at, known)
    if status == 200:
        total = number(headers.get("Content-Length"))
        if not at:
            return Decision(NextAction.BEGIN, total=total)
        if is_other(headers, known):
            return Decision(NextAction.OTHER, "it changed on the server", total)
        if total is not None and known.bytes not in (None, total):
            # Not the file, whatever it is: no reason to drop what is here.
            return Decision(NextAction.WAIT, f"the server sends something else, of {total:,} bytes")
        return Decision(NextAction.BEGIN, "the server does not go on where it stopped", total)
    if status == 416 and at:
        if headers.get("Content-Range", "").strip() == f"bytes */{at}":
            return Decision(NextAction.WHOLE, total=at)
        return Decision(NextAction.OTHER, "the server has no more of it than is here")
    if status in PASSING:
        return Decision(NextAction.WAIT, f"the server answers {status}")
    return Decision(NextAction.GIVE_UP, f"the server answers {status}")


def _judge_rest(headers: Mapping[str, str], at: int, known: RemoteState) -> Decision:
    match = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None or int(match[1]) != at:
        return Decision(NextAction.OTHER, "the server sends another piece than was asked for")
    total = number(match[3])
    if is_other(headers, known) or (total and known.bytes and total != known.bytes):
        return Decision(NextAction.OTHER, "it changed on the server", total)
    return Decision(NextAction.APPEND, total=total)


def is_other(headers: Mapping[str, str], known: RemoteState) -> bool:
    """Whether the validators say that this is not the file that was known."""
    pairs = (
        (validator(headers.get("ETag")), known.etag),
        (validator(headers.get("Last-Modified")), known.last_modified),
    )
    return any(now and before and now != before for now, before in pairs)


def retry_after(value: str | None, now: float) -> float | None:
    """Return how many seconds a `Retry-After` asks for, at the time `now` (of `time.time`).

    It holds seconds or an HTTP date; None when it is missing or neither. More than a year counts
    as a year.
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
    except (ValueError, TypeError, IndexError, OverflowError):  # dates that are none, any of them
        return None


def backoff(tries: int) -> float:
    """Return the seconds to wait after so many tries in a row that came to nothing."""
    return min(_LONGEST, 2.0 ** min(tries - 1, 10))
