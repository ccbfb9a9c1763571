"""Workers that are copies of this process: when it can be copied, and what a copy keeps."""

import multiprocessing.connection
import os
import signal
import subprocess
import sys
import threading
from typing import NoReturn

import pytest

from cstool.execution import fork_server, worker_pool
from cstool.execution.fork_server import ForkServer, can_fork
from cstool.execution.worker_pool import WorkerPool

pytestmark = pytest.mark.skipif(
    not hasattr(os, "pidfd_open") or sys.platform != "linux", reason="workers are spawned"
)

CAN_FORK = "from cstool.execution.fork_server import can_fork; print(can_fork())"


def answer_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("before", "can"),
    [
        ("import numpy, pyarrow, pyarrow.parquet, pyarrow.compute", True),
        ("import cstool.stages.extract.stage, cstool.stages.shard.stage", True),
        ("import cstool.stages.mask.stage, cstool.stages.switch.stage", True),
        ("import polars; polars.thread_pool_size()", False),
        ("import threading, time; threading.Thread(target=time.sleep, args=(1,)).start()", False),
    ],
)
def test_a_process_with_threads_that_may_hold_locks_is_not_copied(before: str, can: bool) -> None:
    environment = "import os; os.environ['OPENBLAS_NUM_THREADS'] = '1'"
    assert answer_of(f"{environment}\n{before}\n{CAN_FORK}") == f"{can}\n"


def test_only_the_main_thread_starts_a_server() -> None:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(can_fork()))
    thread.start()
    thread.join()
    assert found == [False]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> WorkerPool:
    monkeypatch.setattr(worker_pool, "can_fork", lambda: True)
    return WorkerPool(1)


def files() -> dict[str, str]:
    return {
        file: os.readlink(f"/proc/self/fd/{file}")  # noqa: PTH115
        for file in os.listdir("/proc/self/fd")  # noqa: PTH208
        if os.path.exists(f"/proc/self/fd/{file}")  # noqa: PTH110
    }


def test_a_worker_keeps_no_file_of_its_parent(pool: WorkerPool, tmp_path: object) -> None:
    with open(f"{tmp_path}/held", "w") as held:  # noqa: PTH123
        kept = pool.submit(files).result(60)
        late = WorkerPool(1)
        assert held.name not in {*kept.values(), *late.submit(files).result(60).values()}
    assert kept["0"] == os.devnull
    pool.shutdown()
    late.shutdown()


def handlers() -> list[bool]:
    kinds = (signal.SIGINT, signal.SIGTERM)
    return [signal.getsignal(kind) in (signal.SIG_IGN, signal.SIG_DFL) for kind in kinds]


def test_a_worker_has_no_signal_handler_of_its_parent(pool: WorkerPool) -> None:
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        late = WorkerPool(1)
        assert late.submit(handlers).result(60) == [True, True]
    finally:
        signal.signal(signal.SIGTERM, before)
    late.shutdown()
    pool.shutdown()


def name() -> str:
    with open("/proc/self/comm") as file:  # noqa: PTH123
        return file.read().strip()


def test_processes_have_names(pool: WorkerPool) -> None:
    assert pool.submit(name).result(60) == fork_server.WORKER
    pool.shutdown()


def test_a_killed_server_is_replaced_by_spawned_workers(pool: WorkerPool) -> None:
    assert pool.submit(name).result(60) == fork_server.WORKER
    assert pool._server is not None
    os.kill(pool._server._pid, signal.SIGKILL)
    os.waitpid(pool._server._pid, 0)
    with pytest.raises(worker_pool.WorkerDied, match="exited with code 1"):
        pool.submit(signal.raise_signal, signal.SIGKILL).result(60)
    assert pool.submit(name).result(60) != fork_server.WORKER
    pool.shutdown()


def refuse() -> NoReturn:
    raise BlockingIOError(11, "no more processes")


def test_an_error_of_the_copy_is_that_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        os, "fork", lambda fork=os.fork: refuse() if name() == fork_server.SERVER else fork()
    )
    server = ForkServer(worker_pool._work)
    ours, theirs = multiprocessing.connection.Pipe()
    with pytest.raises(BlockingIOError, match="no more processes"):
        server.start(theirs)
    server.close()
    ours.close()
    theirs.close()
