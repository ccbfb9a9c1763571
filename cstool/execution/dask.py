"""A Dask cluster as an executor: one that runs already, or `local`, which is made for this run."""

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
        """Hand the call to the scheduler. Raises CstoolError when it is gone."""
        with _connected():
            return self._calls.submit(fn, *args, **kwargs)

    def threads(self) -> int:
        """Return how many threads the cluster has; it may grow and shrink.

        Raises CstoolError when the scheduler is gone.
        """
        now = time.monotonic()
        if self._asked is None or now - self._asked > _ASKED_EVERY:
            self._asked = now
            with _connected():
                self._threads = sum(self._client.nthreads().values())
        return self._threads


def is_gone(fault: BaseException) -> bool:
    """Whether a fault is what Dask raises when its scheduler does not answer any more."""
    if _is_cancelled(fault):
        return True
    return type(fault).__module__.partition(".")[0] == "distributed" and not _has_killed(fault)


def _is_cancelled(fault: BaseException) -> bool:
    """Whether it is one of the two kinds; that of asyncio is no Exception."""
    return type(fault).__name__ == "CancelledError"


def scheduler_gone() -> CstoolError:
    """Return the error for a scheduler that does not answer any more."""
    return CstoolError(
        f"the Dask scheduler is gone, or it has cancelled calls; check its log and {RESUME}"
    )


@contextmanager
def _connected() -> Iterator[None]:
    """Turn what Dask raises when it has lost the scheduler into a CstoolError."""
    try:
        yield
    except CstoolError:
        raise
    except BaseException as fault:
        # Of calls that ask nothing but the scheduler, any fault is a lost connection; Dask has
        # many kinds: closed streams, timeouts, "Client is not running".
        if isinstance(fault, Exception) or _is_cancelled(fault):
            raise scheduler_gone() from fault
        raise


@contextmanager
def cluster(scheduler: str, jobs: int) -> Iterator[ClusterExecutor]:
    """Give the executor of a cluster: its scheduler's address or file, or `local`.

    Raises InputError when none answers there, CstoolError when Dask is not installed or the
    workers have another cstool than this.
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
            # Of a run that is stopped the tracker removes what is left; it need not tell.
            sys.warnoptions.append("ignore::UserWarning:multiprocessing.resource_tracker")
            with interrupts_blocked():
                own = local(
                    n_workers=jobs,
                    threads_per_worker=1,
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard": False, "dashboard_address": ":0"},
                    silence_logs=logging.CRITICAL,  # what matters arrives as a fault
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
    """Keep Dask's logs off standard error: what matters arrives as a fault."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _close(client: Any) -> None:
    """Part from the scheduler; one that is gone has been told of, or is not needed any more."""
    try:
        client.close()
    except BaseException as fault:
        if not isinstance(fault, Exception) and not _is_cancelled(fault):
            raise


def _version() -> str:
    return __version__


def _same_version(client: Any, scheduler: str) -> None:
    """Raise CstoolError when a worker that is there has another cstool, or none."""
    for worker, version in client.run(_version, on_error="return").items():
        if version != __version__:
            has = f"cstool {version}" if isinstance(version, str) else f"no cstool ({version})"
            raise CstoolError(
                f"{scheduler}: worker {worker} has {has}, but this is cstool {__version__}; "
                "install the same version on all machines"
            )


def died_on_cluster(fault: BaseException) -> str | None:
    """Return in words how workers have died over a call; None for any other fault."""
    if not _has_killed(fault):
        return None
    task, worker, allowed = fault.args
    del task
    return f"was killed (number of tries: {allowed + 1}, the last at {worker.address})"


def _has_killed(fault: BaseException) -> bool:
    kind = type(fault)
    return kind.__name__ == "KilledWorker" and kind.__module__.startswith("distributed")
