"""A Dask cluster as an executor: an existing cluster, or `local`, created for this run."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cstool import __version__
from cstool.distribution import install_hint
from cstool.errors import RESUME, CstoolError, InputError
from cstool.execution.signals import interrupts_blocked

T = TypeVar("T")

LOCAL = "local"
CONNECT_SECONDS = 30
# Seconds between queries of the number of threads, which changes if a cluster scales.
_QUERY_INTERVAL = 5.0


class ClusterExecutor(Executor):
    """The executor of a Dask client, with the cluster's number of threads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._calls: Executor = client.get_executor(pure=False)
        self._queried: float | None = None
        self._threads = 0

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Submit the call to the scheduler. Raises CstoolError if the scheduler is gone."""
        with _connected():
            return self._calls.submit(fn, *args, **kwargs)

    def threads(self) -> int:
        """Return the cluster's current number of threads.

        Raises CstoolError if the scheduler is gone.
        """
        now = time.monotonic()
        if self._queried is None or now - self._queried > _QUERY_INTERVAL:
            self._queried = now
            with _connected():
                self._threads = sum(self._client.nthreads().values())
        return self._threads


def is_gone(fault: BaseException) -> bool:
    """Whether Dask raised the exception because its scheduler no longer answers."""
    if _is_cancelled(fault):
        return True
    return type(fault).__module__.partition(".")[0] == "distributed" and not _has_killed(fault)


def _is_cancelled(fault: BaseException) -> bool:
    """Whether it is Dask's or asyncio's CancelledError; the latter is not an Exception."""
    return type(fault).__name__ == "CancelledError"


def scheduler_gone() -> CstoolError:
    """Return the error for a scheduler that no longer answers."""
    return CstoolError(
        f"the Dask scheduler is gone, or it has cancelled calls; check its log and {RESUME}"
    )


@contextmanager
def _connected() -> Iterator[None]:
    """Raise a CstoolError for what Dask raises when the scheduler is gone."""
    try:
        yield
    except CstoolError:
        raise
    except BaseException as fault:
        # The block only communicates with the scheduler, so any error is a lost connection. Dask
        # has many of them: closed streams, timeouts, "Client is not running".
        if isinstance(fault, Exception) or _is_cancelled(fault):
            raise scheduler_gone() from fault
        raise


@contextmanager
def cluster(scheduler: str, jobs: int) -> Iterator[ClusterExecutor]:
    """Yield the executor of a cluster.

    `scheduler`: the address of its scheduler, its scheduler file, or `local`. Raises InputError if
    no scheduler answers, CstoolError if Dask is not installed or a worker has another version of
    cstool.
    """
    try:
        import distributed
    except ImportError as error:
        raise CstoolError(f"--scheduler needs Dask; run {install_hint('dask')}") from error
    connect: Any = distributed.Client  # has no types
    with _without_logs(), ExitStack() as stack:
        where: dict[str, Any] = {"address": scheduler}
        if scheduler == LOCAL:
            local: Any = distributed.LocalCluster
            # If the run is stopped, the tracker cleans up; its warning is not needed.
            sys.warnoptions.append("ignore::UserWarning:multiprocessing.resource_tracker")
            with interrupts_blocked():
                own = local(
                    n_workers=jobs,
                    threads_per_worker=1,
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard": False, "dashboard_address": ":0"},
                    silence_logs=logging.CRITICAL,  # errors arrive as exceptions
                )
            where["address"] = stack.enter_context(own)
        elif Path(scheduler).is_file():
            where = {"scheduler_file": scheduler}
        try:
            client = connect(**where, timeout=CONNECT_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"{scheduler}: no Dask scheduler answers ({error}); give an address "
                f"(tcp://host:8786), a scheduler file, or {LOCAL}"
            ) from error
        stack.callback(_close, client)
        with _connected():
            _same_version(client, scheduler)
        yield ClusterExecutor(client)


@contextmanager
def _without_logs() -> Iterator[None]:
    """Disable logging, to keep Dask's log off standard error: errors arrive as exceptions."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _close(client: Any) -> None:
    """Close the client. Ignore errors: a lost scheduler is already reported or not needed."""
    try:
        client.close()
    except BaseException as fault:
        if not isinstance(fault, Exception) and not _is_cancelled(fault):
            raise


def _version() -> str:
    return __version__


def _same_version(client: Any, scheduler: str) -> None:
    """Raise CstoolError if a current worker has another version of cstool, or none."""
    for worker, version in client.run(_version, on_error="return").items():
        if version != __version__:
            has = f"cstool {version}" if isinstance(version, str) else f"no cstool ({version})"
            raise CstoolError(
                f"{scheduler}: worker {worker} has {has}, but this is cstool {__version__}; "
                "install the same version on all machines"
            )


def died_on_cluster(fault: BaseException) -> str | None:
    """Return how workers died while running a call, in words; None for other exceptions."""
    if not _has_killed(fault):
        return None
    task, worker, allowed = fault.args
    del task
    return f"was killed (number of tries: {allowed + 1}, the last at {worker.address})"


def _has_killed(fault: BaseException) -> bool:
    kind = type(fault)
    return kind.__name__ == "KilledWorker" and kind.__module__.startswith("distributed")
