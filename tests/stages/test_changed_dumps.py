"""A changed dump is detected by its bytes, even if its size and its sample are equal."""

import bz2
import gzip
import io
import lzma
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import xxhash
import zstandard

from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import pages_of
from cstool.errors import InputError, Unfinished
from cstool.execution.options import RunOptions
from cstool.report.verify.check import targets, verify
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.titles.stage import titles
from cstool.storage import manifest as manifests
from cstool.storage.manifest import describe_file, read_manifest
from tests.conftest import Sample
from tests.stages import small_wiki
from tests.stages.small_wiki import write_tables
from tests.support import Source, dump_xml, files_of, gzipped, header_xml, page_xml

HERE = RunOptions(jobs=1, part_size=400, quiet=True)
PAGES = [
    Source(f"Page {i}", f"The [[river {i}]] is long and [[wide]], they say.") for i in range(60)
]


@pytest.fixture(autouse=True)
def small_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at 16 bytes at head and tail, and at one in 16 places between."""
    monkeypatch.setattr(manifests, "_SAMPLE", 16)


def streams(order: Sequence[int]) -> bytes:
    """Return a multistream dump with its pages in this order, a stream each."""
    texts = [page_xml(number + 1, PAGES[number]) for number in order]
    whole = [header_xml(), *texts, "</mediawiki>\n"]
    return b"".join(bz2.compress(text.encode()) for text in whole)


def multistream(number: int) -> bytes:
    """Return a dump in which that stream and the next one have changed places; none for 0."""
    order = [*range(60)]
    order[number : number + 2] = reversed(order[number : number + 2]) if number else order[:2]
    return streams(order)


def plain(number: int) -> bytes:
    """Return a dump in which that page links to another one; none for 0."""
    xml = dump_xml(PAGES).encode()
    return xml.replace(b"[[river %d]]" % number, b"[[ocean %d]]" % number) if number else xml


def members(pack: Callable[[bytes], bytes]) -> Callable[[int], bytes]:
    """Return what makes a dump like `plain`, each page compressed on its own."""

    def dump(number: int) -> bytes:
        return b"".join(map(pack, re.split(b"(?=  <page>)", plain(number))))

    return dump


DUMPS: dict[str, Callable[[int], bytes]] = {
    "d.xml.bz2": multistream,
    "d.xml": plain,
    "d.xml.gz": members(lambda data: gzipped(data, 0)),
    "d.xml.zst": members(zstandard.ZstdCompressor().compress),
    "d.xml.xz": members(lzma.compress),
}


def two_alike(name: str, folder: Path) -> tuple[bytes, bytes]:
    """Return two dumps of the same size and sample that differ."""
    old = DUMPS[name](0)
    for number in range(10, 50):
        new = DUMPS[name](number)
        if new != old and len(new) == len(old) and sample_of(new, folder) == sample_of(old, folder):
            return old, new
    raise AssertionError("no change escapes the sample")


def sample_of(data: bytes, folder: Path) -> str | None:
    (folder / "any").write_bytes(data)
    sample = describe_file(folder / "any").sample
    (folder / "any").unlink()
    return sample


def replace_in_place(path: Path, data: bytes) -> None:
    """Write other bytes of the same number, with the times and the sample that there were."""
    stat, sample = path.stat(), describe_file(path).sample
    assert path.read_bytes() != data
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert describe_file(path).sample == sample


@pytest.mark.parametrize("name", DUMPS)
def test_an_interrupted_run_makes_the_changed_slices_again(name: str, tmp_path: Path) -> None:
    old, new = two_alike(name, tmp_path)
    path, out = tmp_path / name, tmp_path / "out"
    path.write_bytes(old)
    for task in ((1, 2), (2, 2), (1, 2)):  # the last one has parts of the second phase to make
        with pytest.raises(Unfinished):
            extract([str(path)], out, ExtractOptions(), replace(HERE, array_task=task))
    before = {p.name: p.stat().st_mtime_ns for p in out.glob("part-*.parquet")}
    replace_in_place(path, new)
    extract([str(path)], out, ExtractOptions(), HERE)
    extract([str(path)], tmp_path / "fresh", ExtractOptions(), HERE)
    assert files_of(out) == files_of(tmp_path / "fresh")
    again = [n for n, time in before.items() if (out / n).stat().st_mtime_ns != time]
    assert 1 <= len(again) <= 3
    assert len(before) > 6


def test_wikidata_that_changed_is_read_again(sample: Sample, tmp_path: Path) -> None:
    path, out = tmp_path / "w.json", tmp_path / "out"
    old = gzip.decompress(sample.wikidata.read_bytes())
    path.write_bytes(old)
    with pytest.raises(Unfinished):
        entities(
            str(path), out, EntitiesOptions(), replace(HERE, part_size=1 << 16, array_task=(1, 2))
        )
    replace_in_place(path, old.replace(b'"Estonian"', b'"Esperant"'))
    entities(str(path), out, EntitiesOptions(), replace(HERE, part_size=1 << 16))
    entities(str(path), tmp_path / "f", EntitiesOptions(), replace(HERE, part_size=1 << 16))
    assert files_of(out) == files_of(tmp_path / "f")


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [("page", b"Hamlet_12", b"Hamlet_50"), ("page_props", b"Q2007", b"Q2099"),
     ("redirect", b"Village_3'", b"Village_4'")],
)  # fmt: skip
def test_a_table_that_changed_is_read_again(
    table: str, old: bytes, new: bytes, tmp_path: Path
) -> None:
    tables = write_tables(tmp_path / "sql", small_wiki.PAGES)
    path = tmp_path / "sql" / f"{table}.sql"

    def run(name: str, running: RunOptions = small_wiki.RUNNING) -> dict[str, bytes]:
        titles("enwiki", None, [], tmp_path / name, running, sql=tables)
        return files_of(tmp_path / name)

    for share in ((1, 2), (2, 2)):
        with pytest.raises(Unfinished):
            run("out", replace(small_wiki.RUNNING, array_task=share))
    replace_in_place(path, path.read_bytes().replace(old, new))
    assert run("out") == run("fresh")
    manifest = read_manifest(tmp_path / "out")
    assert manifest
    assert [i.fingerprint for i in manifest.inputs] == [
        f"xxh3-128:{xxhash.xxh3_128_hexdigest(Path(p).read_bytes())}" for p in tables.paths
    ]


@pytest.mark.parametrize("name", DUMPS)
def test_verify_compares_a_finished_folder_with_all_bytes(name: str, tmp_path: Path) -> None:
    old, new = two_alike(name, tmp_path)
    path, out = tmp_path / name, tmp_path / "out"
    path.write_bytes(old)
    extract([str(path)], out, ExtractOptions(), HERE)
    assert verify(targets([tmp_path])).sound  # a folder with a stage and a plain dump
    replace_in_place(path, new)
    [wrong] = verify(targets([out, path])).wrong
    assert (wrong.kind, wrong.place) == ("changed", str(out))
    assert verify(targets([out, path]), quick=True).sound


def test_a_dump_that_changes_while_it_is_read_ends_the_run(tmp_path: Path) -> None:
    old, new = two_alike("d.xml.bz2", tmp_path)
    path = tmp_path / "d.xml.bz2"
    path.write_bytes(old)
    dump = open_pages([str(path)], 2_000, None)
    tasks = list(dump.tasks)
    path.write_bytes(new)
    with pytest.raises(InputError, match="changed while it was read"):
        for task in tasks:
            list(pages_of(task.slice, None))


PACK: dict[str, Callable[[bytes], bytes]] = {
    ".bz2": bz2.compress,
    ".gz": gzipped,
    ".zst": zstandard.ZstdCompressor().compress,
    ".xz": lzma.compress,
    "": bytes,
}


@pytest.mark.parametrize("ending", PACK)
def test_the_fingerprint_is_of_all_bytes(ending: str, tmp_path: Path) -> None:
    data = PACK[ending](dump_xml(PAGES).encode())
    path = tmp_path / f"d.xml{ending}"
    path.write_bytes(data)
    extract([str(path)], tmp_path / "o", ExtractOptions(), HERE)
    manifest = read_manifest(tmp_path / "o")
    assert manifest
    expected = f"xxh3-128:{xxhash.xxh3_128_hexdigest(data)}"
    assert [(i.bytes, i.fingerprint) for i in manifest.inputs] == [(len(data), expected)]


def test_the_fingerprint_does_not_depend_on_how_a_dump_was_read(tmp_path: Path) -> None:
    path = tmp_path / "d.xml.bz2"
    path.write_bytes(multistream(0))
    found = set()
    for name, running in (("1", HERE), ("2", replace(HERE, jobs=2)), ("s", HERE)):
        if name == "s":
            for share in ((2, 2), (1, 2)):
                with pytest.raises(Unfinished):
                    extract(
                        [str(path)],
                        tmp_path / name,
                        ExtractOptions(),
                        replace(HERE, array_task=share),
                    )
        extract([str(path)], tmp_path / name, ExtractOptions(), running)
        manifest = read_manifest(tmp_path / name)
        assert manifest
        found.add(manifest.inputs[0].fingerprint)
    assert found == {f"xxh3-128:{xxhash.xxh3_128_hexdigest(path.read_bytes())}"}


@pytest.mark.parametrize("name", DUMPS)
def test_the_fingerprint_of_standard_input_is_of_what_was_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DUMPS[name](0)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    extract(["-"], tmp_path / "out", ExtractOptions(), HERE)
    manifest = read_manifest(tmp_path / "out")
    assert manifest
    expected = f"xxh3-128:{xxhash.xxh3_128_hexdigest(data)}"
    assert [(i.bytes, i.fingerprint) for i in manifest.inputs] == [(len(data), expected)]
    (tmp_path / name).write_bytes(data)
    assert verify(targets([tmp_path / "out", tmp_path / name])).unchecked == []


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_wikidata_s_fingerprint_does_not_depend_on_how_it_was_read(
    ending: str, sample: Sample, tmp_path: Path
) -> None:
    path = tmp_path / f"w.json{ending}"
    data = sample.wikidata.read_bytes()
    path.write_bytes(data if ending else gzip.decompress(data))
    running = replace(HERE, part_size=1 << 18)
    found = set()
    for name, options in (("1", running), ("2", replace(running, jobs=2)), ("s", running)):
        if name == "s":
            with pytest.raises(Unfinished):
                entities(
                    str(path),
                    tmp_path / name,
                    EntitiesOptions(),
                    replace(running, array_task=(1, 2)),
                )
        entities(str(path), tmp_path / name, EntitiesOptions(), options)
        manifest = read_manifest(tmp_path / name)
        assert manifest
        found.add(manifest.inputs[0].fingerprint)
    assert found == {f"xxh3-128:{xxhash.xxh3_128_hexdigest(path.read_bytes())}"}
