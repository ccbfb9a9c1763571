"""The same parts on a Dask cluster."""

import os
from pathlib import Path

import pytest

from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.stages.extract import ExtractOptions, extract
from tests.conftest import Sample, run_pipeline
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


def test_a_scheduler_that_does_not_answer_is_told(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.running.cluster.CONNECT_SECONDS", 1)
    running = RunOptions(jobs=1, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        extract([str(sample.pages)], tmp_path / "out", ExtractOptions(), running)
