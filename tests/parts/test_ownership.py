"""Runs remove and overwrite only what they wrote themselves."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cstool.parts.claims import RUN, WORK
from cstool.parts.folder import part_name
from cstool.parts.locks import Holder, this_process
from cstool.parts.manifest import MANIFEST, is_inside, read_manifest, with_checksum
from cstool.running.errors import InputError, OutputError
from cstool.running.options import RunOptions
from tests.cli.test_commands import cstool, fails
from tests.parts.test_folder import run_stage
from tests.support import files_of

OVER = RunOptions(jobs=1, overwrite=True)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder of somebody else: parts of this very run and of another one, and other files."""
    folder = tmp_path / "theirs"
    run_stage(folder)
    for name in (MANIFEST, RUN):
        (folder / name).unlink(missing_ok=True)
    run_stage(tmp_path / "other", factor=7)
    shutil.copy(tmp_path / "other" / part_name(0), folder / "other.parquet")
    pq.write_table(pa.table({"x": [1]}), folder / "own.parquet")
    (folder / "thesis.tex").write_text("years of work")
    return folder


def finished(out: Path) -> None:
    run_stage(out)


def interrupted(out: Path) -> None:
    with pytest.raises(InputError):
        run_stage(out, [0, -1])


@pytest.mark.parametrize("begin", [finished, interrupted])
@pytest.mark.parametrize("name", ["data", "_attribution", "linked.parquet"])
def test_linked_folders_are_not_followed(
    begin: Callable[[Path], None], name: str, theirs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    begin(out)
    (out / name).symlink_to(theirs)
    before = files_of(theirs)
    if begin is interrupted:
        run_stage(out)
    run_stage(out, running=OVER)
    assert files_of(theirs) == before
    assert (out / name).is_symlink()


def test_a_linked_work_folder_is_refused(theirs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    interrupted(out)
    shutil.rmtree(out / WORK, ignore_errors=True)
    (out / WORK).symlink_to(theirs)
    before = files_of(theirs)
    for running in (RunOptions(jobs=1), OVER):
        with pytest.raises(OutputError, match="is a symbolic link inside an output folder"):
            run_stage(out, running=running)
    assert files_of(theirs) == before


@pytest.mark.parametrize("name", [part_name(0), MANIFEST, RUN, "_timings.json"])
def test_a_link_in_place_of_a_file_is_replaced_and_its_target_kept(
    name: str, theirs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    interrupted(out)
    (out / name).unlink(missing_ok=True)
    (out / name).symlink_to(theirs / "thesis.tex")
    run_stage(out, running=OVER)
    assert (theirs / "thesis.tex").read_text() == "years of work"
    assert not (out / name).is_symlink()


@pytest.mark.parametrize("running", [RunOptions(jobs=1), OVER])
def test_copies_and_parts_of_others_stay(running: RunOptions, theirs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    interrupted(out)
    shutil.copytree(theirs, out / "mine")
    shutil.copy(theirs / "other.parquet", out / "part-000077.parquet")
    shutil.copy(theirs / "own.parquet", out / "part-000078.parquet")
    shutil.copy(theirs / part_name(0), out / "backup.parquet")
    run_stage(out, running=running)
    assert files_of(out / "mine") == files_of(theirs)
    assert {"part-000077.parquet", "part-000078.parquet", "backup.parquet"} <= {*files_of(out)}


@pytest.mark.parametrize("begin", [finished, interrupted])
def test_stages_inside_a_folder_are_left_alone(
    begin: Callable[[Path], None], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    interrupted(out)
    inner = out / "inner"
    begin(inner)
    scratch = inner / f".tmp-elsewhere.77-{'0' * 16}"
    scratch.mkdir()
    (scratch / "half").touch()
    lock = Holder(this_process(), "claim", None, scratch.name)
    (inner / "_lock-x-1-00.json").write_bytes(msgspec.json.encode(lock))
    before = files_of(inner)
    run_stage(out)
    run_stage(out, running=OVER)
    assert files_of(inner) == before


def test_only_scratch_folders_of_runs_are_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    interrupted(out)
    (out / ".tmp-mine").mkdir()
    (out / ".tmp-mine" / "x").touch()
    (out / ".notes.tmp").touch()
    linked = out / f".tmp-elsewhere.77-{'1' * 16}"
    linked.symlink_to(tmp_path)
    run_stage(out)
    assert {".tmp-mine/x", ".notes.tmp"} <= {*files_of(out)}
    assert linked.is_symlink()


@pytest.mark.parametrize(
    "file", ["../victim.txt", "a/../../victim.txt", "./x", "", "a//b", "..", "a/\0b"]
)
def test_a_manifest_with_paths_that_leave_the_folder_is_refused(file: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("years of work")
    out = tmp_path / "out"
    run_stage(out)
    manifest = read_manifest(out)
    assert manifest
    for name in (file, str(victim)):
        part = msgspec.structs.replace(manifest.parts[0], file=name)
        wrong = msgspec.structs.replace(manifest, parts=[part, *manifest.parts[1:]])
        (out / MANIFEST).write_bytes(msgspec.json.encode(with_checksum(wrong)))
        with pytest.raises(InputError, match="is not a path inside the folder"):
            read_manifest(out)
        run_stage(out, running=OVER)
        assert victim.read_text() == "years of work"


def test_every_command_refuses_such_a_manifest(pipeline: Path, tmp_path: Path) -> None:
    folders = {"sentences": "link", "linked": "switch", "switched": "shard", "corpus": "push"}
    entities = ["--entities", str(pipeline / "entities"), "--languages", "de"]
    out = ["-o", str(tmp_path / "o")]
    options: dict[str, list[str]] = {
        "link": ["--titles", str(pipeline / "titles"), *out],
        "switch": [*entities, *out],
        "shard": out,
        "push": ["me/x", "--dry-run"],
    }
    for name, command in folders.items():
        folder = shutil.copytree(pipeline / name, tmp_path / name)
        manifest = read_manifest(folder)
        assert manifest
        part = msgspec.structs.replace(manifest.parts[0], file="../../victim")
        wrong = msgspec.structs.replace(manifest, parts=[part])
        (folder / MANIFEST).write_bytes(msgspec.json.encode(with_checksum(wrong)))
        fails(cstool(command, folder, *options[command]), "not a path inside the folder")
        fails(cstool("stats", folder), "not a path inside the folder")
        fails(cstool("show", folder), "not a path inside the folder")


def test_plain_paths_are_inside() -> None:
    assert is_inside("part-000000.parquet")
    assert is_inside("data/de/train-00000-of-00001.parquet")
    assert is_inside("..data/x..y")


def test_lines_of_json_that_are_not_the_runs_stay(pipeline: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    done = cstool("shard", pipeline / "switched", "-o", out, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    mine = out / "data" / "de" / "mine.jsonl.zst"
    mine.write_bytes(b"mine")
    stray = out / "data" / "de" / "train-00007-of-00009.jsonl.zst"
    stray.write_bytes(b"of another run")
    again = [pipeline / "switched", "-o", out, "--format", "jsonl", "--overwrite"]
    assert cstool("shard", *again).returncode == 0
    assert mine.read_bytes() == b"mine"
    assert not stray.exists()
