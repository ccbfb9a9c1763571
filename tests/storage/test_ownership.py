"""In an output folder, cstool removes and overwrites only files that it wrote."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cstool.errors import CstoolError, InputError, OutputError
from cstool.execution.crash_notes import noting
from cstool.execution.options import RunOptions
from cstool.storage.atomic import _host
from cstool.storage.counts import Counts
from cstool.storage.locks import Holder, this_process
from cstool.storage.manifest import MANIFEST, Part, read_manifest, with_checksum
from cstool.storage.ownership import RUN, WORK
from cstool.storage.parts import PartSpec
from cstool.storage.run import open_run
from cstool.storage.tasks import part_name
from cstool.storage.timings import TIMINGS
from tests.cli.test_commands import cstool, fails
from tests.storage.test_run import SCHEMA, counting, run_stage, tasks
from tests.support import files_of

RUNS = RunOptions(jobs=1, quiet=True)
ANEW = replace(RUNS, overwrite=True)
STATES = ["finished", "unfinished"]


def begin(out: Path, state: str = "unfinished") -> Path:
    """Run the stage to its end, or to slice 3 of 5."""
    if state == "finished":
        run_stage(out)
    else:
        with pytest.raises(InputError, match="slice -1 is bad"):
            run_parts(out, [0, 1, 2, -1])
    return out


def run_parts(out: Path, slices: list[int]) -> None:
    parameters = {"factor": 2, "languages": ["de", "fr"]}
    from tests.storage.test_run import INPUTS

    with open_run(out, stage="extract", parameters=parameters, inputs=INPUTS, options=RUNS) as run:
        run.map(counting, 2, tasks(slices), PartSpec(SCHEMA))


def table(path: Path) -> Path:
    """Write a user's Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"mine": [1, 2, 3]}), path)
    return path


def both_ways(out: Path, then: Callable[[], None]) -> None:
    """Run the stage again, without and with --overwrite, whether it is refused or not."""
    for running in (RUNS, ANEW, ANEW):
        with suppress(CstoolError):
            run_stage(out, running=running)
        then()


# ---- links ----


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("of", ["this run", "another run", "a user"])
def test_files_behind_a_symbolic_link_are_kept(tmp_path: Path, state: str, of: str) -> None:
    out, victim = begin(tmp_path / "o", state), tmp_path / "victim"
    table(victim / "table.parquet")
    (victim / "thesis.tex").write_text("mine")
    if of != "a user":
        source = out
        if of == "another run":
            source = tmp_path / "p"
            run_stage(source, factor=7)
        for part in source.glob("part-*.parquet"):
            shutil.copy(part, victim)
        (victim / MANIFEST).touch()
    before = files_of(victim)
    (out / "sub").symlink_to(victim)
    (out / "deep" / "er").mkdir(parents=True)
    (out / "deep" / "er" / "link").symlink_to(victim)
    both_ways(out, lambda: None)
    assert files_of(victim) == before
    assert (out / "sub").is_symlink()
    assert read_manifest(out) is not None


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", [WORK, f"{WORK}/first", f"{WORK}/timings"])
def test_a_linked_work_folder_is_refused_or_kept(tmp_path: Path, state: str, name: str) -> None:
    out, victim = begin(tmp_path / "o", state), tmp_path / "victim"
    table(victim / "first" / part_name(0))
    (victim / "timings").mkdir()
    (victim / "timings" / "x.json").write_text("mine")
    before = files_of(victim)
    shutil.rmtree(out / WORK, ignore_errors=True)
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).symlink_to(victim)
    both_ways(out, lambda: None)
    assert files_of(victim) == before


@pytest.mark.parametrize("folder", ["data", "_attribution", "_paragraphs"])
def test_parts_are_not_written_or_removed_through_a_linked_folder(
    tmp_path: Path, folder: str
) -> None:
    def fill(running: RunOptions) -> None:
        with open_run(out, stage="x", parameters={}, inputs=[], options=running) as run:
            if run.finished:
                return
            named = [replace(task, file=f"{folder}/{task.file}") for task in tasks(range(2))]
            run.finish(run.map(counting, 2, named, PartSpec(SCHEMA)), Counts())

    out, victim = tmp_path / "o", tmp_path / "victim"
    fill(RUNS)
    (out / folder).rename(victim)
    (out / folder).symlink_to(victim)
    before = files_of(victim)
    fill(RUNS)  # complete: nothing to do
    for running in (ANEW, RUNS):
        with pytest.raises(OutputError, match=f"{folder}: is a symbolic link inside an output"):
            fill(running)
        assert files_of(victim) == before
    (out / folder).unlink()
    fill(RUNS)
    assert set(files_of(out)) == {MANIFEST, *(f"{folder}/{part_name(i)}" for i in (0, 1))}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", [part_name(1), part_name(4), MANIFEST, RUN, TIMINGS, "x.tmp"])
def test_the_target_of_a_link_is_not_changed(
    tmp_path: Path, state: str, hard: bool, name: str
) -> None:
    out, victim = begin(tmp_path / "o", state), tmp_path / "victim"
    victim.write_text("mine")
    (out / name).unlink(missing_ok=True)
    (out / name).hardlink_to(victim) if hard else (out / name).symlink_to(victim)
    both_ways(out, lambda: None)
    assert victim.read_text() == "mine"


def test_a_lock_that_is_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    out, victim = tmp_path / "o", tmp_path / "victim.json"
    out.mkdir()
    dead = msgspec.structs.replace(this_process(), began=1)
    victim.write_bytes(msgspec.json.encode(Holder(dead, "c", None, "../victim")))
    (out / "_lock-x-1-0.json").symlink_to(victim)
    run_stage(out)
    assert victim.exists()
    assert not (out / "_lock-x-1-0.json").is_symlink()


@pytest.mark.parametrize("hard", [False, True])
def test_a_worker_s_note_is_not_written_through_a_link(tmp_path: Path, hard: bool) -> None:
    victim, at = tmp_path / "victim", tmp_path / "at"
    victim.write_text("mine")
    at.mkdir()
    (at / "0").hardlink_to(victim) if hard else (at / "0").symlink_to(victim)
    noting(at / "0", lambda: None)
    assert victim.read_text() == "mine"
    (tmp_path / "linked").symlink_to(at)
    with pytest.raises(OutputError, match="linked/0: cannot be written"):
        noting(tmp_path / "linked" / "0", lambda: None)


# ---- manifests that list foreign files ----

OUTSIDE = ["../victim.txt", "a/../../victim.txt", "./x", "", "a//b", "/", "x\0y", "a/", "x" * 300]


def list_also(out: Path, file: str) -> None:
    manifest = read_manifest(out)
    assert manifest
    part = Part(file, 1, 4, "0" * 64)
    forged = with_checksum(msgspec.structs.replace(manifest, parts=[*manifest.parts, part]))
    (out / MANIFEST).write_bytes(msgspec.json.encode(forged))


@pytest.mark.parametrize("file", [*OUTSIDE, "/absolute"])
def test_a_listed_path_outside_the_folder_is_not_removed(tmp_path: Path, file: str) -> None:
    out = begin(tmp_path / "o", "finished")
    victims = [tmp_path / "victim.txt", tmp_path / "absolute", out / "x"]
    for victim in victims:
        victim.write_text("mine")
    list_also(out, str(tmp_path / "absolute") if file == "/absolute" else file)
    with pytest.raises(InputError, match="not a path inside the folder"):
        run_stage(out)
    run_stage(out, running=ANEW)
    assert [victim.read_text() for victim in victims] == ["mine"] * 3


def test_a_file_name_may_contain_a_backslash(tmp_path: Path) -> None:
    out = begin(tmp_path / "o", "finished")
    (tmp_path / "victim.txt").write_text("mine")
    list_also(out, "..\\victim.txt")
    with pytest.raises(OutputError, match="is missing"):
        run_stage(out)
    run_stage(out, running=ANEW)
    assert (tmp_path / "victim.txt").exists()


def test_every_reading_command_refuses_a_path_outside_the_folder(tmp_path: Path) -> None:
    out = begin(tmp_path / "o", "finished")
    list_also(out, "../victim.txt")
    new, told = tmp_path / "new", f"{MANIFEST}: lists '../victim.txt', which is not a path inside"
    for command in (
        ("link", out, "--titles", out, "-o", new),
        ("switch", out, "--entities", out, "--recipe", "entitycs", "-o", new),
        ("shard", out, "-o", new),
        ("mask", out, "--tokenizer", out / MANIFEST, "--strategy", "mlm", "-o", new),
        ("stats", out),
        ("show", out),
        ("report", out, "-o", new),
        ("push", out, "a/b"),
    ):
        done = cstool(*command)
        fails(done, told)
        assert not new.exists()
    done = cstool("verify", out)
    assert done.returncode == 1
    assert sum(told in line for line in done.stdout.splitlines()) == 1


def test_a_listed_file_in_another_stage_or_behind_a_link_is_kept(
    tmp_path: Path,
) -> None:
    out = begin(tmp_path / "o", "finished")
    run_stage(out / "inner", factor=5)
    begin(out / "begun")
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "x").write_text("mine")
    (out / "link").symlink_to(tmp_path / "victim")
    kept = {name: files_of(out / name) for name in ("inner", "begun", "link")}
    for file in (f"inner/{part_name(0)}", f"begun/{part_name(0)}", "link/x"):
        list_also(out, file)
    run_stage(out, running=ANEW)
    assert {name: files_of(out / name) for name in kept} == kept


# ---- other files ----


@pytest.mark.parametrize("state", STATES)
def test_copies_parts_of_other_runs_and_user_files_are_kept(tmp_path: Path, state: str) -> None:
    out, other = begin(tmp_path / "o", state), tmp_path / "other"
    run_stage(other, factor=9)
    copies = {out / "copy.parquet", out / "sub" / part_name(0), out / part_name(77)}
    (out / "sub").mkdir()
    shutil.copy(out / part_name(0), out / "copy.parquet")
    shutil.copy(out / part_name(0), out / "sub")
    run_stage(other, range(78), running=ANEW, factor=9)
    shutil.copy(other / part_name(77), out)
    (out / "hard.parquet").hardlink_to(out / part_name(1))
    mine = {table(out / "mine.parquet"), table(out / "sub" / "mine.pq"), out / "hard.parquet"}
    for name in ("x.tmp", ".tmp-something/x", "notes/a.txt", f".tmp-{_host()}.1-abc/x"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("mine")
        mine.add(out / name)
    before = {path: path.read_bytes() for path in copies | mine}
    both_ways(out, lambda: None)
    assert {path: path.read_bytes() for path in before} == before
    assert read_manifest(out) is not None
