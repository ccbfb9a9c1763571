"""Starts worker processes as copies of this process, which has imported what they need.

A new interpreter takes 0.3 s of CPU time to import NumPy, Arrow and a stage; a copy takes 0.01 s
and shares their memory. A copy has only the thread that made it, and a lock that another thread
held would stay locked in it. Therefore, copies are made by a server, which is itself a copy, made
before this process had threads that could hold one: `can_fork`.
"""

import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import NoReturn

from cstool.execution.shared_memory import CAN_SHARE, receive_files, send_files
from cstool.execution.shutdown import WATCHER
from cstool.execution.signals import SIGNALS

# Runs in a worker: gets the pipe of its calls, and a file whose end says that this process ended.
Work = Callable[[Connection, int], None]

# Names of processes, as in `ps`; at most 15 bytes.
WORKER, SERVER = "cstool-worker", "cstool-server"
_TASKS = Path("/proc/self/task")
# That of jemalloc, the allocator of Arrow, which prepares for forks (its background_thread.c).
_HARMLESS = "jemalloc_bg_thd\n"
_START = 0  # a request that is not the PID of a worker to wait for


def can_fork() -> bool:
    """Return whether this process can be copied safely, and this is its main thread.

    Its other threads may be those of the module `shutdown` and of jemalloc.
    """
    if not (CAN_SHARE and hasattr(os, "pidfd_open") and _TASKS.is_dir()):
        return False
    main = threading.main_thread()
    if threading.current_thread() is not main or any(
        thread is not main and thread.name != WATCHER for thread in threading.enumerate()
    ):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
        names = [(task / "comm").read_text() for task in _TASKS.iterdir()]
    except OSError:
        return False
    return len(names) - names.count(_HARMLESS) == threading.active_count()


class ForkedProcess:
    """A worker process, with what `multiprocessing.Process` has of the same names."""

    def __init__(self, server: "ForkServer", pid: int) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._handle = os.pidfd_open(pid)
        self.pid = pid
        self.exitcode: int | None = None

    def kill(self) -> None:
        """Kill the process, if it runs."""
        with self._lock, suppress(ProcessLookupError):
            if self.exitcode is None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def join(self, timeout: float | None = None) -> None:
        """Wait until the process ends, at most `timeout` seconds; then `exitcode` is set."""
        if self.exitcode is not None:
            return
        ended = select.poll()
        ended.register(self._handle, select.POLLIN)
        if ended.poll(None if timeout is None else timeout * 1000):
            code = self._server.exit_code(self.pid)
            with self._lock:
                self.exitcode = code
                os.close(self._handle)


class ForkServer:
    """A process that forks workers, which run `work`; they end when this process ends."""

    def __init__(self, work: Work) -> None:
        """Start the server. Raises OSError if the process cannot be copied."""
        self._lock = threading.Lock()
        self._pipe, theirs = Pipe()
        alive, self._alive = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of threads; see `can_fork`
                self._pid = os.fork()
            if self._pid == 0:
                _serve(theirs, alive, work)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
            os.close(alive)

    def start(self, pipe: Connection) -> ForkedProcess:
        """Start a worker with this pipe. Raises OSError, or EOFError if the server has ended."""
        with self._lock:
            self._pipe.send(_START)
            send_files(self._pipe, [pipe.fileno()])
            answer = self._pipe.recv()
            if isinstance(answer, OSError):
                raise answer
            return ForkedProcess(self, answer)

    def exit_code(self, pid: int) -> int:
        """Wait for a worker; return its exit code, negative for a signal."""
        try:
            with self._lock:
                self._pipe.send(pid)
                return os.waitstatus_to_exitcode(self._pipe.recv())
        except (EOFError, OSError):
            return 1  # unknown: the server was killed

    def close(self) -> None:
        """End the server; its workers must have ended."""
        self._pipe.close()
        os.close(self._alive)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _serve(pipe: Connection, alive: int, work: Work) -> NoReturn:
    """Fork workers and report their ends until the pipe is closed; never returns to the caller."""
    try:
        _forget(keep={pipe.fileno(), alive})
        _name(SERVER)
        while True:
            pid = pipe.recv()
            if pid != _START:
                pipe.send(os.waitpid(pid, 0)[1])
                continue
            (file,) = receive_files(pipe)
            try:
                pid = os.fork()
            except OSError as error:
                pipe.send(error)
            else:
                if pid == 0:
                    pipe.close()
                    _run(work, Connection(file), alive)
                pipe.send(pid)
            os.close(file)
    except (EOFError, OSError):  # the other process has ended
        os._exit(0)
    finally:
        os._exit(1)


def _run(work: Work, pipe: Connection, alive: int) -> NoReturn:
    code = 1
    try:
        _name(WORKER)
        work(pipe, alive)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - shown as by an interpreter that ends
        sys.excepthook(*sys.exc_info())
    finally:
        # What this process held of standard output when it was copied is not written again.
        os._exit(code & 0xFF)


def _forget(keep: set[int]) -> None:
    """Reset the signals, and close the files, of the process that this one is a copy of."""
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        ignored = number == signal.SIGINT or signal.getsignal(number) is signal.SIG_IGN
        signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for file in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
        if file > 2 and file not in keep:
            with suppress(OSError):  # the list's own
                os.close(file)


def _name(name: str) -> None:
    """Set the name of this process, as in `ps`."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)
