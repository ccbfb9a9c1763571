"""Calls in this process and in workers, and calls that fail."""

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from cstool.errors import CstoolError, CutInputError, InputError
from cstool.execution.executors import InlineExecutor, calls_ahead, executor, run_calls
from cstool.execution.worker_pool import WorkerPool

Calls = Iterator[tuple[int, Callable[[], int]]]


def square(n: int) -> int:
    return n * n


def fail(n: int) -> int:
    raise InputError(f"d.xml: part {n} is bad")


def slowly(n: int, path: str) -> int:
    time.sleep(0.2)
    Path(path).write_text(str(n))
    Path(path).with_name(f"made-{n}-{time.monotonic_ns()}").touch()
    return n


def die(n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n


def die_once(n: int, folder: Path) -> int:
    tried = folder / f"tried-{n}-{time.monotonic_ns()}"
    tried.touch()
    if len(list(folder.glob(f"tried-{n}-*"))) == 1:
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def needs_all_memory(folder: Path, number: int) -> int:
    (folder / f"{time.monotonic_ns()}").touch()
    assert len(list(folder.iterdir())) <= number
    raise MemoryError


def unpicklable(n: int) -> Callable[[], int]:
    return lambda: n


class Needy(Exception):  # noqa: N818
    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def needy(n: int) -> int:
    raise Needy("a", "b")


def squares(most: int) -> Calls:
    for n in range(most):
        yield n, functools.partial(square, n)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_call_yields_its_number_and_result(jobs: int) -> None:
    with executor(jobs) as pool:
        found = dict(run_calls(pool, squares(9), ahead=lambda: calls_ahead(pool, jobs)))
    assert found == {n: n * n for n in range(9)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_in_a_worker_is_raised_unchanged(jobs: int) -> None:
    calls = iter([(0, functools.partial(square, 3)), (1, functools.partial(fail, 7))])
    with pytest.raises(InputError, match=r"^d\.xml: part 7 is bad$"), executor(jobs) as pool:
        list(run_calls(pool, calls, ahead=lambda: 1))


def test_running_calls_finish_after_an_input_error(tmp_path: Path) -> None:
    def calls() -> Calls:
        for n in range(3):
            yield n, functools.partial(slowly, n, str(tmp_path / str(n)))
        raise CutInputError("d.xml: ends in the middle")

    found = []
    with pytest.raises(CutInputError, match="ends in the middle"), executor(2) as pool:
        for number, _ in run_calls(pool, calls(), ahead=lambda: 4):
            found.append(number)
    assert sorted(found) == [0, 1, 2]
    assert len(list(tmp_path.glob("made-*"))) == 3


def test_a_call_whose_worker_dies_twice_is_reported() -> None:
    calls = iter([(7, functools.partial(die, 7))])
    with pytest.raises(CstoolError, match=r"call 7: .* was killed \(SIGKILL; out of memory"):  # noqa: SIM117
        with executor(2) as pool:
            list(run_calls(pool, calls, ahead=lambda: 4))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_call_without_memory_is_tried_twice(jobs: int, tmp_path: Path) -> None:
    calls = iter([(0, functools.partial(needs_all_memory, tmp_path, 2))])
    with pytest.raises(CstoolError, match=r"ran out of memory"), executor(jobs) as pool:
        list(run_calls(pool, calls, ahead=lambda: 4))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_dying_worker_fails_only_its_call_which_is_retried_alone(
    tmp_path: Path,
) -> None:
    def calls() -> Calls:
        yield 0, functools.partial(slowly, 0, str(tmp_path / "0"))
        yield 1, functools.partial(die_once, 1, tmp_path)
        for n in range(2, 6):
            yield n, functools.partial(slowly, n, str(tmp_path / str(n)))

    again: list[int] = []

    def noted(number: int, call: Callable[[], int]) -> Callable[[], int]:
        again.append(number)
        return call

    with executor(2) as pool:
        found = list(run_calls(pool, calls(), ahead=lambda: 4, again=noted))
    assert dict(found) == {n: n for n in range(6)}
    assert again == [1]
    before = [n for n, _ in found][: [n for n, _ in found].index(1)]
    assert {0, 2} <= set(before)  # running calls were finished first
    assert len(list(tmp_path.glob("tried-1-*"))) == 2
    assert len(list(tmp_path.glob("made-*"))) == 5  # each once


def test_pickling_errors_are_raised_by_the_future() -> None:
    with executor(2) as pool:
        with pytest.raises(Exception, match="pickle"):
            pool.submit(lambda: 1).result()
        with pytest.raises(Exception, match="pickle"):
            pool.submit(functools.partial(unpicklable, 1)).result()
        with pytest.raises(RuntimeError, match="Needy: a and b"):
            pool.submit(functools.partial(needy, 1)).result()
        assert pool.submit(square, 3).result() == 9


def test_an_exception_in_a_worker_has_its_traceback() -> None:
    with executor(2) as pool, pytest.raises(InputError) as caught:
        pool.submit(fail, 7).result()
    assert "in fail" in str(caught.value.__cause__)


def test_only_needed_workers_are_started() -> None:
    with executor(8) as pool:
        assert isinstance(pool, WorkerPool)
        for n in range(5):
            assert pool.submit(square, n).result() == n * n
        assert len(pool.pids()) == 1


def test_calls_are_generated_only_when_they_can_be_submitted() -> None:
    drawn = 0

    def calls() -> Calls:
        nonlocal drawn
        for pair in squares(10):
            drawn += 1
            yield pair

    results = run_calls(InlineExecutor(), calls(), ahead=lambda: 1)
    next(results)
    next(results)
    assert drawn == 2


class _LateExecutor(Executor):
    """Finishes calls in groups of three; records the maximum of unfinished calls."""

    def __init__(self) -> None:
        self.waiting: list[Future[Any]] = []
        self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append(future)
        self.most = max(self.most, sum(not f.done() for f in self.waiting))
        if len(self.waiting) % 3 == 0:
            for one in self.waiting:
                if not one.done():
                    one.set_result(0)
        return future


def test_the_number_of_submitted_calls_is_limited() -> None:
    pool = _LateExecutor()
    assert len(list(run_calls(pool, squares(9), ahead=lambda: 3))) == 9
    assert pool.most == 3


def test_calls_ahead_keep_all_workers_busy() -> None:
    assert calls_ahead(InlineExecutor(), 1) == 1
    with executor(2) as pool:
        assert calls_ahead(pool, 2) == 4


def test_an_inline_exception_is_raised_by_the_future() -> None:
    future = InlineExecutor().submit(fail, 1)
    with pytest.raises(InputError):
        future.result()


_COORDINATOR = """
import time
from cstool.execution.executors import executor

if __name__ == "__main__":
    with executor(2) as pool:
        pool.submit(pow, 2, 2).result()
        print(*pool.pids(), flush=True)
        time.sleep(60)
"""


def test_workers_end_when_their_coordinator_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(_COORDINATOR)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        workers = [int(pid) for pid in process.stdout.readline().split()]
        assert workers
        process.kill()
    until = time.monotonic() + 5
    while any(map(_alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_alive, workers))


def _alive(pid: int) -> bool:
    """Whether a process is running; a zombie is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
