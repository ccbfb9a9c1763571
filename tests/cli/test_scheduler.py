"""Runs on a Dask cluster write the same bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cstool.errors import CstoolError, InputError
from cstool.execution.options import RunOptions
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.timings import read_timings
from tests.conftest import Sample, run_pipeline
from tests.storage.test_run_workers import run_fragile
from tests.support import files_of


def test_a_cluster_makes_the_same_bytes(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    pages = [str(sample.pages)]
    extract(pages, tmp_path / "here", ExtractOptions(), RunOptions(jobs=1, part_size=1 << 13))
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=1, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        running = RunOptions(jobs=2, part_size=1 << 13, scheduler=cluster.scheduler_address)
        # The workers stand where they were started; relative paths are ours.
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        pages = [os.path.relpath(sample.pages)]
        extract(pages, Path("../there"), ExtractOptions(), running)
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")


def test_all_stages_run_on_a_cluster_from_relative_paths(
    sample: Sample, pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=1, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        monkeypatch.chdir(tmp_path)
        run_pipeline(Path(), sample, scheduler=cluster.scheduler_address)
    assert files_of(tmp_path) == files_of(pipeline)


def test_dead_workers_of_a_cluster_are_survived_or_reported(tmp_path: Path) -> None:
    import dask
    from distributed import LocalCluster

    alone = tmp_path / "alone"
    for name in ("dying", "dead", "alone"):
        (tmp_path / f"{name} tried").write_bytes(b"" if name == "dead" else b"x")
    (tmp_path / "alone tried").write_bytes(b"xx")
    run_fragile(alone, tmp_path / "alone tried")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
    ):
        address = cluster.scheduler_address
        run_fragile(tmp_path / "dying", tmp_path / "dying tried", address)
        told = r"000002.parquet \(numbers, page 1 of slice 2\): its worker was killed \(number of"
        with pytest.raises(CstoolError, match=told):
            run_fragile(tmp_path / "dead", tmp_path / "dead tried", address)
    assert (tmp_path / "dying tried").read_bytes() == b"xx"
    assert files_of(tmp_path / "dying") == files_of(alone)


def test_local_starts_a_cluster_for_the_run(sample: Sample, pipeline: Path, tmp_path: Path) -> None:
    command = ["extract", str(sample.pages), "-o", str(tmp_path / "out"), "--part-size", "16K"]
    command += ["--scheduler", "local", "-j", "2", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "cstool", *command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert files_of(tmp_path / "out") == files_of(pipeline / "sentences")
    [timing] = read_timings(tmp_path / "out")
    assert timing.scheduler == "local"
    assert timing.cpu_s > 0.1


def test_an_unreachable_scheduler_is_reported(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.execution.dask.CONNECT_SECONDS", 1)
    running = RunOptions(jobs=1, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        extract([str(sample.pages)], tmp_path / "out", ExtractOptions(), running)
