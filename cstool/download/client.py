"""Asking servers: who we are, at most two connections a host, and trying again with patience."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

import requests
import urllib3

from cstool.distribution import user_agent
from cstool.download.deadline import Deadline, DeadlineAdapter, Session
from cstool.download.http_semantics import PASSING, YEAR, backoff, retry_after
from cstool.download.replies import (
    FAULTS,
    ConnectionFault,
    DeadlineExceeded,
    Reply,
    ServerError,
    redirected,
)
from cstool.download.values import shorten
from cstool.errors import WrongCallError

__all__ = [
    "CONNECTIONS",
    "FAULTS",
    "HttpClient",
    "Reply",
    "RetryCounter",
    "ServerError",
    "StopRequested",
    "in_words",
    "open_session",
    "refuse_lasting",
]

CONNECTIONS = 2  # a host; Wikimedia bears no more than two or three
_TIMEOUTS = (20.0, 60.0)  # seconds: to connect, and without a byte
_LONGEST_WAIT = 3600.0  # seconds that a server may ask us to wait
_SHORTEST_NEWS = 5.0  # seconds; waiting less is not worth a line
_LIMIT = 120.0  # seconds for the head of a reply, and for all of a small one
_REDIRECTS = 10
_MOVED = (301, 302, 303, 307, 308)
_ABSENT = (404, 410)
_NO_HEAD = (405, 501)  # the server has the resource and does not answer HEAD

T = TypeVar("T")


class StopRequested(Exception):  # noqa: N818 - the user has asked for it
    """The run is being stopped; what is here stays."""


def open_session(contact: str | None = None) -> Session:
    """Return a session with our name on it, and proxies and certificates as requests has them.

    `contact`: an address for those who run the server. Raises WrongCallError when it cannot
    stand in a header.
    """
    if contact and not re.fullmatch(r"[\x21-\x7e]+( [\x21-\x7e]+)*", contact):
        raise WrongCallError(
            f"--contact: {contact!r} cannot stand in a User-Agent; give an address in ASCII"
        )
    session = Session()
    session.headers["User-Agent"] = f"{user_agent(contact)} requests/{requests.__version__}"
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter(pool_maxsize=CONNECTIONS, pool_block=True))
    return session


@dataclass(frozen=True)
class HttpClient:
    """A session and its patience. `sleep` may end early, when `stop` is set.

    `tries`: how often in a row a request may come to nothing. `say`: takes lines for the user.
    `limit`: seconds for the head of a reply, redirects included, and for all of a small one.
    """

    session: Session
    say: Callable[[str], None]
    stop: Event = field(default_factory=Event)
    sleep: Callable[[float], object] | None = None
    now: Callable[[], float] = time.time
    tries: int = 10
    timeouts: tuple[float, float] = _TIMEOUTS
    limit: float = _LIMIT

    def wait(self, seconds: float) -> None:
        """Wait. Raises StopAsked when the run is stopped meanwhile."""
        (self.sleep or self.stop.wait)(seconds)
        self.check()

    def check(self) -> None:
        """Raise StopAsked when the run is being stopped."""
        if self.stop.is_set():
            raise StopRequested

    @contextmanager
    def open(
        self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Iterator[Reply]:
        """Give the reply to a request, its body still to be read; closed when the block ends.

        Raises FAULTS, and ServerError for a redirect that leads nowhere.
        """
        self.check()
        # Its own bytes: what a server packs, it may pack to any size.
        headers = {"Accept-Encoding": "identity", **(headers or {})}
        with (
            Deadline(self.limit) as deadline,
            self._follow(url, headers, method, deadline) as response,
        ):
            yield Reply(response, deadline)

    def _follow(
        self, url: str, headers: Mapping[str, str], method: str, deadline: Deadline
    ) -> requests.Response:
        """Return the first reply that is no redirect."""
        at = url
        for _ in range(_REDIRECTS + 1):
            try:
                response = self.session.request(
                    method,
                    at,
                    headers={**headers},
                    stream=True,
                    timeout=self.timeouts,
                    allow_redirects=False,
                )
            except (ValueError, *FAULTS) as error:
                if deadline.expired:
                    raise DeadlineExceeded("no answer in time") from error
                if at == url and isinstance(error, FAULTS):
                    raise
                where = f"redirected to {shorten(at)}"
                refuse_lasting(url if at == url else f"{url}, {where}", error)
                raise ConnectionFault(f"{where}: {in_words(error)}") from error
            if response.status_code not in _MOVED:
                return response
            response.close()  # its body is of no use, and may have no end
            at = redirected(url, at, response.headers.get("Location"))
            self.check()
        raise ServerError(
            f"{url}: redirects more than {_REDIRECTS} times; take another server with --mirror"
        )

    def read(self, url: str) -> bytes | None:
        """Return what stands at a small resource, or None when there is nothing.

        Raises ServerError when the server refuses, does not answer, or sends more than a small
        resource can have, in bytes or in time.
        """
        return self._ask(url, "GET", lambda reply: reply.read(self.check), _ABSENT)

    def head(self, url: str) -> Mapping[str, str] | None:
        """Return what the server tells of a resource; None when there is nothing."""
        return self._ask(url, "HEAD", lambda reply: reply.headers, (*_ABSENT, *_NO_HEAD))

    def _ask(
        self, url: str, method: str, take: Callable[[Reply], T], absent: tuple[int, ...]
    ) -> T | None:
        tries = RetryCounter(self, url, most=max(2, self.tries // 2))
        while True:
            wait = None
            try:
                with self.open(url, method=method) as reply:
                    if reply.status == requests.codes.ok:
                        return take(reply)
                    if reply.status in absent:
                        return None
                    what = f"the server answers {reply.status}"
                    if reply.status not in PASSING:
                        raise ServerError(f"{url}: {what}; look whether it is there at all")
                    wait = retry_after(reply.headers.get("Retry-After"), self.now())
            except DeadlineExceeded as error:
                raise ServerError(
                    f"{url}: not all of it came in {self.limit:.0f} s, the most that a listing or "
                    "a catalogue may take; the same command tries again, or take another server "
                    "with --mirror"
                ) from error
            except FAULTS as error:
                refuse_lasting(url, error)
                what = in_words(error)
            tries.again(what, wait)


class RetryCounter:
    """Counts tries in a row that came to nothing, and waits between them."""

    def __init__(self, http: HttpClient, what: str, most: int) -> None:
        self._http = http
        self._what = what
        self._most = most
        self._count = 0

    def progress(self) -> None:
        """Tell that the last try has brought something."""
        self._count = 0

    def again(self, fault: str, asked: float | None = None) -> None:
        """Wait before the next try, as long as was `asked` for; raise ServerError for the last."""
        self._count += 1
        if self._count >= self._most:
            raise ServerError(
                f"{self._what}: {fault}, {self._count} times in a row; the same command goes on "
                "later, or take another server with --mirror"
            )
        seconds = backoff(self._count) if asked is None else asked
        if seconds > _LONGEST_WAIT:
            hours = f"{seconds / 3600:.1f} hours" if seconds < YEAR else "a year or more"
            raise ServerError(
                f"{self._what}: {fault}, and asks to come back in {hours}; the "
                "same command goes on then, or take another server with --mirror"
            )
        if seconds >= _SHORTEST_NEWS:
            self._http.say(f"{self._what}: {fault}; trying again in {seconds:.0f} s")
        self._http.wait(seconds)


def refuse_lasting(url: str, error: Exception) -> None:
    """Raise ServerError for a fault that will be the same next time."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        raise ServerError(
            f"{url}: the server's certificate is not trusted; name the right authority in "
            "REQUESTS_CA_BUNDLE"
        ) from error
    no_address = (
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
        urllib3.exceptions.LocationValueError,
    )
    plain = isinstance(error, ValueError) and not isinstance(error, FAULTS)
    if plain or isinstance(error, no_address):
        raise ServerError(f"{url}: {shorten(str(error))}; mend the address") from error


def in_words(error: Exception) -> str:
    """Return a network's fault in a few words, without addresses in memory."""
    if isinstance(error, ConnectionFault):
        return str(error)
    text = str(getattr(error.args[0], "reason", error.args[0]) if error.args else error)
    if "timed out" in text:
        return "no answer in time"
    if "resolve" in text or "getaddrinfo" in text:
        return "its name cannot be resolved"
    found = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text) or re.search(r"'([^']+)'", text)
    words = (found[1] if found else text.rsplit(">: ", 1)[-1]).strip()
    return shorten(words) or type(error).__name__
