"""A total time limit for requests: socket timeouts only limit the wait for the next byte."""

import socket
import threading
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_active = threading.local()


class Deadline:
    """Context manager that shuts down this thread's connections when the time is over.

    So a server that sends a byte now and then, in headers or body, cannot hold a request for
    longer. `expired` says whether the time limit was reached.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._until = monotonic() + seconds
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def __enter__(self) -> "Deadline":
        self._before = getattr(_active, "deadline", None)
        _active.deadline = self
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._closed.set()
            self._socket = None
        _active.deadline = self._before

    def extend(self, seconds: float) -> None:
        """Set the time limit to `seconds` from now."""
        self._until = monotonic() + seconds

    def watch(self, connection: socket.socket | None) -> None:
        """Shut down this connection instead of the previous one."""
        with self._lock:
            self._socket = connection
            if self.expired:
                self._shut_down()

    def _run(self) -> None:
        while not self._closed.wait(max(0.0, self._until - monotonic())):
            with self._lock:
                if monotonic() >= self._until and not self._closed.is_set():
                    self.expired = True
                    self._shut_down()
                    return

    def _shut_down(self) -> None:
        if isinstance(self._socket, socket.socket):
            with suppress(OSError):  # the server may have closed it already
                # Not SSLSocket's method, which removes the TLS layer that another thread reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _watch(connection: socket.socket | None) -> None:
    deadline: Deadline | None = getattr(_active, "deadline", None)
    if deadline is not None:
        deadline.watch(connection)


class _Connection(HTTPConnection):
    def getresponse(self) -> Any:
        _watch(self.sock)
        return super().getresponse()


class _SecureConnection(HTTPSConnection):
    def getresponse(self) -> Any:
        _watch(self.sock)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class DeadlineAdapter(HTTPAdapter):
    """An adapter whose connections obey the `Deadline` of the thread that uses them."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        """Create the pool of connections."""
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pool of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class Session(requests.Session):
    """A session that leaves redirects to its caller.

    `requests` would read the whole body of a redirect, and not check its `Location`, even if asked
    not to follow it. `contact`: the user's address in the User-Agent header, if there is one.
    """

    contact: str | None = None

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: no redirect to follow."""
