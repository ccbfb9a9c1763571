"""The HTTP servers of the tests: they listen on the loopback until a block ends."""

import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

S = TypeVar("S", bound="LoopbackServer")


class LoopbackServer(ThreadingHTTPServer):
    """A server on a free port. `busy`, `busiest`: replies in progress, and the most at a time."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.lock = threading.Lock()
        self.busy = self.busiest = 0
        self.closing = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore connections that a client or a fault has closed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def one_busy(self) -> Iterator[None]:
        """Count a reply in progress."""
        with self.lock:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            yield
        finally:
            with self.lock:
                self.busy -= 1


@contextmanager
def serving(server: S) -> Iterator[S]:
    """Serve until the block ends."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing = True
        server.shutdown()
        server.server_close()
        thread.join()


def send_nothing(handler: BaseHTTPRequestHandler) -> None:
    """Send nothing until the client closes the connection or the server stops."""
    server = handler.server
    assert isinstance(server, LoopbackServer)
    handler.close_connection = True
    while not server.closing:
        ready, _, _ = select.select([handler.connection], [], [], 0.05)
        if ready:
            return
