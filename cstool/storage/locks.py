"""Who is working in a folder: a file for each run there, `_lock-….json`.

Made whole under a name of its own, then all others are looked at: of two runs that begin at one
moment at least one sees the other. No locks of the operating system, which many network file
systems do not keep, no hard links, no times of files. The runs of one array (`--task`) may be
there together; any other two may not.

A run that was killed leaves its file. It is known to be dead in three cases only; in all others
its file binds, and the error names it:

- It ran on this kernel (boot id) in this PID namespace, and its process is not there, or began at
  another moment (numbers of processes are used again).
- It ran on this machine, which has been started since. Host name and machine id do not prove that:
  images and containers are copied with both. The addresses of network cards do.
- Slurm has put its job back into the queue.
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
# Two that begin at one moment both step back, and try again after a while that differs.
_TRIES, _LONGEST_WAIT = 6, 0.2


class Process(msgspec.Struct, frozen=True):
    """A process, told apart from all others that there are or have been.

    `machine`, `boot`: Linux's numbers of the machine and of its start; `space`: in which numbers
    of processes mean the same (containers have their own); `began`: ticks since the start. None
    where the system does not tell. `hardware`: addresses of the machine's network cards.
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
    """A run in a folder: its process, what it is (a claim's print), its share.

    `tag`: the name of the folder of its temporary files.
    """

    process: Process
    claim: str
    share: tuple[int, int] | None
    tag: str


def this_process() -> Process:
    """Return what this process is told by."""
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
    """Return the addresses that the makers of the machine's network cards have given them.

    Not those that software has made up (of virtual machines, containers, or for privacy), which
    may be the same on two machines.
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
    """Return what the system tells of a process, from its state on (proc(5), field 3)."""
    stat = _line(Path(f"/proc/{pid}/stat"))
    # The name, in brackets, may hold anything.
    return stat.rpartition(")")[2].split() if stat else None


def _began(pid: int) -> int | None:
    """Return when a process began, in ticks since the machine's start."""
    stat = _stat(pid)
    return int(stat[19]) if stat else None


def _is_gone(process: Process) -> bool:
    """Whether a process of this PID namespace is certainly no more."""
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # another user's: it is there
    stat = _stat(process.pid)
    if stat is None:  # /proc may hide it (hidepid)
        return False
    ended = stat[0] in "ZX"  # its parent has not asked yet how it ended
    return ended or (process.began is not None and int(stat[19]) != process.began)


def _in_sight(other: Process, ours: Process) -> bool:
    """Whether numbers of processes mean the same to both: one kernel, one PID namespace.

    Containers of one machine share the kernel's number (boot id), not the namespace. A virtual
    machine that is copied while it runs has both; then the names may tell that it is another.
    """
    theirs, here = ((p.host, p.machine, p.boot, p.space) for p in (other, ours))
    return theirs == here and ours.boot is not None and ours.space is not None


def _restarted(other: Process, ours: Process) -> bool:
    """Whether the machine that the other ran on is this one, and has been started since.

    The network cards prove that it is this one: names can be copied with an image.
    """
    if other.boot is None or ours.boot is None or other.boot == ours.boot:
        return False
    theirs, here = ((p.host, p.machine, p.hardware) for p in (other, ours))
    return theirs == here and ours.machine is not None and bool(ours.hardware)


def _requeued(other: Process, ours: Process) -> bool:
    """Whether Slurm has ended the other's job, and begun it again as ours."""
    same = (other.job, other.cluster) == (ours.job, ours.cluster)
    return ours.job is not None and same and ours.restarts > other.restarts


def is_dead(other: Process, ours: Process) -> bool:
    """Whether it is certain that the other process is no more."""
    if _in_sight(other, ours):
        return _is_gone(other)
    return _requeued(other, ours) or _restarted(other, ours)


@contextmanager
def locked(
    out: Path, claim: str, share: tuple[int, int] | None, scratch: str = ""
) -> Iterator[Path]:
    """Be the only run in the folder, but for other shares of the same array; give the lock's file.

    Raises OutputError when another run is there, or when the folder cannot be written.
    """
    mine = Holder(this_process(), claim, share, scratch)
    path = out / _name(mine.process)

    def release() -> None:
        with suppress(OSError):  # on a disk that is gone: told by what went before
            path.unlink(missing_ok=True)

    with cleaned_up(release):
        _announce(out, path, mine)
        yield path


def _name(process: Process) -> str:
    host = re.sub(r"[^\w.-]", "_", process.host)
    return f"{_PREFIX}{host}-{process.pid}-{secrets.token_hex(4)}{_SUFFIX}"


def _announce(out: Path, path: Path, mine: Holder) -> None:
    """Write down that this run is here, unless another one is."""
    for last in (False,) * (_TRIES - 1) + (True,):
        write_bytes(path, msgspec.json.encode(mine))
        told = _in_the_way(out, path, mine)
        if told is None:
            return
        path.unlink(missing_ok=True)
        if last:
            raise OutputError(told)
        time.sleep(random.uniform(0, _LONGEST_WAIT))
    raise AssertionError


def _in_the_way(out: Path, path: Path, mine: Holder) -> str | None:
    """Return what is to be told of a run that this one may not be here with; None if none is.

    Files of runs that are dead are removed: nobody else has a file of the same name.
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
    """Return why two runs may not be in one folder at once; "" when they may."""
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
    """Remove what runs that are dead have left in a folder that is finished; return if any had.

    They were killed when the manifest stood already.
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
    """Remove the lock of a run that is dead, and before it its temporary files."""
    if is_scratch(holder.tag):
        remove_scratch(lock.parent / holder.tag)
    with suppress(OSError):  # a disk that is read-only: then it stays
        lock.unlink(missing_ok=True)


def lock_files(out: Path) -> list[Path]:
    """Return the files of the runs in a folder."""
    return sorted(p for p in out.glob(f"{_PREFIX}*{_SUFFIX}") if is_lock(p.name))


def is_lock(name: str) -> bool:
    """Whether a file of that name is a run's in its folder."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def scratch_in_use(out: Path) -> set[str]:
    """Return the names of the folders of temporary files of the runs that are in a folder."""
    return {holder.tag for path in lock_files(out) if (holder := _read(path))}


def _read(path: Path) -> Holder | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None
