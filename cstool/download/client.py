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
from requests.adapters import HTTPAdapter

from cstool import __version__
from cstool.download.answers import PASSING, backoff, retry_after
from cstool.running.errors import CstoolError, WrongCallError

HOME = "https://pypi.org/project/cstool/"
CONNECTIONS = 2  # a host; Wikimedia bears no more than two or three
_TIMEOUTS = (20.0, 60.0)  # seconds: to connect, and without a byte
_LONGEST_WAIT = 3600.0  # seconds that a server may ask us to wait
_SHORTEST_NEWS = 5.0  # seconds; waiting less is not worth a line

T = TypeVar("T")


class ServerError(CstoolError):
    """The server cannot be reached, or does not give what was asked for."""


class StopAsked(Exception):  # noqa: N818 - the user has asked for it
    """The run is being stopped; what is here stays."""


# What a network throws while it is out of order, when asking and when reading an answer.
FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError)


def open_session(contact: str | None = None) -> requests.Session:
    """Return a session with our name on it, and proxies and certificates as requests has them.

    `contact`: an address for those who run the server. Raises WrongCallError when it cannot
    stand in a header.
    """
    if contact and not re.fullmatch(r"[\x21-\x7e]+( [\x21-\x7e]+)*", contact):
        raise WrongCallError(
            f"--contact: {contact!r} cannot stand in a User-Agent; give an address in ASCII"
        )
    who = f"{HOME}; {contact}" if contact else HOME
    session = requests.Session()
    session.headers["User-Agent"] = f"cstool/{__version__} ({who}) requests/{requests.__version__}"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS, pool_block=True))
    return session


@dataclass(frozen=True)
class Http:
    """A session and its patience. `sleep` may end early, when `stop` is set.

    `tries`: how often in a row a request may come to nothing. `say`: takes lines for the user.
    """

    session: requests.Session
    say: Callable[[str], None]
    stop: Event = field(default_factory=Event)
    sleep: Callable[[float], object] | None = None
    now: Callable[[], float] = time.time
    tries: int = 10
    timeouts: tuple[float, float] = _TIMEOUTS

    def wait(self, seconds: float) -> None:
        """Wait. Raises StopAsked when the run is stopped meanwhile."""
        (self.sleep or self.stop.wait)(seconds)
        self.check()

    def check(self) -> None:
        """Raise StopAsked when the run is being stopped."""
        if self.stop.is_set():
            raise StopAsked

    @contextmanager
    def open(
        self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Iterator[requests.Response]:
        """Give the answer to a request, its body still to be read; closed when the block ends."""
        self.check()
        with self.session.request(
            method,
            url,
            headers={**(headers or {})},
            stream=True,
            timeout=self.timeouts,
            allow_redirects=True,
        ) as response:
            yield response

    def read(self, url: str) -> bytes | None:
        """Return what stands at a small resource, or None when there is nothing.

        Raises ServerError when the server refuses, or does not answer.
        """
        return self._ask(url, "GET", lambda response: response.content)

    def head(self, url: str) -> Mapping[str, str] | None:
        """Return what the server tells of a resource; None when there is nothing."""
        headers = {"Accept-Encoding": "identity"}
        return self._ask(url, "HEAD", lambda response: response.headers, headers)

    def _ask(
        self,
        url: str,
        method: str,
        take: Callable[[requests.Response], T],
        headers: Mapping[str, str] | None = None,
    ) -> T | None:
        tries = Tries(self, url, most=max(2, self.tries // 2))
        while True:
            wait = None
            try:
                with self.open(url, headers, method) as response:
                    if response.ok:
                        return take(response)
                    if response.status_code in (404, 410):
                        return None
                    what = f"the server answers {response.status_code}"
                    if response.status_code not in PASSING:
                        raise ServerError(f"{url}: {what}; look whether it is there at all")
                    wait = retry_after(response.headers.get("Retry-After"), self.now())
            except FAULTS as error:
                refuse_lasting(url, error)
                what = in_words(error)
            tries.again(what, wait)


class Tries:
    """Counts tries in a row that came to nothing, and waits between them."""

    def __init__(self, http: Http, what: str, most: int) -> None:
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
            raise ServerError(
                f"{self._what}: {fault}, and asks to come back in {seconds / 3600:.1f} hours; the "
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
    lasting = (requests.TooManyRedirects, ValueError)  # a ValueError: an address that is none
    if isinstance(error, lasting):
        raise ServerError(f"{url}: {error}; mend the address") from error


def in_words(error: Exception) -> str:
    """Return a network's fault in a few words, without addresses in memory."""
    text = str(getattr(error.args[0], "reason", error.args[0]) if error.args else error)
    if "timed out" in text:
        return "no answer in time"
    if "resolve" in text or "getaddrinfo" in text:
        return "its name cannot be resolved"
    found = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text) or re.search(r"'([^']+)'", text)
    return (found[1] if found else text.rsplit(">: ", 1)[-1]).strip() or type(error).__name__
