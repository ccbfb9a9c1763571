"""A deadline for a connection: sockets' own timeouts only bound the wait for the next byte."""

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
    """Shuts the connections down that this thread uses in the block, once the time is over.

    So a server that sends a byte now and then, in its headers or in its body, holds no request
    for longer. `expired` tells whether that happened.
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
        """Set the end to so many seconds from now."""
        self._until = monotonic() + seconds

    def watch(self, connection: socket.socket | None) -> None:
        """Shut down this connection instead of the one before."""
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
            with suppress(OSError):  # the server has closed it already
                # Not SSLSocket's own method: it takes the TLS layer from the thread that reads.
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
    """An adapter whose connections heed the `Deadline` of the thread that uses them."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        """Make the pool of connections."""
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pool of connections by way of a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class Session(requests.Session):
    """A session that leaves redirects to its caller.

    `requests` would read a redirect's body whole, and its `Location` unchecked, even where it is
    told not to follow it.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: nothing to follow."""
