"""A server of dumps on the loopback, which misbehaves as it is told to.

`Server.files` holds what stands at each path (`Publisher` lays it as Wikimedia does);
`Server.faults` what the next requests for a path meet instead, one after the other, and
`Server.head_faults` the next HEAD requests. What was asked for is in `Server.asked`.
"""

import re
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.download.publisher import Publisher, md5, sha1
from tests.loopback import LoopbackServer, send_nothing, serving

__all__ = ["md5", "sha1"]

PIECE = 1 << 14


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    range: str
    agent: str


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.open += 1
            self.server.most = max(self.server.most, self.server.open)

    def finish(self) -> None:
        super().finish()
        with self.server.lock:
            self.server.open -= 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        # What is asked of a proxy is a whole address.
        self.path = re.sub(r"^http://[^/]+", "", self.path)
        ask = Asked(
            self.command,
            self.path,
            self.headers.get("Range", ""),
            self.headers.get("User-Agent", ""),
        )
        with self.server.lock:
            self.server.asked.append(ask)
            faults = self.server.faults[self.path]
            if self.command == "HEAD":
                faults = self.server.head_faults[self.path]
            fault = faults.pop(0) if faults else None
        try:
            if fault:
                fault(self)
            else:
                self.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def serve(
        self,
        *,
        ranges: bool = True,
        change: Callable[[bytes], bytes] = bytes,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
        upto: int | None = None,
        pause: float = 0.0,
    ) -> None:
        """Send what stands at the path, or a folder's listing; `change` changes the body's bytes.

        `length`: what Content-Length says; `upto`: bytes after which the line is cut.
        """
        data = self.server.files.get(self.path)
        if data is None and self.path.endswith("/"):
            data = self.server.listing(self.path)
        if data is None:
            self.send_body(404, b"<html>Not Found</html>", {})
            return
        own = {"ETag": etag(data), "Last-Modified": "Thu, 01 Oct 2026 03:04:05 GMT"}
        own |= headers or {}
        status, start = 200, 0
        asked = self.headers.get("Range")
        if asked and ranges and self.headers.get("If-Range", own["ETag"]) in own.values():
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                self.send_body(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            status = 206
            own["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        own = {name: value for name, value in own.items() if value}
        self.send_body(status, change(data)[start:], own, length=length, upto=upto, pause=pause)

    def send_body(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str],
        *,
        length: int | None = None,
        upto: int | None = None,
        pause: float = 0.0,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command == "HEAD":
            return
        with self.server.one_busy():
            end = len(body) if upto is None else upto
            for place in range(0, end, PIECE):
                self.wfile.write(body[place : min(end, place + PIECE)])
                time.sleep(pause)
                if self.server.closing:
                    break
        if upto is not None or length is not None:
            self.close_connection = True


Fault = Callable[[Handler], None]


class Server(Publisher, LoopbackServer):
    def __init__(self) -> None:
        super().__init__(Handler)
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.head_faults: dict[str, list[Fault]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.open = self.most = 0

    def listing(self, path: str) -> bytes | None:
        """Return a folder's listing as nginx writes it, None when nothing stands below it."""
        below = {name.removeprefix(path) for name in self.files if name.startswith(path)}
        names = sorted({n.split("/")[0] + ("/" if "/" in n else "") for n in below})
        links = "".join(f'<a href="{name}">{name}</a>   01-Oct-2026 03:04   17\n' for name in names)
        page = f'<html><h1>Index of {path}</h1><pre><a href="../">../</a>\n{links}</pre></html>'
        return page.encode() if names else None

    def bodies(self, path: str) -> list[Asked]:
        """Return the requests for a path's body."""
        return [ask for ask in self.asked if ask.path == path and ask.method == "GET"]


def etag(data: bytes) -> str:
    return f'"{sha1(data)[:12]}"'


@contextmanager
def running_server() -> Iterator[Server]:
    with serving(Server()) as server:
        yield server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_server() as running:
        yield running


def stop_at(part: Path, size: int, stop: threading.Event) -> None:
    """Set `stop`, in a thread, once the file has `size` bytes."""

    def watch() -> None:
        while not part.exists() or part.stat().st_size < size:
            time.sleep(0.01)
        stop.set()

    threading.Thread(target=watch, daemon=True).start()


# ---- faults ----


def cut(upto: int) -> Fault:
    """Close the connection after the first `upto` bytes of the body."""
    return lambda handler: handler.serve(upto=upto)


def reset(upto: int) -> Fault:
    """Reset the connection (RST) after the first `upto` bytes of the body."""

    def act(handler: Handler) -> None:
        handler.serve(upto=upto)
        handler.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()

    return act


def no_ranges(handler: Handler) -> None:
    """Send the file from its start whatever was asked for."""
    handler.serve(ranges=False)


def no_ranges_cut(upto: int) -> Fault:
    return lambda handler: handler.serve(ranges=False, upto=upto)


def status(number: int, **headers: str) -> Fault:
    """Answer with a status; `Retry_After="0"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send_body(number, b"<html>sorry</html>", named)


def lie(length: int, upto: int | None = None) -> Fault:
    """Say another length than the body has."""
    return lambda handler: handler.serve(length=length, upto=upto)


def corrupt(at: int) -> Fault:
    """Flip the bits of a byte."""
    return lambda handler: handler.serve(
        change=lambda data: data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
    )


def wrong_piece(handler: Handler) -> None:
    """Answer 206 with another piece than was asked for."""
    data = handler.server.files[handler.path]
    handler.send_body(206, data[1:], {"Content-Range": f"bytes 1-{len(data) - 1}/{len(data)}"})


def redirect(to: str) -> Fault:
    return lambda handler: handler.send_body(302, b"", {"Location": to})


def slow(pause: float) -> Fault:
    """Pause after each piece of the body."""
    return lambda handler: handler.serve(pause=pause)


def silent(seconds: float, upto: int = 0) -> Fault:
    """Send the head and some bytes, then nothing for a while."""

    def act(handler: Handler) -> None:
        data = handler.server.files[handler.path]
        handler.send_body(200, data, {"ETag": etag(data)}, length=len(data), upto=upto)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not handler.server.closing:
            time.sleep(0.01)

    return act


silent_head = send_nothing


def raw(*pieces: bytes, pause: float = 0.0) -> Fault:
    """Send these bytes as they are, status line and all, and close."""

    def act(handler: Handler) -> None:
        handler.close_connection = True
        for piece in pieces:
            handler.wfile.write(piece)
            time.sleep(pause)

    return act


def endless(head: bytes, piece: bytes, pause: float = 0.0, most: float = 20.0) -> Fault:
    """Send the head, and the piece again and again until the client leaves."""

    def act(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        until = time.monotonic() + most
        while time.monotonic() < until and not handler.server.closing:
            handler.wfile.write(piece)
            time.sleep(pause)

    return act


def answer(body: bytes = b"", number: int = 200, **headers: str) -> Fault:
    """Answer with a body and headers; `Retry_After="0"` is a header, latin-1 its characters."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    length = named.pop("Content-Length", str(len(body)))
    lines = [f"HTTP/1.1 {number} OK", *(f"{n}: {v}" for n, v in named.items())]
    if length:
        lines.append(f"Content-Length: {length}")
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
    return raw(head, body)


def close_without_a_word(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def then(change: Callable[[Server], None], fault: Fault | None = None) -> Fault:
    """Answer (with a fault), and change what the server has before the next request."""

    def act(handler: Handler) -> None:
        (fault or Handler.serve)(handler)
        change(handler.server)

    return act
