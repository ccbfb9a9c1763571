"""A server's reply: its body read in blocks, or as a small resource of limited size."""

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

SMALL = 8 << 20  # bytes of a listing, a status or a checksum file; real ones have less than 1 MB
_BLOCK = 1 << 16
# The lowest speed of a usable connection: bytes in a period of seconds.
_SLOWEST, _PERIOD = 64 << 10, 300.0


class ServerError(CstoolError):
    """The server cannot be reached, or does not send the requested resource."""


class ConnectionFault(requests.RequestException):
    """A temporary network error; its one argument is a description."""


class DeadlineExceeded(ConnectionFault):
    """The server sends too slowly for the time limit."""


# Exceptions for network errors, while sending a request or reading a reply.
FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError)


@dataclass(frozen=True)
class Reply:
    """A reply whose body is still to be read, and its deadline.

    `option`: of the command, with which the user gives another server.
    """

    response: requests.Response
    deadline: Deadline
    option: str

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, with case-insensitive names."""
        return self.response.headers

    @property
    def url(self) -> str:
        """The URL of the reply, for a message."""
        return shorten(self.response.url)

    def blocks(self, size: int = _BLOCK) -> Iterator[bytes]:
        """Yield the body as it was sent, not decoded. Raises FAULTS."""
        while True:
            try:
                block = self.response.raw.read1(size, decode_content=False)
            except FAULTS as error:
                self.check(error)
                raise
            except ValueError as error:  # of http.client, for invalid lengths
                raise ConnectionFault("the body is not valid HTTP") from error
            self.check()
            if not block:
                return
            yield block

    def long_blocks(self, size: int) -> Iterator[bytes]:
        """Yield the body as `blocks` does, without a time limit while the speed is high enough."""
        since, received = monotonic(), 0
        self.deadline.extend(_PERIOD)
        for block in self.blocks(size):
            yield block
            received += len(block)
            self.deadline.extend(_PERIOD)
            if monotonic() - since >= _PERIOD:
                if received < _SLOWEST:
                    raise DeadlineExceeded(
                        f"only {received:,} bytes received in {_PERIOD / 60:.0f} min"
                    )
                since, received = monotonic(), 0

    def read(self, check: Callable[[], None], most: int = SMALL) -> bytes:
        """Return the body of a small resource, decoded; `check` is called between blocks.

        Raises ServerError if it has more than `most` bytes, otherwise FAULTS.
        """
        encoding = self.headers.get("Content-Encoding", "").strip().lower()
        decoder = _decoder(encoding, self.url, self.option)
        body, raw = bytearray(), 0
        for block in self.blocks():
            check()
            raw += len(block)
            # At most one byte more than allowed, however much a block expands to.
            body += block if decoder is None else _decoded(decoder, block, most + 1 - len(body))
            if len(body) > most or raw > most:
                what = f"{encoding} data expands to" if raw <= most else "the reply has"
                raise ServerError(
                    f"{self.url}: {what} more than {most >> 20} MiB, the limit for listings and "
                    f"catalogs; use another server with {self.option}"
                )
        if decoder is not None and not decoder.eof:
            raise ConnectionFault(f"the {encoding} body is truncated")
        return bytes(body)

    def check(self, cause: Exception | None = None) -> None:
        """Raise DeadlineExceeded if the time is over."""
        if self.deadline.expired:
            raise DeadlineExceeded("timed out") from cause


def _decoder(encoding: str, url: str, option: str) -> "zlib._Decompress | None":
    """Return a decoder of the body: none was requested, but some servers send gzip anyway."""
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib's header or gzip's
    raise ServerError(
        f"{url}: unsupported content encoding {shorten(encoding, 40)!r}; use another server with "
        f"{option}"
    )


def _decoded(decoder: "zlib._Decompress", block: bytes, most: int) -> bytes:
    if decoder.eof:
        raise ConnectionFault("data after the end of the compressed body")
    try:
        return decoder.decompress(block, most)
    except zlib.error as error:
        raise ConnectionFault(f"the compressed body is damaged ({error})") from error


def redirected(url: str, base: str, location: str | None, option: str) -> str:
    """Return the address that a reply from `base` redirects to.

    Raises ServerError, with `url`, if it is not the address of a web server. `option`: with which
    the user gives another server.
    """
    try:
        target = urljoin(base, location or "")
        parts = urlsplit(target)
        port = parts.port  # raises ValueError
        valid = parts.scheme in ("http", "https") and parts.hostname and port != 0
    except ValueError:
        valid = False
    if not location or not valid or not location.isprintable():
        where = f"to {shorten(location)!r}, which is not a web address" if location else "nowhere"
        raise ServerError(f"{url}: redirects {where}; use another server with {option}")
    return target
