"""Errors for a folder that contains folders of stages."""

import shutil
from pathlib import Path

import pytest

from cstool.errors import InputError
from cstool.report.stats.folder import folder_stats
from cstool.storage.manifest import need_stage


def told(folder: Path, *stages: str) -> str:
    with pytest.raises(InputError) as caught:
        need_stage(folder, *stages)
    return str(caught.value)


def test_nested_folders_of_stages_are_suggested(pipeline: Path, tmp_path: Path) -> None:
    (tmp_path / "enwiki").mkdir()
    (tmp_path / "corpus").symlink_to(pipeline / "corpus")
    (tmp_path / "enwiki/linked").symlink_to(pipeline / "linked")
    shutil.copytree(pipeline / "titles", tmp_path / "bad")
    (tmp_path / "bad/_manifest.json").write_text("{")
    with pytest.raises(InputError) as caught:
        folder_stats(tmp_path)
    inside = "is not the folder of a stage, but contains corpus, enwiki/linked; give one of them"
    assert str(caught.value) == f"{tmp_path}: {inside}"
    # Only folders of the wanted stages are named.
    assert told(tmp_path, "shard").endswith(f"but contains corpus; give {tmp_path / 'corpus'}")
    assert "has no _manifest.json" in told(tmp_path, "entities")
    assert need_stage(tmp_path / "corpus", "shard").stage == "shard"


def test_only_the_first_of_many_nested_folders_are_named(pipeline: Path, tmp_path: Path) -> None:
    for n in range(20):
        (tmp_path / f"{n:02}").symlink_to(pipeline / "linked")
    assert "contains 00, 01, 02," in told(tmp_path, "link")
    assert "10, 11, …; give one of them" in told(tmp_path, "link")
