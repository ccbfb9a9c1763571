"""The estimate of the disk space that a run needs."""

import shutil
from pathlib import Path

import pytest

from cstool.storage.forecast import expected_disk, needs_in_words
from cstool.storage.manifest import Input

GB = 1_000_000_000


def dump(size: int | None) -> Input:
    return Input("d.xml.bz2", size, None)


def with_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def test_every_stage_has_a_rate() -> None:
    for stage in (
        "entities",
        "titles",
        "extract",
        "link",
        "switch",
        "pair",
        "shard",
        "mix",
        "mask",
    ):
        disk = expected_disk(stage, [dump(1000)])
        assert disk
        assert disk.peak >= disk.result > 0


def test_input_sizes_are_added_and_a_pipe_has_none() -> None:
    both = expected_disk("extract", [dump(600), dump(400)])
    assert both == expected_disk("extract", [dump(1000)])
    assert expected_disk("extract", [dump(None)]) is None
    assert expected_disk("other", [dump(1)]) is None


def test_only_a_large_estimate_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, 100 * GB)
    line = needs_in_words("extract", tmp_path, [dump(24 * GB)])
    assert "about 13.2 GB" in line
    assert "at most 14.4 GB" in line
    assert "free: 100 GB" in line
    assert "too little" not in line
    assert needs_in_words("extract", tmp_path, [dump(GB // 1000)]) == ""


def test_too_little_disk_space_is_always_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_free(monkeypatch, 1000)
    assert "probably too little" in needs_in_words("extract", tmp_path, [dump(10_000)])


def test_output_of_an_interrupted_run_is_subtracted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "part").write_bytes(bytes(5000))
    with_free(monkeypatch, 1500)
    assert needs_in_words("extract", tmp_path, [dump(10_000)]) == ""
    with_free(monkeypatch, 500)
    assert "at most 1 kB" in needs_in_words("extract", tmp_path, [dump(10_000)])
