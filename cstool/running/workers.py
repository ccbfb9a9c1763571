"""Local worker processes, each with one call at a time: one that dies takes no other call along.

`concurrent.futures.ProcessPoolExecutor` ends all calls when one worker is killed, and cannot tell
which call it had.
"""

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

# Spawned, not forked: Polars and Arrow keep threads that do not survive a fork.
_PROCESSES = multiprocessing.get_context("spawn")
_SECONDS_TO_END = 5.0


class WorkerDied(Exception):  # noqa: N818 - told of by others, with what it was working at
    """The process that had a call ended in the middle of it; its one argument says how."""


class _InWorker(Exception):  # noqa: N818
    """A fault's traceback in the worker, as its cause."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


_Call = tuple["Future[Any]", Callable[[], Any]]
_Inbox = SimpleQueue[_Call | None]


class WorkerPool(Executor):
    """Runs calls in up to `number` processes, each started when it is needed first."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lock = threading.Lock()
        self._waiting: deque[_Call] = deque()
        self._idle: list[_Inbox] = []
        self._inboxes: list[_Inbox] = []
        self._threads: list[threading.Thread] = []
        self._processes: dict[_Inbox, SpawnProcess] = {}
        self._closed = self._killed = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Give the call to a worker that is idle, else to a new one, else to the first free."""
        future: Future[T] = Future()
        call = (future, partial(fn, *args, **kwargs) if args or kwargs else fn)
        with self._lock:
            if self._closed:
                raise RuntimeError("the workers have been dismissed")
            if self._idle:
                self._idle.pop().put(call)
            elif len(self._inboxes) < self._number:
                self._new_seat().put(call)
            else:
                self._waiting.append(call)
        return future

    def _new_seat(self) -> _Inbox:
        inbox: _Inbox = SimpleQueue()
        thread = threading.Thread(target=self._serve, args=(inbox,), daemon=True)
        self._inboxes.append(inbox)
        self._threads.append(thread)
        thread.start()
        return inbox

    def pids(self) -> list[int]:
        """Return the numbers of the worker processes."""
        with self._lock:
            return [process.pid for process in self._processes.values() if process.pid]

    def kill(self) -> None:
        """End the workers now: what they were making is made again by the next run."""
        with self._lock:
            self._killed = True
            for process in self._processes.values():
                process.kill()
        self.shutdown(cancel_futures=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; let the workers end when theirs are done."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                for future, _ in self._waiting:
                    future.cancel()
                self._waiting.clear()
            for inbox in self._inboxes:
                inbox.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _serve(self, inbox: _Inbox) -> None:
        """Hand calls to a worker process of its own; a new one when it has died."""
        pipe: Connection | None = None
        while (call := inbox.get()) is not None:
            while call is not None:
                pipe = self._run(inbox, pipe, *call)
                with self._lock:
                    call = self._waiting.popleft() if self._waiting else None
                    if call is None:
                        self._idle.append(inbox)
        if pipe is not None:
            self._end(inbox, pipe)

    def _run(
        self, inbox: _Inbox, pipe: Connection | None, future: "Future[Any]", call: Any
    ) -> Connection | None:
        """Run a call in the worker; return the pipe to it, None when it has died."""
        if not future.set_running_or_notify_cancel():
            return pipe
        try:
            data = ForkingPickler.dumps(call)
            pipe = pipe or self._start(inbox)
        except Exception as fault:  # noqa: BLE001 - handed on by the future
            future.set_exception(fault)
            return pipe
        try:
            pipe.send_bytes(data)
            answer = pipe.recv_bytes()
        except (EOFError, OSError):
            future.set_exception(WorkerDied(self._end(inbox, pipe)))
            return None
        try:
            result, raised, trace = pickle.loads(answer)
        except Exception as unreadable:  # noqa: BLE001
            future.set_exception(unreadable)
            return pipe
        if raised is None:
            future.set_result(result)
        else:
            raised.__cause__ = _InWorker(trace)
            future.set_exception(raised)
        return pipe

    def _start(self, inbox: _Inbox) -> Connection:
        ours, theirs = _PROCESSES.Pipe()
        process = _PROCESSES.Process(target=_work, args=(theirs,), daemon=True)
        with self._lock:
            if self._killed:
                raise RuntimeError("the workers have been dismissed")
            process.start()
            self._processes[inbox] = process
        theirs.close()
        return ours

    def _end(self, inbox: _Inbox, pipe: Connection) -> str:
        """Part from a worker; return how it has ended, in words."""
        pipe.close()
        process = self._processes[inbox]
        process.join(_SECONDS_TO_END)
        if process.exitcode is None:
            process.kill()
            process.join()
        with self._lock:
            del self._processes[inbox]
        return _how(process.exitcode or 0)


def _how(code: int) -> str:
    if code >= 0:
        return f"ended by itself, with exit code {code}"
    name = signal.Signals(-code).name
    guess = "; out of memory?" if -code == signal.SIGKILL else ""
    return f"was killed ({name}{guess})"


def _work(pipe: Connection) -> None:
    """Do what comes through the pipe, until it is closed."""
    _begin()
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            return
        try:
            answer = ForkingPickler.dumps((pickle.loads(data)(), None, ""))
        except Exception as fault:  # noqa: BLE001 - handed on to the coordinating process
            answer = _told(fault)
        del data
        pipe.send_bytes(answer)
        del answer


def _told(fault: Exception) -> Any:
    trace = "".join(traceback.format_exception(fault))
    try:
        told = ForkingPickler.dumps((None, fault, trace))
        pickle.loads(told)
    except Exception:  # noqa: BLE001 - not every exception can be pickled
        told = ForkingPickler.dumps((None, RuntimeError(f"{type(fault).__name__}: {fault}"), trace))
    return told


def _begin() -> None:
    """Leave Ctrl-C to the coordinating process, and one thread to Arrow; end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    import pyarrow as pa

    pa.set_cpu_count(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the coordinating process is killed, in the middle of its work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
