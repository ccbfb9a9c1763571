"""What a manifest tells of inputs."""

import os
from pathlib import Path

from cstool.parts.counts import Counts
from cstool.parts.manifest import Input, Manifest, Part, describe_file, describe_folder, sha256


def test_a_file_s_print_depends_on_its_bytes_and_not_on_its_place(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    data = os.urandom(3 << 20)
    for folder in (tmp_path, tmp_path / "sub"):
        (folder / "d.xml").write_bytes(data)
    described = describe_file(tmp_path / "d.xml")
    assert described == describe_file(tmp_path / "sub" / "d.xml")
    assert (described.name, described.bytes) == ("d.xml", 3 << 20)


def test_another_head_tail_or_size_gives_another_print(tmp_path: Path) -> None:
    data = bytes(3 << 20)
    prints = set()
    for other in (data, b"x" + data[1:], data[:-1] + b"x", data + b"\0", b"", b"x"):
        (tmp_path / "d").write_bytes(other)
        prints.add(describe_file(tmp_path / "d").fingerprint)
    assert len(prints) == 6


def test_a_folder_s_print_is_its_manifest_s_checksum(tmp_path: Path) -> None:
    (tmp_path / "_manifest.json").write_bytes(b"{}")
    parts = [Part("a.parquet", 1, 10, "x"), Part("i.npy", 1, 5, "y")]
    manifest = Manifest("link", "1", {}, [], parts, Counts())
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert sha256(tmp_path / "_manifest.json") == digest
    assert describe_folder(tmp_path, manifest) == Input("link", 15, f"sha256:{digest}")


def test_tables_are_rows_only() -> None:
    files = ("part-000000.parquet", "attribution/part-000000.parquet", "titles.hash.npy")
    manifest = Manifest("switch", "1", {}, [], [Part(f, 1, 1, "") for f in files], Counts())
    assert [part.file for part in manifest.tables] == ["part-000000.parquet"]
