"""`extract --limit`: the first pages of a dump, read no further."""

import bz2
import re
from pathlib import Path
from typing import Any

import pytest

from cstool.dumps import streams
from cstool.errors import CutInputError
from cstool.execution.options import RunOptions
from cstool.report.verify.check import VerifyResult, targets, verify
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.manifest import Manifest
from tests.cli.test_commands import cstool
from tests.support import (
    Source,
    dump_xml,
    files_of,
    gzipped,
    header_xml,
    page_xml,
    rows_of,
    write_multistream,
)

PAGES = [
    Source("Template:Cvt", redirect="Template:Convert", namespace=10),
    *(
        page
        for i in range(30)
        for page in (
            Source(f"Page {i}", f"Page {i} links to [[Target {i}]] at {{{{cvt|{i}|km}}}}."),
            Source(f"Other {i}", redirect=f"Page {i}"),
            Source(f"Old {i}", f"#REDIRECT [[Page {i}]]"),
            Source(f"Talk:Page {i}", "See [[here]].", namespace=1),
        )
    ),
]


def run(dumps: list[Path], out: Path, limit: int | None, **running: Any) -> Manifest:
    options = ExtractOptions(limit=limit)
    return extract([str(d) for d in dumps], out, options, RunOptions(quiet=True, **running))


def written(folder: Path, name: str) -> Path:
    path = folder / name
    xml = dump_xml(PAGES).encode()
    if name == "multistream.xml.bz2":
        return write_multistream(path, PAGES, each=4)
    packed = {".xml": xml, ".bz2": bz2.compress(xml), ".gz": gzipped(xml)}
    path.write_bytes(packed[path.suffix])
    return path


NAMES = ["plain.xml", "one.xml.bz2", "one.xml.gz", "multistream.xml.bz2"]


@pytest.mark.parametrize("limit", [1, 7, 29])
def test_the_first_pages_are_those_of_a_whole_run_in_any_compression(
    tmp_path: Path, limit: int
) -> None:
    run([written(tmp_path, "plain.xml")], tmp_path / "whole", None, jobs=1)
    every = rows_of(tmp_path / "whole")
    first = every.filter(every["title"].is_in([f"Page {i}" for i in range(limit)]))
    for name in NAMES:
        for part_size in (1, 500, None):
            out = tmp_path / f"{name}-{part_size}"
            manifest = run([written(tmp_path, name)], out, limit, jobs=1, part_size=part_size)
            assert rows_of(out).equals(first)
            assert all("km" in text for text in first["text"])
            pages = manifest.counts.tally("pages")
            others = {"redirect": 2 * limit - 2, "other namespace": limit}
            assert pages.written == limit
            assert pages.dropped == {reason: n for reason, n in others.items() if n}
            assert manifest.parameters["limit"] == limit


@pytest.mark.parametrize("name", ["one.xml.bz2", "multistream.xml.bz2"])
def test_the_output_does_not_depend_on_the_number_of_workers(tmp_path: Path, name: str) -> None:
    dump = written(tmp_path, name)
    for jobs in (1, 2):
        run([dump], tmp_path / f"{jobs}", 9, jobs=jobs, part_size=300)
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")


def test_the_limit_counts_over_all_files_and_the_rest_is_not_opened(tmp_path: Path) -> None:
    texts = [page_xml(i, page) for i, page in enumerate(PAGES, 1)]
    dumps = []
    for n, part in enumerate((texts[:25], texts[25:60], texts[60:])):
        dumps.append(tmp_path / f"enwiki-2026-10-01-p{n}p{n}.xml")
        dumps[-1].write_text(header_xml() + "".join(part) + "</mediawiki>")
    dumps[2].write_text(header_xml() + "<page> damaged")
    manifest = run(dumps, tmp_path / "some", 10, jobs=1)
    assert set(rows_of(tmp_path / "some")["title"]) == {f"Page {i}" for i in range(10)}
    assert [given.name for given in manifest.inputs] == [path.name for path in dumps]
    assert [bool(given.fingerprint) for given in manifest.inputs] == [True, False, False]
    with pytest.raises(CutInputError):
        run(dumps, tmp_path / "more", 20, jobs=1)


def test_the_revisions_of_a_page_count_once(tmp_path: Path) -> None:
    texts = [
        re.sub(
            r"(<revision>\s*<id>)\d+",
            rf"\g<1>{revision}",
            page_xml(page, Source(f"P{page}", f"It is [[T{page}]] in {revision}.")),
        )
        for page, revision in ((1, 10), (1, 11), (2, 12), (2, 13), (2, 14), (3, 15))
    ]
    names = ["p1p1", "p2r12r13", "p2r14r14", "p3p3"]
    parts = [texts[:2], texts[2:4], texts[4:5], texts[5:]]
    for name, part in zip(names, parts, strict=True):
        path = tmp_path / f"enwiki-2026-10-01-{name}.xml"
        path.write_text(header_xml() + "".join(part) + "</mediawiki>")
    manifest = run([tmp_path], tmp_path / "out", 2, jobs=1)
    assert rows_of(tmp_path / "out")["text"].to_list() == ["It is T1 in 11.", "It is T2 in 14."]
    assert manifest.counts.tally("pages").dropped == {"page twice": 3}


def test_a_large_file_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_CHUNK", 1 << 10)
    whole = dump_xml([Source(f"Page {i}", f"A [[b]]. {'x ' * 9000}") for i in range(400)])
    path = tmp_path / "d.xml"
    path.write_text(whole[: len(whole) - 2000])  # a fault at the end
    manifest = run([path], tmp_path / "out", 3, jobs=1)
    assert manifest.counts.tally("pages").read == 3


def look(*paths: Path) -> VerifyResult:
    return verify(targets(paths))


@pytest.mark.parametrize("name", NAMES)
def test_verify_says_that_the_rest_of_the_file_is_not_checked(tmp_path: Path, name: str) -> None:
    dump = written(tmp_path, name)
    out = tmp_path / "out"
    run([dump], out, 3, jobs=1)
    verdict = look(out, dump)
    assert verdict.sound
    assert verdict.unchecked == [
        f"{out}: made from the first part of {name}, of which a sample was compared"
    ]
    assert look(out).unchecked == [f"{out}: made from {name}, which was not given"]
    dump.write_bytes(dump.read_bytes() + b"\n")
    assert [problem.kind for problem in look(out, dump).wrong] == ["changed"]
    run([written(tmp_path, name)], tmp_path / "whole", 500, jobs=1)
    assert look(tmp_path / "whole", dump).unchecked == []


def test_the_summary_names_the_limit_and_a_limit_of_none_is_a_usage_error(tmp_path: Path) -> None:
    dump = written(tmp_path, "plain.xml")
    done = cstool("extract", dump, "--limit", "2", "-o", tmp_path / "out")
    assert done.returncode == 0
    assert "2 pages, " in done.stderr
    assert "of the first 2 pages only (--limit)" in done.stderr
    for wrong in ("0", "-1", "x"):
        done = cstool("extract", dump, "--limit", wrong, "-o", tmp_path / "none")
        assert done.returncode == 2
