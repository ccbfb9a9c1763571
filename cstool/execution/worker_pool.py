"""A pool of local worker processes in which a dying worker fails only its own call.

Each worker has one call at a time. `concurrent.futures.ProcessPoolExecutor` instead fails all
calls if a worker is killed, and does not say which call the worker was running.
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
from contextlib import nullcontext
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from cstool.errors import is_out_of_memory
from cstool.execution.allocation import keep_freed_memory
from cstool.execution.fork_server import ForkedProcess, ForkServer, can_fork
from cstool.execution.log import unconfigure
from cstool.execution.shared_memory import (
    CAN_SHARE,
    handing_over,
    receive_files,
    send_files,
    taking_over,
)
from cstool.execution.signals import interrupts_blocked

T = TypeVar("T")

# For processes that cannot be copied; Polars and Arrow keep threads that do not survive a fork.
_PROCESSES = multiprocessing.get_context("spawn")
_SECONDS_TO_END = 5.0
# Last bytes of a dead worker's standard error that are read, and the longest line in a message.
_LOG_READ = 1 << 14
_LINE_TOLD = 200


class WorkerDied(Exception):  # noqa: N818 - converted to an error that names the part
    """A worker process died while running a call; the only argument says how."""


class _InWorker(Exception):  # noqa: N818
    """The traceback in the worker, as the cause of the exception here."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


class _Worker(NamedTuple):
    """A worker process, the pipe to it, and the file that receives its standard error."""

    process: SpawnProcess | ForkedProcess
    pipe: Connection
    log: int | None


_Call = tuple["Future[Any]", Callable[[], Any]]
_Inbox = SimpleQueue[_Call | None]


class WorkerPool(Executor):
    """Runs calls in up to `number` processes, each started when it is first needed."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._server = _server()
        self._lock = threading.Lock()
        self._waiting: deque[_Call] = deque()
        self._idle: list[_Inbox] = []
        self._inboxes: list[_Inbox] = []
        self._threads: list[threading.Thread] = []
        self._workers: dict[_Inbox, _Worker] = {}
        self._closed = self._killed = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Assign the call to an idle worker, else to a new one, else to the next free one."""
        future: Future[T] = Future()
        call = (future, partial(fn, *args, **kwargs) if args or kwargs else fn)
        with self._lock:
            if self._closed:
                raise RuntimeError("the worker pool is shut down")
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
        with nullcontext() if self._server else interrupts_blocked():
            thread.start()  # with interrupts blocked, also in the process that it spawns
        self._inboxes.append(inbox)
        self._threads.append(thread)
        return inbox

    def pids(self) -> list[int]:
        """Return the PIDs of the worker processes."""
        with self._lock:
            return [w.process.pid for w in self._workers.values() if w.process.pid]

    def kill(self) -> None:
        """Kill the workers; the next run repeats their calls."""
        self.kill_workers()
        self.shutdown(cancel_futures=True)

    def kill_workers(self) -> None:
        """Kill the workers, without waiting for their end."""
        with self._lock:
            self._killed = True
            for worker in self._workers.values():
                worker.process.kill()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more calls; let the workers end after their calls."""
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
            if self._server is not None:
                self._server.close()
                self._server = None

    def _serve(self, inbox: _Inbox) -> None:
        """Run calls in a worker process of this thread; replace it if it dies."""
        while (call := inbox.get()) is not None:
            while call is not None:
                self._run(inbox, *call)
                with self._lock:
                    call = self._waiting.popleft() if self._waiting else None
                    if call is None:
                        self._idle.append(inbox)
        self._end(inbox)

    def _run(self, inbox: _Inbox, future: "Future[Any]", call: Callable[[], Any]) -> None:
        """Run a call in the worker and resolve its future in any case."""
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = self._answer(inbox, call)
        except BaseException as fault:  # noqa: BLE001 - the future raises it
            future.set_exception(fault)
        else:
            future.set_result(result)

    def _answer(self, inbox: _Inbox, call: Callable[[], Any]) -> Any:
        """Return the call's result from the worker, or raise its exception."""
        with handing_over() as files:
            data = ForkingPickler.dumps(call)
        worker = self._workers.get(inbox) or self._start(inbox)
        try:
            send_files(worker.pipe, files)
            worker.pipe.send_bytes(data)
            answer = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            died = self._died(inbox)
            raise died from died.__cause__
        except BaseException:
            # The state of the pipe is unknown, so no other call may use it.
            worker.process.kill()
            self._end(inbox)
            raise
        result, raised, trace = pickle.loads(answer)
        if raised is not None:
            raised.__cause__ = _InWorker(trace)
            raise raised
        return result

    def _start(self, inbox: _Inbox) -> _Worker:
        ours, theirs = _PROCESSES.Pipe()
        log = os.memfd_create("cstool-stderr") if CAN_SHARE else None
        try:
            with self._lock:
                if self._killed:
                    raise RuntimeError("the worker pool is shut down")
                worker = self._workers[inbox] = _Worker(self._process(theirs), ours, log)
        except BaseException as fault:
            ours.close()
            if log is not None:
                os.close(log)
            if isinstance(fault, BrokenPipeError):
                raise WorkerDied("ended while it was started") from fault
            raise
        finally:
            theirs.close()
        try:
            send_files(ours, [] if log is None else [log])
        except OSError:
            died = self._died(inbox)
            raise died from died.__cause__
        return worker

    def _process(self, pipe: Connection) -> SpawnProcess | ForkedProcess:
        """Start a process that runs calls from a pipe."""
        if self._server is not None:
            try:
                return self._server.start(pipe)
            except (EOFError, ConnectionError):  # the server was killed
                self._server = None
        process = _PROCESSES.Process(target=_work, args=(pipe,), daemon=True)
        process.start()
        return process

    def _died(self, inbox: _Inbox) -> WorkerDied:
        """Remove a dead worker; return the exception that says how it died."""
        log = self._workers[inbox].log
        text = "" if log is None else _last_of(log)
        died = WorkerDied(_how(self._end(inbox), text))
        if text:
            died.__cause__ = _InWorker(text)
        return died

    def _end(self, inbox: _Inbox) -> int:
        """Remove a worker, if there is one; return its exit code."""
        worker = self._workers.get(inbox)
        if worker is None:
            return 0
        worker.pipe.close()
        worker.process.join(_SECONDS_TO_END)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()
        with self._lock:
            del self._workers[inbox]
        if worker.log is not None:
            os.close(worker.log)
        return worker.process.exitcode or 0


def _server() -> ForkServer | None:
    """Return a server that forks workers; None if they have to be spawned."""
    try:
        return ForkServer(_work) if can_fork() else None
    except OSError:  # no memory for a copy, or too many processes
        return None


def _last_of(log: int) -> str:
    """Return the end of a worker's standard error."""
    size = os.fstat(log).st_size
    return os.pread(log, _LOG_READ, max(0, size - _LOG_READ)).decode(errors="replace").strip()


def _how(code: int, text: str = "") -> str:
    """Return how a worker ended, in words; `text`: the end of its standard error."""
    lines = [line.strip() for line in text.splitlines() if not line.startswith("note:")]
    said = f": {lines[-1][:_LINE_TOLD]}" if lines else ""
    if code >= 0:
        return f"exited with code {code}{said}"
    guess = "; out of memory?" if -code == signal.SIGKILL else ""
    return f"was killed ({_name(-code)}{said}{guess})"


def _name(number: int) -> str:
    """Return the name of a signal; most real-time signals have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _work(pipe: Connection, alive: int | None = None) -> None:
    """Run calls from the pipe until it is closed.

    `alive`: a file at whose end the coordinating process has ended; None in a spawned process.
    """
    try:
        for log in receive_files(pipe):
            os.dup2(log, 2)
            os.close(log)
        _begin(alive)
        while True:
            files = receive_files(pipe)
            answer = _answer(pipe.recv_bytes(), files)
            pipe.send_bytes(answer)
            del answer
    except (EOFError, ConnectionError):  # the parent closed the pipe or has ended
        return


def _answer(data: bytes, files: list[int]) -> Any:
    """Return the pickled answer to a call: its result or its exception."""
    try:
        with taking_over(files):
            call = pickle.loads(data)
        del data
        return ForkingPickler.dumps((call(), None, ""))
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as fault:  # noqa: BLE001 - sent back; a Rust panic is not an Exception
        return _pickled_error(fault)


def _pickled_error(fault: BaseException) -> Any:
    if not isinstance(fault, MemoryError) and is_out_of_memory(fault):
        fault = MemoryError(f"{type(fault).__name__}: {fault}").with_traceback(fault.__traceback__)
    elif not isinstance(fault, Exception):  # handlers in the parent would not catch it
        fault = RuntimeError(f"{type(fault).__name__}: {fault}").with_traceback(fault.__traceback__)
    trace = "".join(traceback.format_exception(fault))
    try:
        data = ForkingPickler.dumps((None, fault, trace))
        pickle.loads(data)
    except Exception:  # noqa: BLE001 - some exceptions cannot be pickled
        data = ForkingPickler.dumps((None, RuntimeError(f"{type(fault).__name__}: {fault}"), trace))
    return data


def _begin(alive: int | None) -> None:
    """Ignore Ctrl-C, limit Arrow to one thread, and end with the coordinating process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    import pyarrow as pa

    from cstool.arrays.without_pandas import without_pandas

    pa.set_cpu_count(1)
    without_pandas()
    keep_freed_memory()
    unconfigure()  # only the coordinating process writes the log
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()


def _end_with_parent(alive: int | None) -> None:
    """End this worker if the coordinating process is killed, even during a call."""
    if alive is not None:
        os.read(alive, 1)
        os._exit(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
