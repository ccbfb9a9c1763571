"""Calls in this process, in workers, and what happens when they end badly."""

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

from cstool.running.errors import CstoolError, CutInputError, InputError
from cstool.running.executors import InlineExecutor, calls_ahead, executor, run_calls

Calls = Iterator[tuple[int, Callable[[], int]]]


def square(n: int) -> int:
    return n * n


def fail(n: int) -> int:
    raise InputError(f"d.xml: part {n} is bad")


def slowly(n: int, path: str) -> int:
    time.sleep(0.2)
    Path(path).write_text(str(n))
    return n


def die(n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n


def squares(most: int) -> Calls:
    for n in range(most):
        yield n, functools.partial(square, n)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_call_gives_its_result_under_its_number(jobs: int) -> None:
    with executor(jobs) as pool:
        found = dict(run_calls(pool, squares(9), ahead=calls_ahead(pool, jobs)))
    assert found == {n: n * n for n in range(9)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_in_a_worker_arrives_as_it_was_raised(jobs: int) -> None:
    calls = iter([(0, functools.partial(square, 3)), (1, functools.partial(fail, 7))])
    with pytest.raises(InputError, match=r"^d\.xml: part 7 is bad$"), executor(jobs) as pool:
        list(run_calls(pool, calls, ahead=1))


def test_an_input_that_breaks_lets_running_calls_finish(tmp_path: Path) -> None:
    def calls() -> Calls:
        for n in range(3):
            yield n, functools.partial(slowly, n, str(tmp_path / str(n)))
        raise CutInputError("d.xml: ends in the middle")

    found = []
    with pytest.raises(CutInputError, match="ends in the middle"), executor(2) as pool:
        for number, _ in run_calls(pool, calls(), ahead=4):
            found.append(number)
    assert sorted(found) == [0, 1, 2]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_killed_worker_is_told_in_plain_words() -> None:
    calls = iter([(0, functools.partial(die, 0))])
    with pytest.raises(CstoolError, match=r"worker process was killed .*fewer --jobs"):  # noqa: SIM117
        with executor(2) as pool:
            list(run_calls(pool, calls, ahead=4))


def test_calls_are_drawn_only_when_there_is_room() -> None:
    drawn = 0

    def calls() -> Calls:
        nonlocal drawn
        for pair in squares(10):
            drawn += 1
            yield pair

    results = run_calls(InlineExecutor(), calls(), ahead=1)
    next(results)
    next(results)
    assert drawn == 2


class _LateExecutor(Executor):
    """Runs calls when asked to, so that many are under way; notes how many at most."""

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


def test_no_more_than_so_many_are_under_way() -> None:
    pool = _LateExecutor()
    assert len(list(run_calls(pool, squares(9), ahead=3))) == 9
    assert pool.most == 3


def test_calls_ahead_keep_all_workers_busy() -> None:
    assert calls_ahead(InlineExecutor(), 1) == 1
    with executor(2) as pool:
        assert calls_ahead(pool, 2) == 4


def test_an_inline_fault_waits_in_its_future() -> None:
    future = InlineExecutor().submit(fail, 1)
    with pytest.raises(InputError):
        future.result()


_COORDINATOR = """
import time
from cstool.running.executors import executor

if __name__ == "__main__":
    with executor(2) as pool:
        pool.submit(pow, 2, 2).result()
        print(*pool._processes, flush=True)
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
    """Whether a process runs; one that has ended may wait for its parent still."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
