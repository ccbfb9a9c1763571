"""CPUs and memory as limited by control groups."""

import os

import pytest

from cstool.execution import resources
from cstool.execution.resources import default_jobs, usable_cpus, usable_memory

GB = 1 << 30
MEMINFO = {"/proc/meminfo": "MemTotal:       67108864 kB\nMemFree:        1024 kB\n"}
V2 = {"/proc/self/cgroup": "0::/system.slice/job_7/step_0\n"}
V1 = {"/proc/self/cgroup": "9:memory:/slurm/job_7\n4:cpu,cpuacct:/slurm/job_7\n1:name=systemd:/\n"}
_V2, _V1 = "/sys/fs/cgroup/system.slice/job_7", "/sys/fs/cgroup/memory/slurm"


@pytest.mark.parametrize(
    ("files", "memory"),
    [
        (MEMINFO, 64 * GB),
        (MEMINFO | V2, 64 * GB),
        (MEMINFO | V2 | {f"{_V2}/step_0/memory.max": f"{8 * GB}\n"}, 8 * GB),
        (MEMINFO | V2 | {f"{_V2}/step_0/memory.max": "max", f"{_V2}/memory.max": "4096"}, 4096),
        (MEMINFO | V2 | {f"{_V2}/memory.high": f"{2 * GB}", f"{_V2}/memory.max": "max"}, 2 * GB),
        (
            MEMINFO | V2 | {"/sys/fs/cgroup/memory.max": f"{3 * GB}"},
            3 * GB,
        ),  # the root group of a container
        (MEMINFO | V1 | {f"{_V1}/job_7/memory.limit_in_bytes": f"{GB}"}, GB),
        (MEMINFO | V1 | {f"{_V1}/memory.limit_in_bytes": "9223372036854771712"}, 64 * GB),
    ],
)
def test_memory_is_the_lowest_limit_of_all_groups(files: dict[str, str], memory: int) -> None:
    assert usable_memory(files.get) == memory


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({}, 16),
        (V2 | {f"{_V2}/cpu.max": "max 100000\n"}, 16),
        (V2 | {f"{_V2}/cpu.max": "250000 100000\n"}, 3),
        (V2 | {f"{_V2}/cpu.max": "5000 100000\n"}, 1),
        (
            V1
            | {
                "/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_quota_us": "400000",
                "/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_period_us": "100000",
            },
            4,
        ),
        (V1 | {"/sys/fs/cgroup/cpu/slurm/cpu.cfs_quota_us": "-1"}, 16),
    ],
)
def test_cpus_are_limited_by_affinity_and_quotas(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, str], cpus: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(16)))
    assert usable_cpus(files.get) == cpus


@pytest.mark.parametrize(("memory", "jobs"), [(None, 8), (64 * GB, 8), (3 * GB, 3), (GB // 2, 1)])
def test_the_number_of_workers_is_limited_by_memory(
    monkeypatch: pytest.MonkeyPatch, memory: int | None, jobs: int
) -> None:
    monkeypatch.setattr(resources, "usable_cpus", lambda: 8)
    monkeypatch.setattr(resources, "usable_memory", lambda: memory)
    assert default_jobs() == jobs
