"""Runs: an output folder is claimed, filled, resumed, completed or refused."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cstool.errors import (
    CutInputError,
    InputError,
    OutputError,
)
from cstool.execution.options import RunOptions
from cstool.storage.counts import Counts, Tally, total
from cstool.storage.manifest import (
    MANIFEST,
    PARAGRAPHS,
    Input,
    Manifest,
    beside_part,
    need_stage,
    read_manifest,
)
from cstool.storage.ownership import RUN, WORK
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import open_run
from cstool.storage.tasks import Task, part_name
from tests.support import files_of

SCHEMA = pa.schema([("n", pa.int64())])
INPUTS = [Input("d.xml", 10, "xxh3:1")]
made_now: list[int] = []


def counting(slice_: int, factor: int) -> Batches:
    made_now.append(slice_)
    if slice_ < 0:
        raise InputError(f"d.xml: slice {slice_} is bad")
    yield pa.table({"n": [slice_ * factor]}, schema=SCHEMA)
    counts = Counts()
    counts.tally("numbers").keep()
    return counts


def tasks(slices: Iterable[int]) -> list[Task[int]]:
    return [Task(part_name(i), n, f"print {n}") for i, n in enumerate(slices)]


def run_stage(
    out: Path,
    slices: Sequence[int] = range(5),
    running: RunOptions | None = None,
    *,
    stage: str = "extract",
    factor: int | None = 2,
    inputs: list[Input] = INPUTS,
    more: dict[str, Any] | None = None,
) -> Manifest:
    running = running or RunOptions(jobs=1, quiet=True)
    made_now.clear()
    parameters: dict[str, Any] = {"factor": factor, "languages": ["de", "fr"], **(more or {})}
    with open_run(out, stage=stage, parameters=parameters, inputs=inputs, options=running) as run:
        if run.finished:
            return run.finished
        run.map(counting, factor or 0, tasks(slices), PartSpec(SCHEMA, phase="first"))
        made = run.map(counting, factor or 0, tasks(slices), PartSpec(SCHEMA))
        return run.finish(made, total(m.counts for m in made))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ([{"name": "a"}, {"name": "c"}], r"parameters: stages 2 name: b \(now c\); choose"),
        ([{"name": "a"}], r"parameters: stages: a,b \(now a\); choose"),
    ],
)
def test_the_message_names_the_parameter_within_a_list_of_tables(
    tmp_path: Path, other: list[dict[str, str]], told: str
) -> None:
    run_stage(tmp_path, more={"stages": [{"name": "a"}, {"name": "b"}]})
    with pytest.raises(OutputError, match=told):
        run_stage(tmp_path, more={"stages": other})


def test_a_complete_run_leaves_only_parts_and_manifest(tmp_path: Path) -> None:
    manifest = run_stage(tmp_path / "o")
    assert sorted(files_of(tmp_path / "o")) == [MANIFEST, *(part_name(i) for i in range(5))]
    assert read_manifest(tmp_path / "o") == manifest == need_stage(tmp_path / "o", "extract")
    assert manifest.counts.tallies == {"numbers": Tally(5, 5)}
    assert [part.file for part in manifest.parts] == [part_name(i) for i in range(5)]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    run_stage(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.iterdir()]}
    run_stage(tmp_path)
    assert made_now == []
    assert {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.iterdir()]} == before


def test_worker_processes_do_not_change_the_output(tmp_path: Path) -> None:
    run_stage(tmp_path / "one")
    run_stage(tmp_path / "two", running=RunOptions(jobs=2, quiet=True))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_a_resumed_run_has_the_same_output(tmp_path: Path) -> None:
    run_stage(tmp_path / "whole")
    with pytest.raises(InputError, match="slice -1 is bad"):
        run_stage(tmp_path / "o", [0, 1, 2, -1, 4])
    assert (tmp_path / "o" / RUN).exists()
    with pytest.raises(InputError, match="unfinished"):
        need_stage(tmp_path / "o", "extract")
    run_stage(tmp_path / "o")
    assert made_now == [3, 4, 0, 1, 2, 3, 4]
    assert files_of(tmp_path / "o") == files_of(tmp_path / "whole")


def test_a_damaged_part_of_an_interrupted_run_is_made_again(tmp_path: Path) -> None:
    run_stage(tmp_path / "whole")
    out = tmp_path / "o"
    with pytest.raises(InputError):
        run_stage(out, [0, 1, 2, -1])
    part = out / WORK / "first" / part_name(1)
    part.write_bytes(part.read_bytes()[:-20])
    run_stage(out)
    assert made_now[:3] == [1, 3, 4]
    assert files_of(out) == files_of(tmp_path / "whole")


def test_intermediate_files_are_removed_after_the_manifest(tmp_path: Path) -> None:
    run_stage(tmp_path)
    before = files_of(tmp_path)
    (tmp_path / WORK / "first").mkdir(parents=True)
    (tmp_path / WORK / "first" / "x").touch()
    (tmp_path / RUN).touch()
    run_stage(tmp_path)
    assert files_of(tmp_path) == before
    assert not (tmp_path / WORK).exists()


def test_parts_before_an_input_error_are_kept(tmp_path: Path) -> None:
    def broken() -> Iterable[Task[int]]:
        yield from tasks(range(3))
        raise CutInputError("d.xml: ends")

    def fill() -> None:
        options = RunOptions(jobs=2, quiet=True)
        with open_run(tmp_path, stage="x", parameters={}, inputs=[], options=options) as run:
            run.map(counting, 1, broken(), PartSpec(SCHEMA))

    with pytest.raises(CutInputError):
        fill()
    there = [name for name in files_of(tmp_path) if not name.startswith(WORK)]
    assert sorted(there) == [RUN, *(part_name(i) for i in range(3))]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"stage": "link"}, "contains output of `cstool extract`"),
        ({"factor": 3}, r"was made with other parameters: factor: 2 \(now 3\)"),
        ({"factor": None}, r"factor: 2 \(now none\)"),
        ({"more": {"segmenter": "x 1.0"}}, r"segmenter: not recorded \(now x 1\.0\)"),
        ({"inputs": [Input("d.xml", 10, "xxh3:2")]}, r"was made from another version of d\.xml"),
        ({"inputs": [Input("e.xml", 10, "xxh3:1")]}, r"was made from d\.xml \(now e\.xml\)"),
        (
            {"inputs": [Input("d.xml", 10, f"xxh3:{n}") for n in (1, 2)]},
            r"from 1 × `d\.xml` \(now 2\)",
        ),
    ],
)
@pytest.mark.parametrize("finished", [True, False])
def test_another_run_is_refused(
    tmp_path: Path, change: dict[str, Any], told: str, finished: bool
) -> None:
    if finished:
        run_stage(tmp_path)
    else:
        with pytest.raises(InputError):
            run_stage(tmp_path, [0, -1])
    before = files_of(tmp_path)
    with pytest.raises(OutputError, match=f"{told}; choose another .* or start over with --ov"):
        run_stage(tmp_path, **change)
    assert files_of(tmp_path) == before


def test_a_folder_that_is_given_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    reads = [tmp_path / "in", tmp_path / "link"]
    options = RunOptions(jobs=1)
    with (
        pytest.raises(InputError, match=f"{tmp_path}/link: given twice; give each folder once"),
        open_run(tmp_path / "o", stage="x", parameters={}, inputs=[], options=options, reads=reads),
    ):
        pass


def test_another_version_accepts_only_a_complete_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError):
        run_stage(tmp_path / "begun", [0, -1])
    run_stage(tmp_path / "done")
    monkeypatch.setattr("cstool.storage.run.__version__", "99")
    with pytest.raises(OutputError, match=r"was started by cstool .* \(this is 99\)"):
        run_stage(tmp_path / "begun")
    run_stage(tmp_path / "done")
    assert made_now == []


def test_foreign_files_are_refused_and_never_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match=r"by cstool \(thesis\.tex\); choose an empty"):
            run_stage(tmp_path, running=RunOptions(jobs=1, overwrite=overwrite))
    assert files_of(tmp_path) == {"thesis.tex": b"mine"}


def test_overwrite_removes_only_files_of_cstool(tmp_path: Path) -> None:
    run_stage(tmp_path, factor=3)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    run_stage(tmp_path / "inner", factor=5)
    inner = files_of(tmp_path / "inner")
    run_stage(tmp_path, [7], RunOptions(jobs=1, overwrite=True))
    kept = files_of(tmp_path)
    assert kept.pop("notes.txt") == b"mine"
    assert (tmp_path / "empty").is_dir()
    assert files_of(tmp_path / "inner") == inner
    assert {name for name in kept if "/" not in name} == {MANIFEST, part_name(0)}


def test_overwrite_of_a_parent_folder_keeps_other_stages(tmp_path: Path) -> None:
    run_stage(tmp_path / "extract")
    before = files_of(tmp_path)
    with pytest.raises(OutputError, match=r"not written by cstool \(extract\)"):
        run_stage(tmp_path, running=RunOptions(jobs=1, overwrite=True))
    assert files_of(tmp_path) == before


def test_overwrite_starts_an_interrupted_run_over(tmp_path: Path) -> None:
    run_stage(tmp_path / "whole")
    out = tmp_path / "o"
    with pytest.raises(InputError):
        run_stage(out, [0, -1], factor=9)
    (out / "index.npy").touch()  # a file that a stage writes beside its parts
    beside = out / beside_part(PARAGRAPHS, part_name(8))
    beside.parent.mkdir()
    shutil.copy(tmp_path / "whole" / part_name(0), beside)
    run_stage(out, running=RunOptions(jobs=1, overwrite=True))
    (out / "index.npy").unlink()
    beside.unlink()  # a copy of a part under another name is not removed
    beside.parent.rmdir()
    assert files_of(out) == files_of(tmp_path / "whole")


@pytest.mark.parametrize("name", [MANIFEST, RUN])
def test_overwrite_replaces_a_damaged_manifest_or_claim(tmp_path: Path, name: str) -> None:
    run_stage(tmp_path)
    (tmp_path / MANIFEST).unlink()
    (tmp_path / name).write_text("{")
    with pytest.raises((InputError, OutputError), match="--overwrite"):
        run_stage(tmp_path)
    run_stage(tmp_path, running=RunOptions(jobs=1, overwrite=True))
