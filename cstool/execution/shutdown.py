"""Ctrl-C and SIGTERM: a program that ends in time, whatever it is in the middle of.

Python runs a signal's handler between two of its instructions, so a long call of compiled code
(a sort, a compression) would hold it up. But the signal is written to a pipe at once; a thread
reads it there, and ends the program when it has not ended itself after a moment.
"""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from cstool.execution.log import is_json, log_line
from cstool.execution.signals import SIGNALS, end_on_signals, exit_code, note, received
from cstool.execution.terminal import echo

# Seconds in which the program may end by itself.
GRACE = 0.8
# The message of a program without a better one.
STOPPED = "stopped; run the same command again to resume"

Clean = Callable[[], str | None]

# What is still to be cleaned up when the program is ended; the last first.
_endings: list[Clean] = []
# Held by the thread that writes the last line.
_last_line = threading.Lock()


@contextmanager
def cleaned_up(clean: Clean) -> Iterator[None]:
    """Call `clean` when the block is left; if a signal prevents that, at the program's end.

    So there is no moment in which a signal leaves something behind: `clean` is registered before
    the block makes anything, until it has been called. It may be called twice, or in another
    thread, and returns what the user is to be told, or None.
    """
    _endings.append(clean)
    try:
        yield
    finally:
        clean()
        _endings.remove(clean)


def clean_up() -> str | None:
    """Call what is registered still; return what the user is to be told."""
    line = None
    while _endings:
        with suppress(Exception):  # the program ends, come what may
            line = _endings.pop()() or line
    return line


@contextmanager
def ending_in_time() -> Iterator[None]:
    """End the program when it does not end itself soon after a signal.

    For the main thread of a program. What raises KeyboardInterrupt is `interruptible()`.
    """
    told, tell = socket.socketpair()
    tell.setblocking(False)
    over = threading.Event()
    before = {s: signal.getsignal(s) for s in SIGNALS}
    hook = sys.unraisablehook
    sys.unraisablehook = _unraisable
    end_on_signals()
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
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _unraisable(fault: Any) -> None:
    """Leave what a signal became in a destructor to the thread that watches."""
    if not received() and not isinstance(fault.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(fault)


def _watch(told: socket.socket, over: threading.Event) -> None:
    while data := told.recv(64):
        for number in set(data).intersection(SIGNALS):
            if not over.wait(GRACE):
                note(number)
                _end(over)


def _end(over: threading.Event) -> NoReturn:
    if not _last_line.acquire(blocking=False):  # the main thread is just ending the program
        over.wait(GRACE)
        os._exit(exit_code())
    processes = sys.modules.get("multiprocessing")
    for child in processes.active_children() if processes else ():
        child.kill()
    line = log_line(f"cstool: {clean_up() or STOPPED}", level=logging.ERROR)
    echo(line if is_json() else f"\n{line}", err=True)
    os._exit(exit_code())


def end_stopped(line: str | None) -> NoReturn:
    """End the program that a signal has stopped, from its main thread: clean up, write a line.

    At once: what Python does at the end of a program might wait for threads, or print.
    """
    left = clean_up()
    with _last_line:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        echo(log_line(f"cstool: {line or left or STOPPED}", level=logging.ERROR), err=True)
        os._exit(exit_code())
