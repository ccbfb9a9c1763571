"""Ctrl-C and SIGTERM: a program that ends in time, whatever it is in the middle of.

Python runs a signal's handler between two of its instructions, so a long call of compiled code
(a sort, a compression) would hold it up. But the signal is written to a pipe at once; a thread
reads it there, and ends the program when it has not ended itself after a moment.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from types import FrameType
from typing import NoReturn

# Seconds in which the program may end by itself.
GRACE = 0.8
# What is said of a program that has nothing else to tell.
STOPPED = "stopped; the same command goes on from here: what is finished is kept"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))

# What is to be cleaned up when the thread ends the program, and what it is to say; the last first.
_endings: list[Callable[[], str]] = []


@contextmanager
def at_the_end(clean: Callable[[], str]) -> Iterator[None]:
    """Have `clean` called, in another thread, when the program is ended in the middle of this.

    It returns what the user is to be told. When the block is left otherwise, it is not called.
    """
    _endings.append(clean)
    try:
        yield
    finally:
        _endings.remove(clean)


@contextmanager
def ending_in_time() -> Iterator[None]:
    """Raise KeyboardInterrupt for the first such signal in this block; end it where that fails.

    For the main thread of a program, which this ends with exit code 1.
    """
    told, tell = socket.socketpair()
    tell.setblocking(False)
    over = threading.Event()
    before = {s: signal.getsignal(s) for s in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, _interrupt)
    waker = signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
    watch = threading.Thread(target=_watch, args=(told, over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(waker)
        tell.close()
        watch.join()
        told.close()
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    for other in _SIGNALS:  # once is enough: what is cleaned up now is not to be interrupted
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(told: socket.socket, over: threading.Event) -> None:
    while data := told.recv(64):
        if any(number in _SIGNALS for number in data) and not over.wait(GRACE):
            _end()


def _end() -> NoReturn:
    for child in active_children():
        child.kill()
    line = STOPPED
    for clean in reversed(_endings):
        with suppress(Exception):  # the program ends, come what may
            line = clean()
    with suppress(Exception):
        sys.stderr.write(f"\ncstool: {line}\n")
        sys.stderr.flush()
    os._exit(1)
