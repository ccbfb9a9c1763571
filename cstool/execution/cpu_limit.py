"""A limit on the CPU time of a block: `with at_most(60): …`.

It is a safety net for unforeseen input. A limit in seconds depends on the machine, so valid input
must stay far below it; code whose time grows faster than its input has to be fixed instead.

Python runs signal handlers between bytecode instructions, and within a match of `re`. Other
compiled code (sentencex, expat) is interrupted when it returns.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import thread_time
from types import FrameType, TracebackType
from typing import Any

# Seconds until the exception is raised again: a weak reference's callback may swallow the first.
_AGAIN = 0.2
# Seconds; a shorter timer would be disabled.
_SHORTEST = 1e-6


class TookTooLong(Exception):  # noqa: N818 - not necessarily an error
    """A block exceeded its CPU time; the only argument is the limit in seconds."""


def at_most(seconds: float) -> AbstractContextManager[Callable[[], None]]:
    """Return a context that raises TookTooLong if its block takes more than `seconds` of CPU time.

    In the main thread (not on Windows) the block is interrupted by SIGVTALRM after that much user
    time of the whole process; the previous handler and timer are restored. In other threads (of
    Dask workers) the thread's CPU time is checked when the block ends, and when the block calls
    the function that the context yields: `with at_most(5) as check: … check()`.

    Raises ValueError if `seconds` is not above zero, RuntimeError if the context is nested in
    another one in the main thread, because they would use the same timer.
    """
    if not seconds > 0:
        raise ValueError(f"a limit of {seconds!r} seconds is not above zero")
    return _AtMost(seconds)


@contextmanager
def many_limits() -> Iterator[None]:
    """Install the signal handler of `at_most` for the block, in which each limit takes less time.

    For a block that enters thousands of limits, one after the other; setting the handler takes ten
    times as long as setting the timer.
    """
    if _AtMost.installed or not _can_use_signals():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _expired)
    _AtMost.installed = True
    try:
        yield
    finally:
        _AtMost.installed = False
        signal.signal(signal.SIGVTALRM, before or signal.SIG_DFL)


class _AtMost(AbstractContextManager[Callable[[], None]]):
    running: "_AtMost | None" = None  # the context that uses the timer of the process
    installed = False  # whether `many_limits` has set the signal handler

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._armed = False
        self._handler: Any = None
        self._timer = (0.0, 0.0)

    def __enter__(self) -> Callable[[], None]:
        self._until = thread_time() + self._seconds
        if _can_use_signals():
            if _AtMost.running is not None:
                raise RuntimeError("a limit on CPU time is nested inside another one")
            _AtMost.running = self
            if not _AtMost.installed:
                self._handler = signal.signal(signal.SIGVTALRM, _expired)
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
            self._armed = False  # first: from here on the handler ignores a signal
            signal.setitimer(signal.ITIMER_VIRTUAL, *self._timer)
            if not _AtMost.installed:
                # None: a handler set by C code, which Python cannot restore.
                signal.signal(signal.SIGVTALRM, self._handler or signal.SIG_DFL)
            _AtMost.running = None
        if fault is None:
            self._check()

    def _check(self) -> None:
        if thread_time() > self._until:
            raise TookTooLong(self._seconds)

    def expired(self, frame: FrameType | None) -> None:
        """Raise in the block, but not in `__enter__` and `__exit__`, which must complete."""
        if self._armed and not (frame and frame.f_code in _OWN):
            raise TookTooLong(self._seconds)


def _expired(_: int, frame: FrameType | None) -> None:
    if _AtMost.running is not None:
        _AtMost.running.expired(frame)


_OWN = frozenset({_AtMost.__enter__.__code__, _AtMost.__exit__.__code__})


def _can_use_signals() -> bool:
    """Whether this thread can handle the signal of a timer."""
    main = threading.current_thread() is threading.main_thread()
    return main and hasattr(signal, "setitimer")
