"""Handler of the signals that end the program: Ctrl-C, SIGTERM, SIGHUP.

This module is imported first, so it imports little. Python's own handler raises KeyboardInterrupt
anywhere, even during an import, where it becomes a traceback or another exception. This handler
ends the process immediately, and raises only inside `interruptible()`, where there is something to
clean up.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


class _State:
    """Whether the handler raises KeyboardInterrupt, and the signal that was received."""

    raises = False
    received: int | None = None


def end_on_signals() -> None:
    """Install the handler, except for signals that are ignored (as with nohup)."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def _handle(number: int, frame: FrameType | None) -> None:
    del frame
    for other in SIGNALS:  # a second signal must not interrupt the cleanup
        signal.signal(other, signal.SIG_IGN)
    _State.received = number
    if _State.raises:
        raise KeyboardInterrupt
    try:
        os.write(2, b"cstool: stopped\n")
    except OSError:
        os._exit(exit_code())
    os._exit(exit_code())


def note(number: int) -> None:
    """Record a signal while the main thread cannot run the handler."""
    _State.received = _State.received or number


def received() -> bool:
    """Whether a signal that ends the program has been received."""
    return _State.received is not None


def exit_code() -> int:
    """Return the exit code of a program ended by a signal: 128 plus the signal number."""
    return 128 + (_State.received or signal.SIGINT)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let signals raise KeyboardInterrupt in the block, in the main thread."""
    yield from _raising(True)


@contextmanager
def not_interruptible() -> Iterator[None]:
    """Let signals end the process immediately in the block, where nothing needs cleanup."""
    yield from _raising(False)


def _raising(raises: bool) -> Iterator[None]:
    before = _State.raises
    _State.raises = raises
    try:
        yield
    finally:
        _State.raises = before


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C, which a terminal sends to all processes, in threads and processes started here.

    On systems without `pthread_sigmask` nothing is blocked.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # Python would start this process with the first worker, and then unblock the signals.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
