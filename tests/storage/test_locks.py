"""Locks: only tasks of one array may write to one folder at the same time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cstool.errors import OutputError, Unfinished
from cstool.execution.options import RunOptions
from cstool.storage.atomic import _host
from cstool.storage.locks import (
    Holder,
    Process,
    _hardware,
    is_dead,
    lock_files,
    locked,
    this_process,
)
from tests.storage.test_run import run_stage
from tests.support import files_of

HOST = "elsewhere"
ALONE = None


@contextmanager
def ended() -> Iterator[int]:
    """Yield the PID of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    yield process.pid


def other(**change: Any) -> Process:
    """Return another process that exists: the parent of this one."""
    began = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[19]
    parent = msgspec.structs.replace(this_process(), pid=os.getppid(), began=int(began))
    return msgspec.structs.replace(parent, **change)


def put(
    out: Path, process: Process, share: tuple[int, int] | None = None, tag: str = "x.1"
) -> Path:
    path = out / f"_lock-{process.host}-{process.pid}-0.json"
    path.write_bytes(msgspec.json.encode(Holder(process, "claim", share, tag)))
    return path


def test_a_second_run_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    put(tmp_path, other())
    told = rf"another run is writing to it \(process {os.getppid()} on .*\); wait until it ends"
    with pytest.raises(OutputError, match=told):
        run_stage(tmp_path)
    assert len(lock_files(tmp_path)) == 1


def test_output_of_a_running_run_is_not_overwritten(tmp_path: Path) -> None:
    run_stage(tmp_path)
    put(tmp_path, other())
    before = files_of(tmp_path)
    with pytest.raises(OutputError, match="another run is writing to it"):
        run_stage(tmp_path, running=RunOptions(jobs=1, overwrite=True))
    assert files_of(tmp_path) == before


def test_the_lock_is_released_when_the_run_ends_or_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path, "claim", ALONE):
        assert len(lock_files(tmp_path)) == 1
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    run_stage(tmp_path)
    assert lock_files(tmp_path) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "claim", "told"),
    [
        ((1, 3), (2, 3), "claim", ""),
        ((1, 3), (1, 3), "claim", "the same array task, 1/3"),
        ((1, 3), (2, 4), "claim", "array of 4 tasks is writing to it, not of 3"),
        ((1, 3), (2, 3), "another", "array task with other parameters"),
        (None, (2, 3), "claim", "another run is writing"),
        ((1, 3), None, "claim", "another run is writing"),
    ],
)
def test_which_runs_may_share_a_folder(
    tmp_path: Path,
    mine: tuple[int, int] | None,
    theirs: tuple[int, int] | None,
    claim: str,
    told: str,
) -> None:
    put(tmp_path, other(), theirs)
    if told:
        with pytest.raises(OutputError, match=told), locked(tmp_path, claim, mine):
            pass
    else:
        with locked(tmp_path, claim, mine):
            assert len(lock_files(tmp_path)) == 2
    assert len(lock_files(tmp_path)) == 1


def test_the_lock_of_a_dead_run_is_ignored(tmp_path: Path) -> None:
    with ended() as pid:
        put(tmp_path, other(pid=pid))
    put(tmp_path, other(began=1))  # its PID was reused
    assert len(lock_files(tmp_path)) == 2
    run_stage(tmp_path)
    assert lock_files(tmp_path) == []


def test_a_run_on_another_machine_is_named_with_its_lock(tmp_path: Path) -> None:
    for elsewhere in ({"host": "node-7"}, {"machine": "another"}, {"space": "pid:[1]"}):
        with ended() as pid:
            path = put(tmp_path, other(pid=pid, **elsewhere))
        told = rf"cannot be checked from here\); wait .* if it no longer runs, remove {path}"
        with pytest.raises(OutputError, match=told):
            run_stage(tmp_path)
        path.unlink()


NIC = ("aa", "bb")
OURS = Process("node", 1, "m1", "boot1", "pid:[1]", 10, None, 0, None, NIC)
BARE = Process("node", 1)  # a system without machine id and /proc


def as_ours(**change: Any) -> Process:
    return msgspec.structs.replace(OURS, **change)


@pytest.mark.parametrize(
    ("theirs", "ours", "dead"),
    [
        # Same kernel and PID namespace: the process is checked, and does not exist.
        (as_ours(), OURS, True),
        (as_ours(hardware=()), as_ours(hardware=()), True),
        (as_ours(machine=None), as_ours(machine=None), True),  # within one container
        # Another container, or a restarted one with the same name: the same kernel.
        (as_ours(space="pid:[2]"), OURS, False),
        (as_ours(space="pid:[2]", machine=None), as_ours(machine=None), False),
        (as_ours(space=None), OURS, False),
        (as_ours(space=None), as_ours(space=None), False),
        # Another host, all else equal: a virtual machine copied while running.
        (as_ours(host="node-2"), OURS, False),
        (as_ours(machine="m2"), OURS, False),
        # Another boot: the same machine only if it has the same network cards.
        (as_ours(boot="boot2"), OURS, True),
        (as_ours(boot="boot2", space="pid:[2]"), OURS, True),
        (as_ours(boot="boot2", hardware=("cc",)), OURS, False),
        (as_ours(boot="boot2", hardware=()), OURS, False),
        (as_ours(boot="boot2", hardware=()), as_ours(hardware=()), False),  # copies of an image
        (as_ours(boot="boot2", machine=None), as_ours(machine=None), False),
        (as_ours(boot="boot2", host="node-2"), OURS, False),
        (as_ours(boot="boot2", machine="m2"), OURS, False),
        (as_ours(boot=None), OURS, False),
        (OURS, as_ours(boot=None), False),
        (as_ours(boot=None), as_ours(boot=None), False),
        # Only the host name is known.
        (BARE, BARE, False),
        (BARE, OURS, False),
        (OURS, BARE, False),
    ],
)
def test_only_a_certainly_dead_run_counts_as_dead(
    theirs: Process, ours: Process, dead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.storage.locks._is_gone", lambda _: True)
    assert is_dead(theirs, ours) == dead


@pytest.mark.parametrize(
    ("signalled", "stat", "began", "gone"),
    [
        (ProcessLookupError, None, 10, True),
        (None, "S 10", 10, False),
        (None, "S 11", 10, True),  # the PID was reused
        (None, "Z 10", 10, True),  # a zombie
        (None, "S 10", None, False),
        (None, None, 10, False),  # hidden (hidepid)
        (PermissionError, None, 10, False),
        (PermissionError, "S 10", 10, False),
        (PermissionError, "S 11", 10, True),
    ],
)
def test_a_process_that_may_exist_is_not_gone(
    signalled: type[OSError] | None,
    stat: str | None,
    began: int | None,
    gone: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def kill(pid: int, number: int) -> None:
        if signalled:
            raise signalled

    state, _, ticks = (stat or "").partition(" ")
    fields = [state, *["0"] * 18, ticks]
    monkeypatch.setattr("os.kill", kill)
    monkeypatch.setattr("cstool.storage.locks._stat", lambda _: fields if stat else None)
    assert is_dead(as_ours(pid=77, began=began), OURS) == gone


def test_addresses_assigned_by_software_are_ignored(tmp_path: Path) -> None:
    for name, address, real in (
        ("eth0", "3c:ec:ef:00:00:01", True),
        ("eth1", "02:42:ac:11:00:02", True),  # of a container: assigned by software
        ("virtual", "3c:ec:ef:00:00:02", False),
        ("ib0", ":".join(["00"] * 20), True),
        ("null", "00:00:00:00:00:00", True),
    ):
        card = tmp_path / "net" / name
        card.mkdir(parents=True)
        (card / "address").write_text(f"{address}\n")
        if real:
            (card / "device").mkdir()
    wireless = tmp_path / "ieee80211/phy0"
    wireless.mkdir(parents=True)
    (wireless / "macaddress").write_text("a4:c3:f0:00:00:03\n")
    assert _hardware(tmp_path) == ("3c:ec:ef:00:00:01", "a4:c3:f0:00:00:03")
    assert _hardware(tmp_path / "none") == ()


def test_a_requeued_slurm_job_takes_over_its_folder() -> None:
    before = Process("node-1", 77, job="12", restarts=0, cluster="a")
    assert is_dead(before, Process("node-2", 5, job="12", restarts=1, cluster="a"))
    assert not is_dead(before, Process("node-2", 5, job="12", restarts=0, cluster="a"))
    assert not is_dead(before, Process("node-2", 5, job="13", restarts=1, cluster="a"))
    assert not is_dead(before, Process("node-2", 5, job="12", restarts=1, cluster="b"))


_ENDED_IN_ANNOUNCE = """
import os, signal, sys
from pathlib import Path
import cstool.storage.locks as locks
from cstool.execution.shutdown import end_stopped, ending_in_time
from cstool.execution.signals import interruptible

where = sys.argv[2]

def end(*_):
    os.kill(os.getpid(), signal.SIGTERM)

if where == "after the write":
    locks._in_the_way = end
try:
    with ending_in_time(), interruptible():
        with locks.locked(Path(sys.argv[1]), "claim", None) as path:
            if where == "in the release":
                unlink = Path.unlink
                Path.unlink = lambda *a, **k: (setattr(Path, "unlink", unlink), end())
            elif where == "in the block":
                end()
except KeyboardInterrupt:
    end_stopped(None)
"""


@pytest.mark.parametrize("where", ["after the write", "in the block", "in the release"])
def test_a_signal_at_any_time_leaves_no_lock(where: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ENDED_IN_ANNOUNCE, tmp_path, where],
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert done.stderr.startswith("cstool: stopped")
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_lock_is_reported(tmp_path: Path) -> None:
    (tmp_path / "_lock-x-1-0.json").write_text("{")
    with pytest.raises(OutputError, match=r"_lock-x-1-0\.json: lock cannot be read; if no run"):
        run_stage(tmp_path)


_RACER = """
import sys, time
from pathlib import Path
from cstool.storage.locks import locked
from cstool.errors import OutputError
while time.monotonic() < float(sys.argv[2]):
    pass
try:
    with locked(Path(sys.argv[1]), sys.argv[3], None):
        time.sleep(1.5)
        print("in", flush=True)
except OutputError as error:
    print(error, flush=True)
"""


def test_of_simultaneous_runs_at_most_one_locks_the_folder(tmp_path: Path) -> None:
    import time

    at = time.monotonic() + 2.5
    command = [sys.executable, "-c", _RACER, str(tmp_path), str(at)]
    racers = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "abc"
    ]
    told = [racer.communicate()[0].strip() for racer in racers]
    assert told.count("in") <= 1
    assert sum("another run is writing to it" in line for line in told) >= 2
    assert lock_files(tmp_path) == []


def test_a_finished_folder_needs_no_lock(tmp_path: Path) -> None:
    run_stage(tmp_path)
    put(tmp_path, other())
    run_stage(tmp_path)


def test_files_of_a_run_killed_after_its_manifest_are_removed(tmp_path: Path) -> None:
    run_stage(tmp_path)
    before = files_of(tmp_path)
    orphans = []
    with ended() as pid:
        for digit, host in (("0", HOST), ("1", _host())):
            orphans.append(tmp_path / f".tmp-{host}.{pid}-{digit * 16}")
            orphans[-1].mkdir()
            (orphans[-1] / "half").touch()
        put(tmp_path, other(pid=pid), tag=orphans[0].name)
    run_stage(tmp_path)
    assert files_of(tmp_path) == before
    assert not any(map(Path.exists, orphans))


def test_temporary_files_of_a_run_on_another_machine_are_named(tmp_path: Path) -> None:
    tag = f".tmp-node_7.9-{'0' * 16}"
    lock = put(tmp_path, other(host="node-7"), tag=tag)
    with pytest.raises(OutputError, match=f"remove {lock} and {tmp_path / tag}$"):
        run_stage(tmp_path)


@pytest.mark.parametrize("tag", ["../victim", "victim", f".tmp-/../../victim.1-{'0' * 16}", ""])
def test_a_dead_run_s_lock_cannot_name_another_folder_for_removal(tmp_path: Path, tag: str) -> None:
    out, victim = tmp_path / "o", tmp_path / "victim"
    for folder in (out, victim, out / "victim", tmp_path / f"victim.1-{'0' * 16}"):
        folder.mkdir()
    with ended() as pid:
        put(out, other(pid=pid), tag=tag)
    with locked(out, "claim", ALONE):
        assert len(list(tmp_path.iterdir())) == 3
        assert (out / "victim").is_dir()


def test_array_tasks_keep_each_other_s_temporary_files(tmp_path: Path) -> None:
    put(tmp_path, other(), (2, 2))
    path = next(iter(lock_files(tmp_path)))
    holder = msgspec.json.decode(path.read_bytes(), type=Holder)
    # The other array task has the claim of the one that is started below.
    with ended() as pid:
        theirs, orphan = (tmp_path / f".tmp-{_host()}.{pid}-{digit * 16}" for digit in "12")
    begins = tmp_path / f".tmp-node-7.{pid}-{'3' * 16}"  # an array task that has no lock yet
    for folder in (theirs, orphan, begins):
        folder.mkdir()
    with pytest.raises(OutputError, match="other parameters"):
        run_stage(tmp_path, running=RunOptions(jobs=1, array_task=(1, 2)))
    path.write_bytes(
        msgspec.json.encode(msgspec.structs.replace(holder, claim=_claim(), tag=theirs.name))
    )
    with pytest.raises(Unfinished):
        run_stage(tmp_path, running=RunOptions(jobs=1, array_task=(1, 2)))
    assert theirs.exists()
    assert begins.exists()
    assert not orphan.exists()


def _claim() -> str:
    from cstool import __version__
    from cstool.storage.ownership import Claim
    from tests.storage.test_run import INPUTS

    parameters = {"factor": 2, "languages": ["de", "fr"]}
    return Claim(
        "extract", __version__, parameters, [given.as_claimed() for given in INPUTS]
    ).fingerprint()
