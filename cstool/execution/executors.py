"""Runs calls in this process, in local worker processes, or on a Dask cluster.

All three are a `concurrent.futures.Executor`, so stages do not depend on the kind.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from cstool.errors import CstoolError
from cstool.execution.dask import (
    ClusterExecutor,
    cluster,
    died_on_cluster,
    is_gone,
    scheduler_gone,
)
from cstool.execution.shutdown import cleaned_up
from cstool.execution.worker_pool import WorkerDied, WorkerPool

T = TypeVar("T")
Call = Callable[[], T]


class InlineExecutor(Executor):
    """Runs each call immediately, in the calling thread."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run the call and return its future, which is done."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - future.result() raises it
            future.set_exception(error)
        return future


def _warm_up(_: Any) -> None:
    """Do nothing: unpickling the argument, a function, has imported its module."""


@contextmanager
def _local(jobs: int, ready: tuple[int, Any]) -> Iterator[Executor]:
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    pool = WorkerPool(jobs)
    number, call = ready
    with cleaned_up(pool.kill_workers):
        for _ in range(min(jobs, number)):
            pool.submit(_warm_up, call)
        try:
            yield pool
        except BaseException:
            pool.kill()
            raise
        pool.shutdown()


@contextmanager
def executor(
    jobs: int, scheduler: str | None = None, *, ready: tuple[int, Any] = (0, None)
) -> Iterator[Executor]:
    """Yield an executor: a Dask cluster, `jobs` worker processes, or this process for one job.

    `ready`: (number, function); that many workers start at once and import the function's module
    while this process examines its input.
    """
    if scheduler is not None:
        with cluster(scheduler, jobs) as pool:
            yield pool
    elif jobs == 1:
        yield InlineExecutor()
    else:
        with _local(jobs, ready) as pool:
            yield pool


def calls_ahead(pool: Executor, jobs: int) -> int:
    """Return how many calls to submit ahead: one per worker, and two more."""
    if isinstance(pool, ClusterExecutor):  # a cluster may have more threads than `jobs`
        return max(jobs, pool.threads()) + 2
    return jobs + 2 if jobs > 1 else 1


def _again(number: int, call: Call[T]) -> Call[T]:
    del number
    return call


def _lost(number: int, how: str) -> CstoolError:
    return CstoolError(f"call {number}: its worker {how}, twice")


def run_calls(
    pool: Executor,
    calls: Iterable[tuple[int, Call[T]]],
    *,
    ahead: Callable[[], int],
    again: Callable[[int, Call[T]], Call[T]] = _again,
    lost: Callable[[int, str], CstoolError] = _lost,
) -> Iterator[tuple[int, T]]:
    """Run numbered calls, at most `ahead()` at once; yield (number, result) as each finishes.

    The iterator `calls` is advanced only when a call can be submitted, so it may be a long stream.
    The first call that raises ends the iteration with its exception. If advancing `calls` raises a
    `CstoolError`, running calls are finished first.

    A call whose worker dies or runs out of memory is retried once, after all other running calls
    are finished, so that it has the whole machine; the retried call is `again(number, call)`. If
    that dies too, `lost(number, how)` is raised, where `how` says how the worker died.
    """
    running: dict[Future[T], tuple[int, Call[T]]] = {}
    died: list[tuple[int, Call[T]]] = []

    def finished() -> Iterator[tuple[int, T]]:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda future: running[future][0]):
            number, call = running.pop(future)
            try:
                yield number, future.result()
            except BaseException as fault:
                if _how_it_died(fault) is None:
                    raise
                died.append((number, call))

    def second_time() -> Iterator[tuple[int, T]]:
        for number, call in died:
            try:
                yield number, pool.submit(again(number, call)).result()
            except BaseException as fault:
                how = _how_it_died(fault)
                if how is None:
                    raise
                raise lost(number, how) from fault
        died.clear()

    def done(*, all_of_them: bool) -> Iterator[tuple[int, T]]:
        while running and (all_of_them or died or len(running) >= ahead()):
            yield from finished()
        yield from second_time()

    fault: CstoolError | None = None
    stream = iter(calls)
    while True:
        try:
            number, call = next(stream)
        except StopIteration:
            break
        except CstoolError as error:  # of the input: calls before the error are finished first
            fault = error
            break
        running[pool.submit(call)] = number, call
        yield from done(all_of_them=False)
    yield from done(all_of_them=True)
    if fault is not None:
        raise fault


def _how_it_died(fault: BaseException) -> str | None:
    """Return how a call's worker died, in words; None if the call itself raised the exception."""
    if isinstance(fault, WorkerDied):
        return str(fault)
    if isinstance(fault, MemoryError):
        return "ran out of memory"
    if is_gone(fault):
        raise scheduler_gone() from fault
    return died_on_cluster(fault)
