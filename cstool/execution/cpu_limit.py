"""A bound on the CPU time that a piece of work may take: `with at_most(60): …`.

A net for what nobody has foreseen. Where time grows faster than the input, mend that: a bound in
seconds depends on the machine, so sound input must never come near it.

Python runs a signal's handler between two of its instructions, and `re` while it matches. Other
compiled code (sentencex, expat) is interrupted as soon as it returns.
"""

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import thread_time
from types import FrameType, TracebackType
from typing import Any

# Seconds. What swallows the first exception (a weak reference's callback) is asked again.
_AGAIN = 0.2
# Seconds; a timer that is set to less is none.
_SHORTEST = 1e-6


class TookTooLong(Exception):  # noqa: N818 - the work is at fault, or nothing is
    """A block took more CPU time than it was given; its one argument says how much, in seconds."""


def at_most(seconds: float) -> AbstractContextManager[Callable[[], None]]:
    """Return a context in which no more than `seconds` of CPU time pass: else TookTooLong.

    Where signals can be had (the main thread; not on Windows) the block is interrupted: user time
    of the whole process is counted, SIGVTALRM taken and given back. Elsewhere (a thread of a Dask
    worker) the thread's time is looked at when the block ends, and whenever it calls what the
    context gives: `with at_most(5) as check: … check()`.

    Raises ValueError when `seconds` is not above zero, RuntimeError when a main thread's block
    stands inside another one, whose timer it would take away.
    """
    if not seconds > 0:
        raise ValueError(f"a limit of {seconds!r} seconds is not above zero")
    return _AtMost(seconds)


class _AtMost(AbstractContextManager[Callable[[], None]]):
    _running: "_AtMost | None" = None  # the one that has the process's timer

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._armed = False
        self._handler: Any = None
        self._timer = (0.0, 0.0)

    def __enter__(self) -> Callable[[], None]:
        self._until = thread_time() + self._seconds
        if _signals():
            if _AtMost._running is not None:
                raise RuntimeError("a limit on CPU time is nested inside another one")
            _AtMost._running = self
            self._handler = signal.signal(signal.SIGVTALRM, self._expired)
            self._armed = True
            first = max(self._seconds, _SHORTEST)
            self._timer = signal.setitimer(signal.ITIMER_VIRTUAL, first, _AGAIN)
        return self._check

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._armed:
            self._armed = False  # first: from here on the handler lets a signal pass
            signal.setitimer(signal.ITIMER_VIRTUAL, *self._timer)
            # None: a handler that C code has set, which Python cannot give back.
            signal.signal(signal.SIGVTALRM, self._handler or signal.SIG_DFL)
            _AtMost._running = None
        if fault is None:
            self._check()

    def _check(self) -> None:
        if thread_time() > self._until:
            raise TookTooLong(self._seconds)

    def _expired(self, _: int, frame: FrameType | None) -> None:
        """Raise in the block; not in what sets the timer and takes it away, which must run."""
        if self._armed and not (frame and frame.f_code in _OWN):
            raise TookTooLong(self._seconds)


_OWN = frozenset({_AtMost.__enter__.__code__, _AtMost.__exit__.__code__})


def _signals() -> bool:
    """Whether this thread can have a timer's signal."""
    main = threading.current_thread() is threading.main_thread()
    return main and hasattr(signal, "setitimer")
