"""Ownership of output folders: names, manifests and kills."""

import os
import shutil
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cstool.errors import CstoolError, OutputError, Unfinished
from cstool.execution.options import RunOptions
from cstool.storage.atomic import _host, write_bytes
from cstool.storage.locks import locked
from cstool.storage.manifest import MANIFEST
from cstool.storage.ownership import RUN, WORK
from cstool.storage.tasks import part_name
from cstool.storage.timings import TIMINGS
from tests.storage.test_ownership import ANEW, RUNS, STATES, begin, both_ways, table
from tests.storage.test_run import run_stage
from tests.support import files_of


@pytest.mark.parametrize("of", ["a user", "another run"])
def test_a_foreign_table_with_a_part_s_name_is_not_overwritten(tmp_path: Path, of: str) -> None:
    out = begin(tmp_path / "o")
    path = out / part_name(4)
    if of == "a user":
        table(path)
    else:
        run_stage(tmp_path / "other", factor=9)
        shutil.copy(tmp_path / "other" / part_name(4), path)
    before = path.read_bytes()
    for running in (RUNS, ANEW):
        with pytest.raises(OutputError, match=f"{path.name}: is a Parquet file that this run did"):
            run_stage(out, running=running)
        assert path.read_bytes() == before
    path.unlink()
    run_stage(out)


@pytest.mark.parametrize("name", [MANIFEST, RUN, TIMINGS])
@pytest.mark.parametrize("data", ['{"files": []}', "{", "", '{"stage": 1}', "[" * 100_000])
def test_another_program_s_manifest_is_not_overwritten(
    tmp_path: Path, name: str, data: str
) -> None:
    (tmp_path / name).write_text(data)
    (tmp_path / WORK).mkdir()
    (tmp_path / WORK / "x").write_text("mine")
    table(tmp_path / "mine.parquet")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for running in (RUNS, ANEW):
        with pytest.raises(CstoolError):
            run_stage(tmp_path, running=running)
    assert {path: path.read_bytes() for path in before} == before
    assert len(list(tmp_path.iterdir())) == 3


def test_a_user_s_work_folder_is_kept(tmp_path: Path) -> None:
    run_stage(tmp_path)
    (tmp_path / WORK).mkdir()
    (tmp_path / WORK / "x").write_text("mine")
    run_stage(tmp_path)
    with pytest.raises(OutputError, match=r"not written by cstool \(_work\)"):
        run_stage(tmp_path, running=ANEW)
    assert (tmp_path / WORK / "x").read_text() == "mine"
    shutil.rmtree(tmp_path / WORK)
    run_stage(tmp_path)


def test_pipes_and_folders_with_a_part_s_name_are_ignored(tmp_path: Path) -> None:
    begin(tmp_path)
    os.mkfifo(tmp_path / "pipe.parquet")
    os.mkfifo(tmp_path / part_name(3))
    (tmp_path / "folder.parquet").mkdir()
    run_stage(tmp_path)
    assert (tmp_path / "pipe.parquet").is_fifo()
    assert (tmp_path / "folder.parquet").is_dir()


@pytest.mark.parametrize("running", [RUNS, ANEW])
def test_a_folder_without_read_permission_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, running: RunOptions
) -> None:
    begin(tmp_path)
    (tmp_path / "private").mkdir()
    plain = Path.iterdir

    def iterdir(path: Path) -> object:
        if path.name == "private":
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    run_stage(tmp_path, running=running)


# ---- nested stages, other runs ----


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("inner", ["finished", "unfinished", "running"])
def test_a_nested_stage_folder_is_kept(tmp_path: Path, state: str, inner: str) -> None:
    out = begin(tmp_path / "o", state)
    begin(out / "inner", "unfinished" if inner == "running" else inner)
    begin(out / "deep" / "inner")
    with locked(out / "inner", "c", None, "x") if inner == "running" else nullcontext():
        for folder in (out / "inner", out / "deep" / "inner"):
            scratch = folder / f".tmp-{_host()}.{2**22 + 1}-{'0' * 16}"
            scratch.mkdir()
            (scratch / "half.parquet").write_text("theirs")
        before = files_of(out / "inner"), files_of(out / "deep")
        both_ways(out, lambda: None)
        assert (files_of(out / "inner"), files_of(out / "deep")) == before


@pytest.mark.parametrize(
    ("host", "pid", "stays"),
    [(None, os.getppid(), True), ("node7", 2**22 + 1, True), (None, 2**22 + 1, False)],
)
def test_temporary_files_are_kept_unless_their_run_has_ended(
    tmp_path: Path, host: str | None, pid: int, stays: bool
) -> None:
    scratch = tmp_path / f".tmp-{host or _host()}.{pid}-{'0' * 16}"
    scratch.mkdir()
    (scratch / "half").write_text("theirs")
    with pytest.raises(Unfinished):
        run_stage(tmp_path, running=replace(RUNS, array_task=(1, 2)))
    run_stage(tmp_path)
    assert scratch.exists() is stays


def test_a_finished_folder_is_not_tidied_while_another_run_begins_it_anew(tmp_path: Path) -> None:
    run_stage(tmp_path)
    (tmp_path / WORK / "first").mkdir(parents=True)
    (tmp_path / RUN).write_text("{}")
    with locked(tmp_path, "c", None):
        run_stage(tmp_path)
        assert (tmp_path / WORK / "first").exists()
        assert (tmp_path / RUN).exists()
    run_stage(tmp_path)
    assert not (tmp_path / WORK).exists()


# ---- damaged, and killed ----


@pytest.mark.parametrize("state", STATES)
def test_parts_of_other_runs_are_kept_with_a_damaged_manifest(tmp_path: Path, state: str) -> None:
    out = begin(tmp_path / "o", state)
    run_stage(tmp_path / "other", range(8), factor=9)
    shutil.copy(tmp_path / "other" / part_name(7), out)
    table(out / "mine.parquet")
    (out / (MANIFEST if state == "finished" else RUN)).write_text("{")
    run_stage(out, [7], running=ANEW)
    assert sorted(files_of(out)) == [MANIFEST, "mine.parquet", part_name(0), part_name(7)]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("at", range(6))
def test_an_interrupted_overwrite_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, at: int
) -> None:
    out = begin(tmp_path / "o", state)
    (out / "notes.txt").write_text("mine")
    left = [at]
    plain = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.parent == out and not path.name.startswith("_lock"):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        plain(path, missing_ok)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "unlink", unlink)
        run_stage(out, [7], running=ANEW)
    with suppress(CstoolError):
        run_stage(out, [7])
    run_stage(out, [7], running=ANEW)
    assert sorted(files_of(out)) == [MANIFEST, "notes.txt", part_name(0)]


def test_a_run_killed_after_its_new_claim_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tmp_path, "finished")
    (tmp_path / "notes.txt").write_text("mine")
    plain = write_bytes

    def then_killed(path: Path, data: bytes) -> None:
        plain(path, data)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("cstool.storage.ownership.write_bytes", then_killed)
        run_stage(tmp_path, running=ANEW)
    run_stage(tmp_path, running=ANEW)
    assert (tmp_path / "notes.txt").exists()
