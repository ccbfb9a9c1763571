"""HTTP requests: User-Agent, number of connections per host, and retries."""

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
from cstool.download.http_semantics import TRANSIENT, YEAR, backoff, retry_after
from cstool.download.replies import (
    FAULTS,
    ConnectionFault,
    DeadlineExceeded,
    Reply,
    ServerError,
    redirected,
)
from cstool.download.server_policy import CONNECTIONS, LONGEST_WAIT
from cstool.download.values import shorten
from cstool.errors import WrongCallError

__all__ = [
    "FAULTS",
    "HttpClient",
    "Reply",
    "RetryCounter",
    "ServerError",
    "StopRequested",
    "describe_error",
    "open_session",
    "raise_if_permanent",
]

_TIMEOUTS = (20.0, 60.0)  # seconds: to connect, and between two bytes
_SHORTEST_NEWS = 5.0  # seconds; shorter waits are not reported
_LIMIT = 120.0  # seconds for the headers of a reply, and for the whole of a small one
_REDIRECTS = 10
_MOVED = (301, 302, 303, 307, 308)
_ABSENT = (404, 410)
_FORBIDDEN = 403
_NO_HEAD = (405, 501)  # the resource exists, but the server does not support HEAD

T = TypeVar("T")


class StopRequested(Exception):  # noqa: N818 - requested by the user, not an error
    """The run is being stopped; existing files are kept."""


def open_session(contact: str | None = None) -> Session:
    """Return a session with cstool's User-Agent; proxies and certificates as requests has them.

    `contact`: an address for the operators of the server. Raises WrongCallError if it is not valid
    in a header.
    """
    if contact and not re.fullmatch(r"[\x21-\x7e]+( [\x21-\x7e]+)*", contact):
        raise WrongCallError(
            f"--contact: {contact!r} is not valid in a User-Agent header; give an address in ASCII"
        )
    session = Session()
    session.headers["User-Agent"] = f"{user_agent(contact)} requests/{requests.__version__}"
    session.contact = contact
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter(pool_maxsize=CONNECTIONS, pool_block=True))
    return session


@dataclass(frozen=True)
class HttpClient:
    """A session with timeouts and retries. `sleep` may return early when `stop` is set.

    `tries`: number of failed attempts in a row after which a request is given up. `say`: receives
    messages for the user. `limit`: seconds for the headers of a reply, including redirects, and for
    the whole of a small one. `server_option`: with which the user gives another server.
    """

    session: Session
    say: Callable[[str], None]
    stop: Event = field(default_factory=Event)
    sleep: Callable[[float], object] | None = None
    now: Callable[[], float] = time.time
    tries: int = 10
    timeouts: tuple[float, float] = _TIMEOUTS
    limit: float = _LIMIT
    server_option: str = "--mirror"

    def wait(self, seconds: float) -> None:
        """Wait. Raises StopRequested if the run is being stopped."""
        (self.sleep or self.stop.wait)(seconds)
        self.check()

    def check(self) -> None:
        """Raise StopRequested if the run is being stopped."""
        if self.stop.is_set():
            raise StopRequested

    def refusal(self, status: int) -> str:
        """Return the error and what to do, for a status after which retries are useless."""
        what = f"the server returned HTTP {status}; "
        if status == _FORBIDDEN and not self.session.contact:
            return f"{what}if it requires a contact in the User-Agent header, give --contact"
        return f"{what}check that the file exists"

    @contextmanager
    def open(
        self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Iterator[Reply]:
        """Yield the reply to a request, its body still unread; it is closed when the block ends.

        Raises FAULTS, and ServerError for a redirect without a valid target.
        """
        self.check()
        # The file's own bytes: compressed replies could expand to any size.
        headers = {"Accept-Encoding": "identity", **(headers or {})}
        with (
            Deadline(self.limit) as deadline,
            self._follow(url, headers, method, deadline) as response,
        ):
            yield Reply(response, deadline, self.server_option)

    def _follow(
        self, url: str, headers: Mapping[str, str], method: str, deadline: Deadline
    ) -> requests.Response:
        """Return the first reply that is not a redirect."""
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
                    raise DeadlineExceeded("timed out") from error
                if at == url and isinstance(error, FAULTS):
                    raise
                where = f"redirected to {shorten(at)}"
                raise_if_permanent(url if at == url else f"{url}, {where}", error)
                raise ConnectionFault(f"{where}: {describe_error(error)}") from error
            if response.status_code not in _MOVED:
                return response
            response.close()  # its body is not needed, and may be endless
            at = redirected(url, at, response.headers.get("Location"), self.server_option)
            self.check()
        raise ServerError(
            f"{url}: more than {_REDIRECTS} redirects; use another server with {self.server_option}"
        )

    def read(self, url: str) -> bytes | None:
        """Return the body of a small resource, or None if it does not exist.

        Raises ServerError if the server refuses, does not reply, or exceeds the size or the time
        that a small resource may take.
        """
        return self._ask(url, "GET", lambda reply: reply.read(self.check), _ABSENT)

    def head(self, url: str) -> Mapping[str, str] | None:
        """Return the headers of a resource; None if it does not exist, or HEAD is not supported."""
        return self._ask(url, "HEAD", lambda reply: reply.headers, (*_ABSENT, *_NO_HEAD))

    def _ask(
        self, url: str, method: str, take: Callable[[Reply], T], absent: tuple[int, ...]
    ) -> T | None:
        tries = RetryCounter(self, url, most=max(2, self.tries // 2))
        while True:
            wait, by_server = None, False
            try:
                with self.open(url, method=method) as reply:
                    if reply.status == requests.codes.ok:
                        return take(reply)
                    if reply.status in absent:
                        return None
                    if reply.status not in TRANSIENT:
                        raise ServerError(f"{url}: {self.refusal(reply.status)}")
                    what, by_server = f"the server returned HTTP {reply.status}", True
                    wait = retry_after(reply.headers.get("Retry-After"), self.now())
            except DeadlineExceeded as error:
                raise ServerError(
                    f"{url}: no complete reply within {self.limit:.0f} s, the limit for listings "
                    "and catalogs; run the same command again, or use another server with "
                    f"{self.server_option}"
                ) from error
            except FAULTS as error:
                raise_if_permanent(url, error)
                what = describe_error(error)
            tries.again(what, wait, by_server=by_server)


class RetryCounter:
    """Counts failed attempts in a row, and waits between them."""

    def __init__(self, http: HttpClient, what: str, most: int) -> None:
        self._http = http
        self._what = what
        self._most = most
        self._count = self._refused = 0

    def progress(self) -> None:
        """Reset the count after an attempt that made progress."""
        self._count = self._refused = 0

    def again(self, fault: str, asked: float | None = None, *, by_server: bool = False) -> None:
        """Wait before the next attempt, `asked` seconds if given; ServerError after the last.

        `by_server`: the server replied with an error, so the wait is longer.
        """
        self._count += 1
        if self._count >= self._most:
            raise ServerError(
                f"{self._what}: {fault}, {self._count} times in a row; run the same command again "
                f"later to resume, or use another server with {self._http.server_option}"
            )
        if asked is None:
            self._refused += by_server
            tries = self._refused if by_server else self._count
            seconds = backoff(tries, by_server=by_server)
        else:
            seconds = asked
        if seconds > LONGEST_WAIT:
            hours = f"{seconds / 3600:.1f} hours" if seconds < YEAR else "a year or more"
            raise ServerError(
                f"{self._what}: {fault} and requests a wait of {hours}; run the same command again "
                f"then to resume, or use another server with {self._http.server_option}"
            )
        if seconds >= _SHORTEST_NEWS:
            self._http.say(f"{self._what}: {fault}; retrying in {seconds:.0f} s")
        self._http.wait(seconds)


def raise_if_permanent(url: str, error: Exception) -> None:
    """Raise ServerError for an error that would be the same in the next attempt."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        raise ServerError(
            f"{url}: the server's certificate is not trusted; set REQUESTS_CA_BUNDLE to the right "
            "certificate authority"
        ) from error
    invalid_address = (
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
        urllib3.exceptions.LocationValueError,
    )
    plain = isinstance(error, ValueError) and not isinstance(error, FAULTS)
    if plain or isinstance(error, invalid_address):
        raise ServerError(f"{url}: {shorten(str(error))}; correct the address") from error


def describe_error(error: Exception) -> str:
    """Return a network error in a few words, without memory addresses."""
    if isinstance(error, ConnectionFault):
        return str(error)
    text = str(getattr(error.args[0], "reason", error.args[0]) if error.args else error)
    if "timed out" in text:
        return "timed out"
    if "resolve" in text or "getaddrinfo" in text:
        return "the host name cannot be resolved"
    match = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text) or re.search(r"'([^']+)'", text)
    words = (match[1] if match else text.rsplit(">: ", 1)[-1]).strip()
    return shorten(words) or type(error).__name__
