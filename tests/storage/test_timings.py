"""`_timings.json`: an object for each run that made a part."""

import json
from pathlib import Path
from typing import Any

import pytest

from cstool.errors import InputError, OutputError, Unfinished
from cstool.execution.options import RunOptions
from cstool.storage.ownership import WORK
from cstool.storage.timings import TIMINGS, read_timings
from tests.storage.test_run import run_stage
from tests.support import files_of


def told(folder: Path) -> list[dict[str, Any]]:
    timings: list[dict[str, Any]] = json.loads((folder / TIMINGS).read_bytes())
    return timings


def tasks(folder: Path) -> list[list[int]]:
    return [[phase["tasks"] for phase in timing["phases"]] for timing in told(folder)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_writes_its_timings_beside_the_manifest(tmp_path: Path, jobs: int) -> None:
    manifest = run_stage(tmp_path, running=RunOptions(jobs=jobs, quiet=True))
    assert TIMINGS not in {part.file for part in manifest.parts}
    [timing] = told(tmp_path)
    assert set(timing) == {
        "stage", "version", "started", "wall_s", "cpu_s", "peak_bytes", "jobs", "scheduler",
        "phases",
    }  # fmt: skip
    assert (timing["stage"], timing["jobs"], timing["scheduler"]) == ("extract", jobs, None)
    assert 0 < timing["cpu_s"] < 60
    assert timing["wall_s"] >= sum(phase["wall_s"] for phase in timing["phases"]) - 0.01
    assert timing["peak_bytes"] > 10 << 20
    assert tasks(tmp_path) == [[5, 5]]


def test_each_run_that_made_a_part_has_timings(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run_stage(tmp_path, [0, 1, 2, -1])
    assert not (tmp_path / TIMINGS).exists()
    with pytest.raises(Unfinished):
        run_stage(
            tmp_path, running=RunOptions(jobs=1, array_task=(1, 5))
        )  # its part exists already
    run_stage(tmp_path)
    run_stage(tmp_path)
    assert tasks(tmp_path) == [[3], [2, 5]]
    with pytest.raises(OutputError):
        run_stage(tmp_path, factor=3)
    assert tasks(tmp_path) == [[3], [2, 5]]


def test_existing_timings_are_not_duplicated(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run_stage(tmp_path, [0, 1, -1])
    left = files_of(tmp_path / WORK / "timings")
    for name, data in left.items():  # as if killed after writing timings, before the manifest
        (tmp_path / TIMINGS).write_bytes(data)
        (tmp_path / WORK / "timings" / name).write_bytes(data)
    run_stage(tmp_path)
    assert len(told(tmp_path)) == 2


def test_overwrite_discards_timings_and_invalid_ones_are_ignored(tmp_path: Path) -> None:
    run_stage(tmp_path)
    run_stage(tmp_path, factor=3, running=RunOptions(jobs=1, overwrite=True))
    assert len(told(tmp_path)) == 1
    (tmp_path / TIMINGS).write_text("{")
    assert read_timings(tmp_path) == []
    run_stage(tmp_path, running=RunOptions(jobs=1, overwrite=True))
    assert len(told(tmp_path)) == 1


def test_a_folder_with_only_timings_is_not_foreign(tmp_path: Path) -> None:
    (tmp_path / TIMINGS).write_text("[]")
    run_stage(tmp_path)
    assert len(told(tmp_path)) == 1
