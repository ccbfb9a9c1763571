"""The signals that end the program: Ctrl-C, SIGTERM, SIGHUP. Imported first, so it imports little.

Python's own handler raises KeyboardInterrupt wherever the program is: in the middle of an import,
where it becomes a traceback, or another exception. Ours ends the process at once, as long as there
is nothing to clean up, and raises only inside of `interruptible()`.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


class _State:
    """What the handler does, and the signal that it has got."""

    raises = False
    received: int | None = None


def end_on_signals() -> None:
    """Install the handler, but for signals that are ignored (as nohup wants it)."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def _handle(number: int, frame: FrameType | None) -> None:
    del frame
    for other in SIGNALS:  # the clean-up that the first one starts is not to be interrupted
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
    """Note a signal that has come, while the main thread cannot run the handler."""
    _State.received = _State.received or number


def received() -> bool:
    """Whether a signal that ends the program has come."""
    return _State.received is not None


def exit_code() -> int:
    """Return the exit code of a program that a signal has ended: 128 and the signal's number."""
    return 128 + (_State.received or signal.SIGINT)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a signal raise KeyboardInterrupt in this block, for the main thread."""
    yield from _raising(True)


@contextmanager
def not_interruptible() -> Iterator[None]:
    """Let a signal end the process at once in this block, where there is nothing to clean up."""
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
    """Start threads and processes that Ctrl-C, which a terminal sends to all, does not reach."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # Python starts this process before its first worker, and lets the signals through afterwards.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
