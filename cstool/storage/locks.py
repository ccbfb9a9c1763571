"""Locks of an output folder: a file `_lock-….json` for each run that writes to it.

A run writes its lock file under a unique name, then reads all others: of two runs that start at the
same time, at least one sees the other. File locks of the operating system (which many network file
systems do not support), hard links and file times are not used. The tasks of one array (`--task`)
may share a folder; any other two runs may not.

A run that is killed leaves its lock file. It is known to have ended in three cases only; otherwise
the lock is respected, and the error message names the file:

- It ran on this kernel (boot id) in this PID namespace, and no process has its PID, or one with
  another start time (PIDs are reused).
- It ran on this machine, which has been rebooted since. Host name and machine id do not prove that
  it is the same machine, because images and containers are copied with both; the addresses of
  network cards do.
- Slurm has requeued its job.
"""

import os
import random
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from cstool.errors import OutputError
from cstool.execution.shutdown import cleaned_up
from cstool.storage.atomic import is_scratch, remove_scratch, write_bytes

_PREFIX, _SUFFIX = "_lock-", ".json"
# Two runs that start at the same time both retreat and retry after random waits (seconds).
_TRIES, _LONGEST_WAIT = 6, 0.2


class Process(msgspec.Struct, frozen=True):
    """The unique identity of a process.

    `machine`, `boot`: Linux's machine id and boot id. `space`: the PID namespace (containers have
    their own). `began`: start time in clock ticks since boot. `job`, `restarts`, `cluster`: of
    Slurm. `hardware`: MAC addresses of the network cards. None means unknown.
    """

    host: str
    pid: int
    machine: str | None = None
    boot: str | None = None
    space: str | None = None
    began: int | None = None
    job: str | None = None
    restarts: int = 0
    cluster: str | None = None
    hardware: tuple[str, ...] = ()


class Holder(msgspec.Struct, frozen=True):
    """A run that holds a lock: its process, its claim's fingerprint, its array task (I, N).

    `tag`: the name of the folder for its temporary files.
    """

    process: Process
    claim: str
    share: tuple[int, int] | None
    tag: str


def this_process() -> Process:
    """Return the identity of this process."""
    pid = os.getpid()
    restarts = os.environ.get("SLURM_RESTART_COUNT", "")
    return Process(
        socket.gethostname(),
        pid,
        _line(Path("/etc/machine-id")),
        _line(Path("/proc/sys/kernel/random/boot_id")),
        _space(),
        _began(pid),
        os.environ.get("SLURM_JOB_ID"),
        int(restarts) if restarts.isdecimal() else 0,
        os.environ.get("SLURM_CLUSTER_NAME"),
        _hardware(),
    )


def _line(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _space() -> str | None:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None


def _hardware(devices: Path = Path("/sys/class")) -> tuple[str, ...]:
    """Return the MAC addresses of the machine's network cards, as assigned by their makers.

    Addresses assigned by software (virtual machines, containers, privacy) are left out: two
    machines may have the same.
    """
    found = {_line(card / "macaddress") for card in devices.glob("ieee80211/*")}
    found |= {_line(card.parent / "address") for card in devices.glob("net/*/device")}
    return tuple(sorted(address for address in found if address and _from_maker(address)))


def _from_maker(address: str) -> bool:
    if not re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){5}", address):
        return False
    first = int(address[:2], 16)
    return not first & 0b11 and address != "00:00:00:00:00:00"


def _stat(pid: int) -> list[str] | None:
    """Return the fields of `/proc/PID/stat` from the state on (proc(5), field 3)."""
    stat = _line(Path(f"/proc/{pid}/stat"))
    # The name, in parentheses, may contain any character.
    return stat.rpartition(")")[2].split() if stat else None


def _began(pid: int) -> int | None:
    """Return the start time of a process, in clock ticks since boot."""
    stat = _stat(pid)
    return int(stat[19]) if stat else None


def _is_gone(process: Process) -> bool:
    """Whether a process of this PID namespace has certainly ended."""
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it exists and belongs to another user
    stat = _stat(process.pid)
    if stat is None:  # /proc may hide it (hidepid)
        return False
    ended = stat[0] in "ZX"  # a zombie: its parent has not waited for it
    return ended or (process.began is not None and int(stat[19]) != process.began)


def _in_sight(other: Process, ours: Process) -> bool:
    """Whether both processes have the same kernel and PID namespace, so that PIDs are comparable.

    Containers on one machine have the same boot id, but other namespaces. A virtual machine that
    was copied while running has the same of both; its host name or machine id may differ.
    """
    theirs, here = ((p.host, p.machine, p.boot, p.space) for p in (other, ours))
    return theirs == here and ours.boot is not None and ours.space is not None


def _restarted(other: Process, ours: Process) -> bool:
    """Whether the other process ran on this machine before its last boot.

    The network cards prove that it is the same machine: names can be copied with an image.
    """
    if other.boot is None or ours.boot is None or other.boot == ours.boot:
        return False
    theirs, here = ((p.host, p.machine, p.hardware) for p in (other, ours))
    return theirs == here and ours.machine is not None and bool(ours.hardware)


def _requeued(other: Process, ours: Process) -> bool:
    """Whether Slurm has ended the other process's job and requeued it as ours."""
    same = (other.job, other.cluster) == (ours.job, ours.cluster)
    return ours.job is not None and same and ours.restarts > other.restarts


def is_dead(other: Process, ours: Process) -> bool:
    """Whether the other process has certainly ended."""
    if _in_sight(other, ours):
        return _is_gone(other)
    return _requeued(other, ours) or _restarted(other, ours)


@contextmanager
def locked(
    out: Path, claim: str, share: tuple[int, int] | None, scratch: str = ""
) -> Iterator[Path]:
    """Lock the folder for this run; yield the path of the lock file.

    `share`: the array task (I, N), which may share the folder with other tasks of its array.
    `scratch`: the name of the folder for temporary files. Raises OutputError if another run has
    locked the folder, or if the folder cannot be written.
    """
    mine = Holder(this_process(), claim, share, scratch)
    path = out / _name(mine.process)

    def release() -> None:
        with suppress(OSError):  # the error of a failing disk has already been reported
            path.unlink(missing_ok=True)

    with cleaned_up(release):
        _announce(out, path, mine)
        yield path


def _name(process: Process) -> str:
    host = re.sub(r"[^\w.-]", "_", process.host)
    return f"{_PREFIX}{host}-{process.pid}-{secrets.token_hex(4)}{_SUFFIX}"


def _announce(out: Path, path: Path, mine: Holder) -> None:
    """Write the lock file; remove it and raise OutputError if another run has a lock."""
    for last in (False,) * (_TRIES - 1) + (True,):
        write_bytes(path, msgspec.json.encode(mine))
        obstacle = _in_the_way(out, path, mine)
        if obstacle is None:
            return
        path.unlink(missing_ok=True)
        if last:
            raise OutputError(obstacle)
        time.sleep(random.uniform(0, _LONGEST_WAIT))
    raise AssertionError


def _in_the_way(out: Path, path: Path, mine: Holder) -> str | None:
    """Return the error message if a lock excludes this run, else None.

    Lock files of dead runs are removed, which is safe because their names are unique.
    """
    for theirs in lock_files(out):
        if theirs == path:
            continue
        holder = _read(theirs)
        if holder is None:
            if theirs.exists():
                return f"{theirs}: lock cannot be read; if no run writes to the folder, remove it"
        elif is_dead(holder.process, mine.process):
            _remove(theirs, holder)
        elif why := _why_not_both(mine, holder):
            return _told(out, theirs, holder, mine, why)
    return None


def _why_not_both(mine: Holder, other: Holder) -> str:
    """Return why two runs may not write to one folder at once; "" if they may."""
    if mine.share is None or other.share is None:
        return "another run is writing to it"
    if mine.share[1] != other.share[1]:
        return f"an array of {other.share[1]} tasks is writing to it, not of {mine.share[1]}"
    if mine.share == other.share:
        return f"the same array task, {mine.share[0]}/{mine.share[1]}, is writing to it"
    if mine.claim != other.claim:
        return "an array task with other parameters or inputs is writing to it"
    return ""


def _told(out: Path, theirs: Path, holder: Holder, mine: Holder, why: str) -> str:
    process = holder.process
    job = f", job {process.job}" if process.job else ""
    who = f"process {process.pid} on {process.host}{job}"
    if _in_sight(process, mine.process):
        return f"{out}: {why} ({who}); wait until it ends, stop it, or choose another folder"
    files = f"{theirs} and {out / holder.tag}" if is_scratch(holder.tag) else theirs
    return (
        f"{out}: {why} ({who}, which cannot be checked from here); wait until it ends, or, if it "
        f"no longer runs, remove {files}"
    )


def remove_dead(out: Path) -> bool:
    """Remove locks and temporary files of dead runs from a complete folder.

    Such runs were killed after they wrote the manifest. Return whether there were any.
    """
    ours = this_process()
    dead = [
        (path, holder)
        for path in lock_files(out)
        if (holder := _read(path)) and is_dead(holder.process, ours)
    ]
    for path, holder in dead:
        _remove(path, holder)
    return bool(dead)


def _remove(lock: Path, holder: Holder) -> None:
    """Remove the temporary files of a dead run, then its lock."""
    if is_scratch(holder.tag):
        remove_scratch(lock.parent / holder.tag)
    with suppress(OSError):  # on a read-only disk it remains
        lock.unlink(missing_ok=True)


def lock_files(out: Path) -> list[Path]:
    """Return the lock files in a folder."""
    return sorted(p for p in out.glob(f"{_PREFIX}*{_SUFFIX}") if is_lock(p.name))


def is_lock(name: str) -> bool:
    """Whether it is the name of a lock file."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def scratch_in_use(out: Path) -> set[str]:
    """Return the names of the folders for temporary files that the locks in a folder name."""
    return {holder.tag for path in lock_files(out) if (holder := _read(path))}


def _read(path: Path) -> Holder | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None
