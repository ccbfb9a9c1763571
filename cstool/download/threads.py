"""Run network requests in threads that Ctrl-C does not have to wait for."""

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TypeVar

from cstool.download.client import StopRequested
from cstool.errors import CstoolError, OutputError

T = TypeVar("T")
# Seconds to wait for threads to end; less than the time that the program has after a signal.
_PATIENCE = 0.5


def run_in_threads(
    calls: Sequence[Callable[[], T]], *, most: int, stop: Event
) -> list[T | CstoolError]:
    """Run the calls in order, at most `most` at once; return each one's result or CstoolError.

    An OutputError, or an exception that is not a CstoolError (such as StopRequested), ends all
    calls and is raised. `stop` is set if this function ends before all calls are done, for example
    on Ctrl-C; calls must check it regularly. A call that is still waiting for the network then is
    abandoned, and must do nothing more once it wakes up.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, T | BaseException]] = SimpleQueue()
    for number in range(len(calls)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            try:
                if stop.is_set():
                    raise StopRequested
                done.put((number, calls[number]()))
            except BaseException as fault:  # noqa: BLE001 - raised again in the caller's thread
                done.put((number, fault))

    threads = [Thread(target=work, daemon=True) for _ in range(min(most, len(calls)))]
    results: dict[int, T | CstoolError] = {}
    try:
        for thread in threads:
            thread.start()
        while len(results) < len(calls):
            number, result = done.get()
            if isinstance(result, BaseException) and (
                isinstance(result, OutputError) or not isinstance(result, CstoolError)
            ):
                raise result
            results[number] = result
    finally:
        if len(results) < len(calls):
            stop.set()
            until = monotonic() + _PATIENCE
            for thread in threads:
                thread.join(max(0.0, until - monotonic()))
    return [results[number] for number in range(len(calls))]
