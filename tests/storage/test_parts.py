"""Parts, and atomic writing of files."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cstool.errors import InputError, OutputError
from cstool.storage.atomic import whole_file, write_bytes
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.parts import (
    Batches,
    FinishedPart,
    PartFolder,
    PartSpec,
    SideTable,
    find_part,
    footer_of,
    write_part,
)

SCHEMA = pa.schema([("n", pa.int64())])
SPEC = PartSpec(SCHEMA)


def numbers(*sizes: int) -> Batches:
    for size in sizes:
        yield pa.table({"n": list(range(size))}, schema=SCHEMA)
    counts = Counts()
    counts.tally("numbers").keep(sum(sizes))
    return counts


def make(folder: Path, batches: Batches, run: str = "r") -> None:
    write_part(PartFolder(folder, folder / "_work", run), "a/p.parquet", "s", SPEC, batches)


def find(
    folder: Path, file: str = "a/p.parquet", run: str = "r", slice_: str = "s"
) -> FinishedPart | None:
    return find_part(PartFolder(folder, folder / "_work", run), file, slice_)


def test_a_part_knows_how_it_was_made(tmp_path: Path) -> None:
    make(tmp_path, numbers(2, 0, 3))
    made = find(tmp_path)
    path = tmp_path / "a/p.parquet"
    assert made
    assert made.part.rows == 5
    assert made.part.bytes == path.stat().st_size
    assert made.part.checksum == sha256(path)
    assert made.counts.tallies["numbers"].written == 5
    assert pq.ParquetFile(path).num_row_groups == 2
    assert pq.read_schema(path).remove_metadata() == SCHEMA


@pytest.mark.parametrize(("run", "slice_"), [("other", "s"), ("r", "other")])
def test_a_part_of_another_run_or_slice_is_not_found(tmp_path: Path, run: str, slice_: str) -> None:
    make(tmp_path, numbers(2))
    assert find(tmp_path, run=run, slice_=slice_) is None


def test_a_damaged_or_foreign_file_is_not_a_part(tmp_path: Path) -> None:
    make(tmp_path, numbers(2))
    whole = (tmp_path / "a/p.parquet").read_bytes()
    path = tmp_path / "p.parquet"
    assert find(tmp_path, "p.parquet") is None
    for data in (b"", b"PAR1", whole[:-9], whole[:-200] + bytes(192) + whole[-8:], b"x" * 99):
        path.write_bytes(data)
        assert find(tmp_path, "p.parquet") is None
        assert footer_of(path) is None
    pq.write_table(pa.table({"n": [1]}), path)
    assert find(tmp_path, "p.parquet") is None
    assert footer_of(path) is None
    assert footer_of(tmp_path / "a/p.parquet")


def test_a_part_may_have_no_rows(tmp_path: Path) -> None:
    make(tmp_path, numbers(0))
    assert pq.read_table(tmp_path / "a/p.parquet").num_rows == 0


def test_side_tables_are_written_before_their_part(tmp_path: Path) -> None:
    def batches() -> Batches:
        yield SideTable("more", pa.table({"x": ["a"]}))
        yield pa.table({"n": [1]}, schema=SCHEMA)
        yield SideTable("more", pa.table({"x": ["b"]}))
        return Counts()

    make(tmp_path, batches())
    beside = tmp_path / "_work/more/a/p.parquet"
    assert pq.read_table(beside).to_pydict() == {"x": ["a", "b"]}
    assert find(tmp_path)
    beside.unlink()
    assert find(tmp_path) is None


def test_a_failing_function_leaves_no_file(tmp_path: Path) -> None:
    def failing() -> Batches:
        yield pa.table({"n": [1]}, schema=SCHEMA)
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        make(tmp_path, failing())
    assert list((tmp_path / "a").iterdir()) == []


def test_an_unreadable_input_is_not_reported_as_an_output(tmp_path: Path) -> None:
    def reading() -> Batches:
        yield pa.table({"n": [1]}, schema=SCHEMA)
        (tmp_path / "gone.xml").read_bytes()
        return Counts()

    with pytest.raises(InputError, match=r"gone\.xml: cannot be read \(No such file"):
        make(tmp_path, reading())
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("fault", [ValueError("x"), KeyboardInterrupt()])
def test_an_interrupted_writer_leaves_the_old_file(tmp_path: Path, fault: BaseException) -> None:
    path = tmp_path / "f"
    write_bytes(path, b"old")
    with pytest.raises(type(fault)), whole_file(path) as temporary:
        temporary.write_bytes(b"half of the ne")
        assert path.read_bytes() == b"old"
        raise fault
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
    assert path.read_bytes() == b"old"


def test_a_path_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "file" / "x", b"")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a disk of 64 kB; skip the test if none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.getuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_reported_without_leftovers(small_disk: Path) -> None:
    with pytest.raises(OutputError, match=r"p\.parquet: no space left on the disk; free some"):
        make(small_disk, _noise())
    assert list((small_disk / "a").iterdir()) == []
    with pytest.raises(OutputError, match="no space left"):
        write_bytes(small_disk / "f", bytes(100_000))
    write_bytes(small_disk / "f", b"fits")


def _noise() -> Batches:
    for _ in range(40):
        data = pa.py_buffer(os.urandom(80_000))
        yield pa.table([pa.Array.from_buffers(pa.int64(), 10_000, [None, data])], schema=SCHEMA)
    return Counts()


@pytest.mark.parametrize(
    ("number", "told"), [(errno.ENOSPC, "no space left"), (errno.EDQUOT, "quota exceeded")]
)
def test_a_full_disk_or_quota_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    def full(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=told):
        write_bytes(tmp_path / "f", b"data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_fsync_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def cannot(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", cannot)
    write_bytes(tmp_path / "f", b"data")
    assert (tmp_path / "f").read_bytes() == b"data"


def test_a_failing_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OutputError, match="Input/output error"):
        write_bytes(tmp_path / "f", b"data")
