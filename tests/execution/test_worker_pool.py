"""Workers that die in any way: the future of the call is resolved, and nothing is left behind."""

import functools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cstool.errors import is_out_of_memory
from cstool.execution import worker_pool
from cstool.execution.executors import executor
from cstool.execution.worker_pool import WorkerDied, WorkerPool, _how

LONGEST = 60  # seconds until a future that is never resolved fails the test


@pytest.fixture(autouse=True, params=["forked", "spawned"])
def _kind_of_worker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with both kinds of workers."""
    monkeypatch.setattr(worker_pool, "can_fork", lambda: request.param == "forked")


def end_by(number: int) -> None:
    signal.signal(number, signal.SIG_DFL) if number not in (9, 19) else None
    os.kill(os.getpid(), number)


def end_saying(words: str) -> None:
    os.write(2, words.encode())
    os.abort()


class Panic(BaseException):
    """Like PyO3's PanicException, it is not an Exception."""


def panic(words: str) -> None:
    raise Panic(words)


def result_of(call: Any) -> Any:
    with executor(2) as pool:
        try:
            return pool.submit(call).result(LONGEST)
        finally:
            assert pool.submit(abs, -3).result(LONGEST) == 3  # a new worker replaces it


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, 34, 35, 63, 64])
def test_a_worker_killed_by_a_signal_is_reported(number: int) -> None:
    with pytest.raises(WorkerDied, match=r"was killed \((SIG[A-Z+]+|signal \d+)\)"):
        result_of(functools.partial(end_by, number))


@pytest.mark.parametrize("code", [0, 3, 255])
@pytest.mark.parametrize("end", [os._exit, sys.exit])
def test_a_worker_that_exits_is_reported(end: Any, code: int) -> None:
    with pytest.raises(WorkerDied, match=f"exited with code {code}"):
        result_of(functools.partial(end, code))


def test_the_last_line_of_a_dead_worker_is_reported_and_not_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    words = "thread panicked\nmemory allocation of 99 bytes failed\nnote: run with RUST_BACKTRACE"
    with pytest.raises(WorkerDied, match=r"SIGABRT: memory allocation of 99 bytes failed\)"):
        result_of(functools.partial(end_saying, words))
    assert capfd.readouterr().err == ""


def test_every_exit_code_has_a_description() -> None:
    for number in range(1, 65):
        assert _how(-number).startswith("was killed (")
    assert _how(-35) == "was killed (signal 35)"
    assert _how(-9) == "was killed (SIGKILL; out of memory?)"


def test_a_panic_is_an_exception_of_the_call() -> None:
    with pytest.raises(RuntimeError, match="Panic: index out of range"):
        result_of(functools.partial(panic, "index out of range"))


def test_a_panic_without_memory_is_a_memory_error() -> None:
    with pytest.raises(MemoryError, match="failed to spawn thread"):
        result_of(functools.partial(panic, "failed to spawn thread: Os { code: 11 }"))


@pytest.mark.parametrize("place", ["_start", "_died", "_end"])
def test_an_error_of_the_thread_resolves_the_future(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("unforeseen")

    pool = WorkerPool(1)
    monkeypatch.setattr(pool, place, fail)
    future = pool.submit(functools.partial(os._exit, 1))
    with pytest.raises(ValueError, match="unforeseen"):
        future.result(LONGEST)
    monkeypatch.undo()
    pool.kill()


@pytest.mark.parametrize(
    ("fault", "is_one"),
    [
        (MemoryError(), True),
        (OSError(12, "Cannot allocate memory"), True),
        (ImportError("libx.so: failed to map segment from shared object"), True),
        (RuntimeError("can't start new thread"), True),
        (Panic("failed to spawn thread"), True),
        (ValueError("no QID"), False),
        (OSError(28, "No space left on device"), False),
        (Panic("index out of range"), False),
    ],
)
def test_messages_of_exhausted_memory_are_recognised(fault: BaseException, is_one: bool) -> None:
    assert is_out_of_memory(fault) == is_one
    wrapper = ValueError("cannot")
    wrapper.__cause__ = fault
    assert is_out_of_memory(wrapper) == is_one


_RUN = """
import time
from cstool.execution.executors import executor
from cstool.execution.shared_memory import SharedBytes

def size(shared):
    return len(shared.map())

if __name__ == "__main__":
    with executor(2) as pool:
        print(pool.submit(size, SharedBytes.of([b"abc"])).result(), flush=True)
        time.sleep(60)
"""


def test_a_killed_run_leaves_no_temporary_files(
    tmp_path: Path,
) -> None:
    (tmp_path / "run.py").write_text(_RUN)
    (tmp_path / "temporary").mkdir()
    with subprocess.Popen(
        [sys.executable, tmp_path / "run.py"],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"3\n"
        process.kill()
    assert list((tmp_path / "temporary").iterdir()) == []
