"""Work that waits for the network, in threads that a Ctrl-C need not wait for."""

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TypeVar

from cstool.download.client import StopRequested
from cstool.errors import CstoolError, OutputError

T = TypeVar("T")
# Seconds that threads have to end by themselves; less than the program has after a signal.
_PATIENCE = 0.5


def in_threads(
    calls: Sequence[Callable[[], T]], *, most: int, stop: Event
) -> list[T | CstoolError]:
    """Do the calls, at most `most` at once, in their order; return what each gave or raised.

    A fault of the output, or one that is no CstoolError (as StopAsked), ends all and is raised.
    `stop` is set when this ends before all are done, as by a Ctrl-C; calls are to look at it now
    and then. One that waits for the network then is left behind, and must do nothing more when
    it wakes up.
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
            except BaseException as fault:  # noqa: BLE001 - raised again where it is awaited
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
