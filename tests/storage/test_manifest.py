"""Inputs and lineage in manifests."""

import os
from pathlib import Path

import msgspec

from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import (
    Ancestor,
    Input,
    Manifest,
    Part,
    Source,
    describe_file,
    describe_folder,
    lineage_of,
    read_manifest,
)


def test_a_file_s_fingerprint_depends_on_its_bytes_and_not_on_its_path(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    data = os.urandom(3 << 20)
    for folder in (tmp_path, tmp_path / "sub"):
        (folder / "d.xml").write_bytes(data)
    described = describe_file(tmp_path / "d.xml")
    assert described == describe_file(tmp_path / "sub" / "d.xml")
    assert (described.name, described.bytes) == ("d.xml", 3 << 20)


def test_another_head_tail_or_size_gives_another_fingerprint(tmp_path: Path) -> None:
    data = bytes(3 << 20)
    prints = set()
    for other in (data, b"x" + data[1:], data[:-1] + b"x", data + b"\0", b"", b"x"):
        (tmp_path / "d").write_bytes(other)
        prints.add(describe_file(tmp_path / "d").sample)
    assert len(prints) == 6


def test_a_folder_s_fingerprint_is_its_manifest_s_checksum(tmp_path: Path) -> None:
    (tmp_path / "_manifest.json").write_bytes(b"{}")
    parts = [Part("a.parquet", 1, 10, "x"), Part("i.npy", 1, 5, "y")]
    manifest = Manifest("link", "1", {}, [], parts, Counts())
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert sha256(tmp_path / "_manifest.json") == digest
    assert describe_folder(tmp_path, manifest) == Input("link", 15, f"sha256:{digest}")


def test_tables_are_rows_only() -> None:
    files = ("part-000000.parquet", "_attribution/part-000000.pq", "titles.hash.npy")
    manifest = Manifest("switch", "1", {}, [], [Part(f, 1, 1, "") for f in files], Counts())
    assert [part.file for part in manifest.tables] == ["part-000000.parquet"]


def made_by(folder: Path, stage: str, reads: list[Path], **details: dict[str, int]) -> Path:
    """Write the manifest of a stage that has read these folders; return its folder."""
    folder.mkdir()
    parts = [Part(f"part-{n:06d}.parquet", 1, 1, "0" * 64) for n in range(500)]
    manifest = Manifest(
        stage, "1", {"seed": 1}, [Input("x", 1, stage)], parts, Counts({}, details),
        Source("enwiki", "en"), lineage_of(reads),
    )  # fmt: skip
    (folder / "_manifest.json").write_bytes(msgspec.json.encode(manifest))
    return folder


def test_lineage_has_each_stage_once_after_its_inputs(tmp_path: Path) -> None:
    entities = made_by(tmp_path / "e", "entities", [])
    titles = made_by(tmp_path / "t", "titles", [entities])
    sentences = made_by(tmp_path / "s", "extract", [])
    linked = made_by(tmp_path / "l", "link", [sentences, titles])
    lineage = lineage_of([linked, entities])
    assert [one.stage for one in lineage] == ["extract", "entities", "titles", "link"]
    assert lineage[-1] == Ancestor(
        "link", "1", {"seed": 1}, [Input("x", 1, "link")], Counts(), Source("enwiki", "en")
    )


def test_lineage_keeps_manifests_small(tmp_path: Path) -> None:
    holes = {f"template {n}": n for n in range(5000)}
    first = made_by(tmp_path / "a", "extract", [], holes=holes)
    [ancestor] = lineage_of([first])
    handed_on = ancestor.counts.details["holes"]
    assert len(handed_on) == 1001
    assert handed_on["template 4999"] == 4999
    assert sum(handed_on.values()) == sum(holes.values())
    assert len(msgspec.json.encode(ancestor)) < 40_000


def test_a_manifest_without_lineage_is_read(tmp_path: Path) -> None:
    old = {"stage": "link", "version": "0", "parameters": {}, "inputs": [], "parts": []}
    (tmp_path / "_manifest.json").write_bytes(msgspec.json.encode(old | {"counts": {}}))
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert manifest.lineage == []
    assert [one.stage for one in lineage_of([tmp_path])] == ["link"]
