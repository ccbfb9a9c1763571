"""A Dask cluster as an executor: one that runs already, or `local`, which is made for this run."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cstool import __version__
from cstool.running.errors import CstoolError, InputError

T = TypeVar("T")

LOCAL = "local"
CONNECT_SECONDS = 30
# Clusters that grow and shrink are asked this often how many threads they have.
_ASKED_EVERY = 5.0


class ClusterExecutor(Executor):
    """A cluster's own executor, which knows how many threads there are."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._calls: Executor = client.get_executor(pure=False)
        self._asked: float | None = None
        self._threads = 0

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Hand the call to the scheduler."""
        return self._calls.submit(fn, *args, **kwargs)

    def threads(self) -> int:
        """Return how many threads the cluster has; it may grow and shrink."""
        now = time.monotonic()
        if self._asked is None or now - self._asked > _ASKED_EVERY:
            self._asked = now
            self._threads = sum(self._client.nthreads().values())
        return self._threads


@contextmanager
def cluster(scheduler: str, jobs: int) -> Iterator[ClusterExecutor]:
    """Give the executor of a cluster: its scheduler's address or file, or `local`.

    Raises InputError when none answers there, CstoolError when Dask is not installed or the
    workers have another cstool than this.
    """
    try:
        import distributed
    except ImportError as error:
        raise CstoolError(
            "--scheduler needs Dask: install it with pip install 'cstool[dask]'"
        ) from error
    connect: Any = distributed.Client  # has no types
    with ExitStack() as stack:
        where: dict[str, Any] = {"address": scheduler}
        if scheduler == LOCAL:
            local: Any = distributed.LocalCluster
            where["address"] = stack.enter_context(
                local(
                    n_workers=jobs,
                    threads_per_worker=1,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,  # what matters arrives as a fault
                )
            )
        elif Path(scheduler).is_file():
            where = {"scheduler_file": scheduler}
        try:
            client = stack.enter_context(connect(**where, timeout=CONNECT_SECONDS))
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"{scheduler}: no Dask scheduler answers there ({error}); give its address "
                f"(tcp://host:8786), its scheduler file, or {LOCAL}"
            ) from error
        _same_version(client, scheduler)
        yield ClusterExecutor(client)


def _version() -> str:
    return __version__


def _same_version(client: Any, scheduler: str) -> None:
    """Raise CstoolError when a worker that is there has another cstool, or none."""
    for worker, version in client.run(_version, on_error="return").items():
        if version != __version__:
            has = f"has {version}" if isinstance(version, str) else f"has none ({version})"
            raise CstoolError(
                f"{scheduler}: worker {worker} {has}, this is cstool {__version__}; install the "
                "same on all"
            )


def died_on_cluster(fault: BaseException) -> str | None:
    """Return in words how workers have died over a call; None for any other fault."""
    kind = type(fault)
    if kind.__name__ != "KilledWorker" or not kind.__module__.startswith("distributed"):
        return None
    task, worker, allowed = fault.args
    del task
    return f"was killed ({allowed + 1} tried by Dask, the last at {worker.address})"
