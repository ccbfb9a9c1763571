"""The CPUs and the memory that this process may use, which can be less than the machine has.

Batch systems and containers limit both by control groups
(https://docs.kernel.org/admin-guide/cgroup-v2.html, …/cgroup-v1/); the limit can be set on the
process's own group or on one of its ancestors.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# Memory that a worker may need; docs/scaling.md lists the measured values of the stages.
BYTES_PER_WORKER = 1 << 30
_NO_LIMIT = 1 << 60  # version 1 writes 2⁶³ minus a page for no limit

_Read = Callable[[str], str | None]


def default_jobs() -> int:
    """Return the number of worker processes: one per usable CPU, limited by usable memory."""
    memory = usable_memory()
    cpus = usable_cpus()
    return cpus if memory is None else max(1, min(cpus, memory // BYTES_PER_WORKER))


def peak_memory(who: int | None = None) -> int:
    """Return the largest resident set of this process and of its ended children, in bytes.

    `who`: only `resource.RUSAGE_SELF` or only `resource.RUSAGE_CHILDREN`.
    """
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) if who is None else (who,)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2)
    return unit * max(resource.getrusage(kind).ru_maxrss for kind in kinds)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None


def usable_cpus(read: _Read = _read) -> int:
    """Return the number of CPUs that affinity and control groups allow this process."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cpus = len(affinity(0)) if affinity else os.cpu_count() or 1
    for folder in _groups(read, "cpu"):
        quota, period = _numbers(read(f"{folder}/cpu.max"), 2)
        if period is None:
            [quota] = _numbers(read(f"{folder}/cpu.cfs_quota_us"), 1)
            [period] = _numbers(read(f"{folder}/cpu.cfs_period_us"), 1)
        if quota and period and quota > 0:
            cpus = min(cpus, max(1, -(-quota // period)))
    return cpus


def usable_memory(read: _Read = _read) -> int | None:
    """Return the memory that this process may use, in bytes; None if unknown."""
    limits = [_physical(read), resource.getrlimit(resource.RLIMIT_AS)[0]]
    for folder in _groups(read, "memory"):
        for file in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            limits += _numbers(read(f"{folder}/{file}"), 1)
    known = [n for n in limits if n is not None and 0 < n < _NO_LIMIT]
    return min(known, default=None)


def _physical(read: _Read) -> int | None:
    for line in (read("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def _groups(read: _Read, controller: str) -> Iterator[str]:
    """Yield the folders of this process's control groups for a controller, up to the root.

    In a container, the path that the kernel reports may not exist; then the root is its group.
    """
    for line in (read("/proc/self/cgroup") or "").splitlines():
        number, names, path = line.split(":", 2)
        if number == "0" and not names:
            roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        elif controller in names.split(","):
            roots = [f"/sys/fs/cgroup/{names}", f"/sys/fs/cgroup/{controller}"]
        else:
            continue
        parts = [part for part in path.split("/") if part]
        for root in roots:
            for depth in range(len(parts), -1, -1):
                yield "/".join([root, *parts[:depth]])


def _numbers(text: str | None, number: int) -> list[int | None]:
    """Return the first `number` integers; None for each that is missing or `max`."""
    words = (text or "").split()[:number]
    numbers: list[int | None] = [int(w) if w.lstrip("-").isdigit() else None for w in words]
    return numbers + [None] * (number - len(numbers))
