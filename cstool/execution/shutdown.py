"""Timely exit after Ctrl-C and SIGTERM, even during long calls of compiled code.

Python runs signal handlers between bytecode instructions, so a long call of compiled code (a sort,
a compression) would delay them. The signal number is written to a pipe immediately, however; a
thread reads it there, and ends the program if it has not ended by itself after GRACE seconds.
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

# The name of the thread that waits for signals.
WATCHER = "cstool-signals"
# Seconds for the program to end by itself.
GRACE = 0.8
# The message of a program without a better one.
STOPPED = "stopped; run the same command again to resume"

Clean = Callable[[], str | None]

# Cleanup functions to call when the program ends, in reverse order.
_cleanups: list[Clean] = []
# Held by the thread that writes the final message.
_last_line = threading.Lock()


@contextmanager
def cleaned_up(clean: Clean) -> Iterator[None]:
    """Call `clean` at the end of the block, or at the end of the program after a signal.

    `clean` is registered before the block starts and until it has been called, so that a signal
    never leaves anything behind. It may be called twice, or in another thread. It returns the
    final message of a stopped program, or None.
    """
    _cleanups.append(clean)
    try:
        yield
    finally:
        clean()
        _cleanups.remove(clean)


def clean_up() -> str | None:
    """Call the registered cleanup functions; return the message of the outermost one."""
    line = None
    while _cleanups:
        with suppress(Exception):  # the program ends in any case
            line = _cleanups.pop()() or line
    return line


@contextmanager
def ending_in_time() -> Iterator[None]:
    """End the program if it does not end by itself within GRACE seconds after a signal.

    For the main thread of a program; KeyboardInterrupt is raised inside `interruptible()` only.
    """
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    over = threading.Event()
    before = {s: signal.getsignal(s) for s in SIGNALS}
    hook = sys.unraisablehook
    sys.unraisablehook = _unraisable
    end_on_signals()
    waker = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    watch = threading.Thread(target=_watch, args=(receiver, over), name=WATCHER, daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(waker)
        sender.close()
        watch.join()
        receiver.close()
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _unraisable(fault: Any) -> None:
    """Print nothing for an exception caused by a signal in a destructor; `_watch` handles it."""
    if not received() and not isinstance(fault.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(fault)


def _watch(receiver: socket.socket, over: threading.Event) -> None:
    while data := receiver.recv(64):
        for number in set(data).intersection(SIGNALS):
            if not over.wait(GRACE):
                note(number)
                _end(over)


def _end(over: threading.Event) -> NoReturn:
    if not _last_line.acquire(blocking=False):  # the main thread is already ending the program
        over.wait(GRACE)
        os._exit(exit_code())
    processes = sys.modules.get("multiprocessing")
    for child in processes.active_children() if processes else ():
        child.kill()
    line = log_line(f"cstool: {clean_up() or STOPPED}", level=logging.ERROR)
    echo(line if is_json() else f"\n{line}", err=True, wrap=not is_json())
    os._exit(exit_code())


def end_stopped(line: str | None) -> NoReturn:
    """Clean up, write the final message, and end the program, from its main thread.

    Python's own shutdown is skipped, because it could wait for threads or print.
    """
    cleanup_line = clean_up()
    with _last_line:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        message = line or cleanup_line or STOPPED
        echo(log_line(f"cstool: {message}", level=logging.ERROR), err=True, wrap=not is_json())
        os._exit(exit_code())
