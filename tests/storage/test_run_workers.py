"""Runs: array tasks, dead workers, interruptions, and what the manifest contains."""

import os
import signal
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from cstool.errors import (
    CstoolError,
    InputError,
    OutputError,
    Stopped,
    Unfinished,
)
from cstool.execution.crash_notes import noter
from cstool.execution.options import RunOptions
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import (
    MANIFEST,
    Input,
    need_stage,
)
from cstool.storage.ownership import RUN, WORK
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import open_run
from cstool.storage.tasks import part_name
from tests.storage.test_run import SCHEMA, counting, made_now, run_stage, tasks
from tests.support import files_of


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
    for share, mine, told in (
        (1, [0, 3], "2 of 5 parts done in step 'extract'; run --task 2/3 and 3/3"),
        (3, [2], "3 of 5 parts done in step 'extract'; run --task 2/3"),
    ):
        end = ", then the same command without --task"
        with pytest.raises(Unfinished, match=f"^{out}: {told}{end}$"):
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
    told = "all parts done; run the same command without --task"
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
