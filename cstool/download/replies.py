"""A server's reply: its body read in blocks, or as a small resource within bounds."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from cstool.download.deadline import Deadline
from cstool.download.values import shorten
from cstool.errors import CstoolError

SMALL = 8 << 20  # bytes of a listing, a status, a file of checksums; real ones have below 1 MB
_BLOCK = 1 << 16
# A line that brings less than this is as good as none: a page of text in five minutes.
_SLOWEST, _PERIOD = 64 << 10, 300.0


class ServerError(CstoolError):
    """The server cannot be reached, or does not give what was asked for."""


class ConnectionFault(requests.RequestException):
    """A fault of the line that may pass; its one argument tells it in words."""


class DeadlineExceeded(ConnectionFault):
    """The server sends, but so slowly that the time is over."""


# What a network throws while it is out of order, when asking and when reading an answer.
FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError)


@dataclass(frozen=True)
class Reply:
    """A reply, its body still to be read, and the deadline for it."""

    response: requests.Response
    deadline: Deadline

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; their names in any case."""
        return self.response.headers

    @property
    def url(self) -> str:
        """The address that replied, for a message."""
        return shorten(self.response.url)

    def blocks(self, size: int = _BLOCK) -> Iterator[bytes]:
        """Yield the body as it was sent, undecoded. Raises FAULTS."""
        while True:
            try:
                block = self.response.raw.read1(size, decode_content=False)
            except FAULTS as error:
                self.check(error)
                raise
            except ValueError as error:  # http.client's, of lengths that are none
                raise ConnectionFault("its body is not as HTTP has it") from error
            self.check()
            if not block:
                return
            yield block

    def long_blocks(self, size: int) -> Iterator[bytes]:
        """Yield the body as `blocks` does, however long it takes while the line does not crawl."""
        since, came = monotonic(), 0
        self.deadline.extend(_PERIOD)
        for block in self.blocks(size):
            yield block
            came += len(block)
            self.deadline.extend(_PERIOD)
            if monotonic() - since >= _PERIOD:
                if came < _SLOWEST:
                    raise DeadlineExceeded(f"only {came:,} bytes came in {_PERIOD / 60:.0f} min")
                since, came = monotonic(), 0

    def read(self, check: Callable[[], None]) -> bytes:
        """Return the body of a small resource, decoded; `check` is called between blocks.

        Raises ServerError when it is larger than a small resource can be, FAULTS otherwise.
        """
        encoding = self.headers.get("Content-Encoding", "").strip().lower()
        unpack = _decoder(encoding, self.url)
        body, raw = bytearray(), 0
        for block in self.blocks():
            check()
            raw += len(block)
            # One more than is allowed at most, however much a block unpacks to.
            body += block if unpack is None else _unpacked(unpack, block, SMALL + 1 - len(body))
            if len(body) > SMALL or raw > SMALL:
                what = f"unpacks ({encoding}) to" if raw <= SMALL else "sends"
                raise ServerError(
                    f"{self.url}: {what} more than {SMALL >> 20} MiB, the most that is read of a "
                    "listing or a catalogue; take another server with --mirror"
                )
        if unpack is not None and not unpack.eof:
            raise ConnectionFault(f"its {encoding} body ends too early")
        return bytes(body)

    def check(self, cause: Exception | None = None) -> None:
        """Raise TooLate when the time is over."""
        if self.deadline.expired:
            raise DeadlineExceeded("no answer in time") from cause


def _decoder(encoding: str, url: str) -> "zlib._Decompress | None":
    """Return what unpacks a body: no encoding was asked for, and some servers send gzip even so."""
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib's header or gzip's
    raise ServerError(
        f"{url}: is sent as {shorten(encoding, 40)!r}, which was not asked for; take another "
        "server with --mirror"
    )


def _unpacked(decoder: "zlib._Decompress", block: bytes, most: int) -> bytes:
    if decoder.eof:
        raise ConnectionFault("more follows the end of its compressed body")
    try:
        return decoder.decompress(block, most)
    except zlib.error as error:
        raise ConnectionFault(f"its compressed body is damaged ({error})") from error


def redirected(url: str, base: str, location: str | None) -> str:
    """Return the address to which a reply from `base` redirects.

    Raises ServerError, naming `url`, when that is no address of a web server.
    """
    try:
        target = urljoin(base, location or "")
        parts = urlsplit(target)
        port = parts.port  # raises ValueError
        sound = parts.scheme in ("http", "https") and parts.hostname and port != 0
    except ValueError:
        sound = False
    if not location or not sound or not location.isprintable():
        where = f"to {shorten(location)!r}, which is no web address" if location else "nowhere"
        raise ServerError(f"{url}: redirects {where}; take another server with --mirror")
    return target
