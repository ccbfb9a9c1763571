"""Where calls run: in this process, in local worker processes, or on a Dask cluster.

All three are `concurrent.futures.Executor`s, so a stage never knows which one it has.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cstool.running.errors import CstoolError, InputError

T = TypeVar("T")

CONNECT_SECONDS = 30


class InlineExecutor(Executor):
    """Runs each call at once, in the calling thread."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run the call and return its future, done."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is handed on by future.result()
            future.set_exception(error)
        return future


def _begin_worker() -> None:
    """Leave Ctrl-C to the coordinating process, and one thread to Arrow; end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    import pyarrow as pa

    pa.set_cpu_count(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the coordinating process is killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _stand_by(_: Any) -> None:
    """Do nothing: to unpickle what will be called has imported it."""


@contextmanager
def _local(jobs: int, ready: tuple[int, Any]) -> Iterator[Executor]:
    # Spawned, not forked: Polars and Arrow keep threads that do not survive a fork.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker
    )
    number, call = ready
    for _ in range(min(jobs, number)):
        pool.submit(_stand_by, call)
    try:
        yield pool
    except BaseException:
        _kill(pool)
        raise
    pool.shutdown()


def _kill(pool: ProcessPoolExecutor) -> None:
    """End the workers now: what they were making is made again by the next run."""
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _dask(scheduler: str) -> Iterator[Executor]:
    try:
        import distributed
    except ImportError as error:
        raise CstoolError(
            "--scheduler needs Dask: install it with pip install 'cstool[dask]'"
        ) from error
    where = {"scheduler_file": scheduler} if Path(scheduler).is_file() else {"address": scheduler}
    connect: Any = distributed.Client  # has no types
    try:
        client = connect(**where, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"{scheduler}: no Dask scheduler answers there ({error}); give its address "
            "(tcp://host:8786) or its scheduler file"
        ) from error
    with client:
        yield client.get_executor(pure=False)


@contextmanager
def executor(
    jobs: int, scheduler: str | None = None, *, ready: tuple[int, Any] = (0, None)
) -> Iterator[Executor]:
    """Give an executor: Dask's with a scheduler, else `jobs` processes, or none for one job.

    `ready`: so many processes begin at once, and import what will be called in them, while this
    one still looks at its input.
    """
    if scheduler is not None:
        with _dask(scheduler) as pool:
            yield pool
    elif jobs == 1:
        yield InlineExecutor()
    else:
        with _local(jobs, ready) as pool:
            yield pool


def calls_ahead(pool: Executor, jobs: int) -> int:
    """Return how many calls to have under way: all workers busy, and two to follow."""
    client = getattr(pool, "_client", None)  # Dask's: a cluster may have more than `jobs` threads
    if client is not None:
        threads: dict[str, int] = client.nthreads()
        return max(jobs, sum(threads.values())) + 2
    return jobs + 2 if jobs > 1 else 1


def run_calls(
    pool: Executor,
    calls: Iterable[tuple[int, Callable[[], T]]],
    *,
    ahead: int,
) -> Iterator[tuple[int, T]]:
    """Run numbered calls, at most `ahead` at once; yield (number, result) as each is done.

    `calls` is drawn from only when there is room, so that it may be a long stream. The first
    call that fails ends the run with its error; when drawing from `calls` fails with a
    `CstoolError`, what runs is finished first.
    """
    running: dict[Future[T], int] = {}

    def done(*, all_of_them: bool) -> Iterator[tuple[int, T]]:
        while running and (all_of_them or len(running) >= ahead):
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=running.__getitem__):
                number = running.pop(future)
                yield number, future.result()

    try:
        fault: CstoolError | None = None
        stream = iter(calls)
        while True:
            try:
                number, call = next(stream)
            except StopIteration:
                break
            except CstoolError as error:  # the input broke: what was read before is still done
                fault = error
                break
            running[pool.submit(call)] = number
            yield from done(all_of_them=False)
        yield from done(all_of_them=True)
        if fault is not None:
            raise fault
    except BrokenProcessPool as error:
        raise CstoolError(
            "a worker process was killed (out of memory?); run the same command again, "
            "with fewer --jobs or a smaller --part-size: finished parts are kept"
        ) from error
