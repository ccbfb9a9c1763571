"""Bytes that worker processes map."""

import gc
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.execution.executors import executor
from cstool.execution.shared_memory import CAN_SHARE, SharedBytes

pytestmark = pytest.mark.skipif(not CAN_SHARE, reason="no anonymous files in memory here")


def digest_of(shared: SharedBytes) -> str:
    return sha256(shared.map()).hexdigest()


def memory_files() -> int:
    """Count this process's anonymous files; other threads may close files meanwhile."""
    number = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            number += str(link.readlink()).startswith("/memfd:")
    return number


@given(st.lists(st.binary(max_size=50), max_size=2000))
def test_the_mapped_bytes_are_the_pieces(pieces: list[bytes]) -> None:
    shared = SharedBytes.of(pieces)
    assert bytes(shared.map()) == b"".join(pieces)
    assert shared.size == sum(map(len, pieces))


def test_a_spawned_worker_reads_the_bytes() -> None:
    data = [bytes([i]) * 70_000 for i in range(100)]
    with executor(2) as pool:
        found = pool.submit(digest_of, SharedBytes.of(data)).result()
    assert found == sha256(b"".join(data)).hexdigest()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
def test_the_memory_is_freed_with_the_last_reference() -> None:
    before = memory_files()
    for _ in range(20):
        shared = SharedBytes.of([b"x" * 5000])
        assert memory_files() > before
        mapped = shared.map()
        del shared
        assert mapped[:3] == b"xxx"
    del mapped
    gc.collect()
    assert memory_files() == before
