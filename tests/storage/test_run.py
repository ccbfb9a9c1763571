"""Runs: an output folder is claimed, filled, resumed, completed or refused."""

import os
import shutil
import signal
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from cstool.errors import (
    CstoolError,
    CutInputError,
    InputError,
    OutputError,
    Stopped,
    Unfinished,
)
from cstool.execution.crash_notes import noter
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
from cstool.storage.parts import Batches, FinishedPart, PartSpec
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


def test_a_claim_without_parts_is_replaced(tmp_path: Path) -> None:
    (tmp_path / RUN).write_text('{"stage":"other","version":"0","parameters":{},"inputs":[]}')
    run_stage(tmp_path)


def test_overwrite_is_refused_for_an_array_task(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="would remove the parts of other array tasks"):
        run_stage(tmp_path, running=RunOptions(jobs=1, overwrite=True, array_task=(1, 2)))


@pytest.mark.parametrize(
    ("data", "told"), [(None, "is missing"), (b"short", r"has 5 bytes instead of \d+")]
)
def test_a_missing_part_of_a_complete_folder_is_reported(
    tmp_path: Path, data: bytes | None, told: str
) -> None:
    run_stage(tmp_path)
    (tmp_path / part_name(2)).unlink()
    if data is not None:
        (tmp_path / part_name(2)).write_bytes(data)
    with pytest.raises(OutputError, match=f"part-000002.parquet {told} .*--overwrite"):
        run_stage(tmp_path)
    with pytest.raises(InputError, match=f"part-000002.parquet {told}"):
        need_stage(tmp_path, "extract")
    run_stage(tmp_path, running=RunOptions(jobs=1, overwrite=True))


def test_an_output_path_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "o").touch()
    with pytest.raises(OutputError, match="is a file; give a folder"):
        run_stage(tmp_path / "o")


def test_array_tasks_make_their_parts_and_a_plain_run_finishes(tmp_path: Path) -> None:
    run_stage(tmp_path / "whole")
    out = tmp_path / "o"
    for share, mine in ((1, [0, 3]), (3, [2])):
        with pytest.raises(Unfinished, match="run the other array tasks"):
            run_stage(out, running=RunOptions(jobs=1, array_task=(share, 3)))
        assert made_now == mine
    run_stage(out)
    assert made_now == [1, 4, 0, 1, 2, 3, 4]
    assert files_of(out) == files_of(tmp_path / "whole")


def test_an_array_task_never_completes_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "o"
    for share in (1, 2, 1):
        with pytest.raises(Unfinished):
            run_stage(out, running=RunOptions(jobs=1, array_task=(share, 2)))
    told = "all parts are finished; run the same command without --task to finish"
    with pytest.raises(Unfinished, match=told):
        run_stage(out, running=RunOptions(jobs=1, array_task=(2, 2)))
    assert not (out / MANIFEST).exists()
    run_stage(out)
    assert made_now == []


def test_parts_of_a_longer_stream_are_removed(tmp_path: Path) -> None:
    pipe = [Input("-", None, None)]
    for slices, finish in ((range(4), False), ([7], True)):
        options = RunOptions(jobs=1)
        with open_run(tmp_path, stage="x", parameters={}, inputs=pipe, options=options) as run:
            made = run.map(counting, 2, tasks(slices), PartSpec(SCHEMA))
            if finish:
                run.finish(made, Counts())
    assert sorted(files_of(tmp_path)) == [MANIFEST, part_name(0)]


DEATHS = 2


def fragile(slice_: int, tried: Path) -> Batches:
    """Die in slice 2, until the file `tried` counts DEATHS deaths."""
    note = noter()
    for page in range(3):
        if note:
            note(f"page {page} of slice {slice_}")
        if slice_ == 2 and page == 1 and len(tried.read_bytes()) < DEATHS:
            with tried.open("ab") as file:
                file.write(b"x")
            os.kill(os.getpid(), signal.SIGKILL)
    yield pa.table({"n": [slice_]}, schema=SCHEMA)
    return Counts()


def run_fragile(out: Path, tried: Path, scheduler: str | None = None) -> None:
    options = RunOptions(jobs=2, quiet=True, scheduler=scheduler)
    with open_run(out, stage="x", parameters={}, inputs=[], options=options) as run:
        made = run.map(fragile, tried, tasks(range(6)), PartSpec(SCHEMA, label="numbers"))
        run.finish(made, Counts())


def test_a_part_whose_worker_dies_is_made_again(tmp_path: Path) -> None:
    for name, dies in (("whole", b"xx"), ("once", b"x")):
        (tmp_path / f"tried-{name}").write_bytes(dies)
        run_fragile(tmp_path / name, tmp_path / f"tried-{name}")
        assert (tmp_path / f"tried-{name}").read_bytes() == b"xx"
    assert files_of(tmp_path / "once") == files_of(tmp_path / "whole")


def test_a_part_whose_worker_dies_twice_is_named_with_the_page(tmp_path: Path) -> None:
    tried, out = tmp_path / "tried", tmp_path / "o"
    tried.touch()
    told = r"o/part-000002.parquet \(numbers, page 1 of slice 2\): its worker was killed \(SIGK"
    with pytest.raises(CstoolError, match=told):
        run_fragile(out, tried)
    names = set(files_of(out)) - {name for name in files_of(out) if name.startswith(WORK)}
    assert {RUN, part_name(0), part_name(1)} <= names
    assert not (out / WORK / "at").exists()
    assert not list(out.rglob(".*.tmp"))
    run_fragile(out, tried)  # the third attempt succeeds
    assert sorted(files_of(out)) == [MANIFEST, *(part_name(i) for i in range(6))]


def test_a_stopped_run_reports_its_finished_parts(tmp_path: Path) -> None:
    def stop(made: FinishedPart) -> None:
        if made.part.file == part_name(2):
            raise KeyboardInterrupt

    def fill() -> None:
        options = RunOptions(jobs=1)
        with open_run(tmp_path, stage="x", parameters={}, inputs=[], options=options) as run:
            run.map(counting, 1, tasks(range(5)), PartSpec(SCHEMA, label="numbers"), on_made=stop)

    with pytest.raises(Stopped, match=r"stopped in step 'numbers' \(finished parts: 3\); run"):
        fill()


def test_the_caller_may_end_the_run_at_a_part(tmp_path: Path) -> None:
    seen: list[str] = []

    def check(made: FinishedPart) -> None:
        seen.append(made.part.file)
        if len(seen) == 3:
            raise InputError("d.xml: too many malformed lines")

    def fill() -> None:
        options = RunOptions(jobs=1)
        with open_run(tmp_path, stage="x", parameters={}, inputs=[], options=options) as run:
            run.map(counting, 1, tasks(range(5)), PartSpec(SCHEMA), on_made=check)

    for _ in range(2):  # the second time, the parts exist
        seen.clear()
        with pytest.raises(InputError, match="too many"):
            fill()
        assert seen == [part_name(i) for i in range(3)]
    assert part_name(2) in files_of(tmp_path)


def test_counts_that_do_not_add_up_are_an_internal_error(tmp_path: Path) -> None:
    options = RunOptions(jobs=1)
    with open_run(tmp_path, stage="x", parameters={}, inputs=[], options=options) as run:
        with pytest.raises(AssertionError, match="x: counts do not add up: pages: read 2"):
            run.finish([], Counts({"pages": Tally(2, 1)}))
        assert not (tmp_path / MANIFEST).exists()


def test_need_stage_says_what_a_folder_is_instead(tmp_path: Path) -> None:
    run_stage(tmp_path / "o")
    (tmp_path / "file").touch()
    for path, told in [
        (tmp_path / "none", "no such folder"),
        (tmp_path / "file", "is a file"),
        (tmp_path, f"has no {MANIFEST}"),
        (tmp_path / "o", r"output of `cstool extract`; give a folder written by `cstool link`"),
    ]:
        with pytest.raises(InputError, match=told):
            need_stage(path, "link")


def test_a_manifest_has_neither_times_nor_paths(tmp_path: Path) -> None:
    run_stage(tmp_path / "a")
    told = msgspec.json.decode((tmp_path / "a" / MANIFEST).read_bytes())
    assert set(told) == {
        "stage", "version", "parameters", "inputs", "parts", "counts", "source", "lineage",
        "checksum",
    }  # fmt: skip
    assert str(tmp_path) not in (tmp_path / "a" / MANIFEST).read_text()
