"""Slices of damaged and of several page dumps."""

import bz2
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import Damage, pages_of
from cstool.dumps.xml import Page
from cstool.errors import CutInputError, InputError
from tests.dumps.test_page_slices import PAGES, damaged, read, starts_of, titles, titles_of_sources
from tests.support import Source, dump_xml, write_multistream


def test_malformed_xml_loses_the_rest_of_its_stream(tmp_path: Path) -> None:
    pages = [*PAGES[:5], Source("Page 5", "BREAK"), *PAGES[6:]]
    path = write_multistream(tmp_path / "d.xml.bz2", pages, each=3)
    starts = starts_of(path)
    data = path.read_bytes()
    xml = bz2.decompress(data[starts[2] : starts[3]]).replace(b"BREAK", b"</wrong>")
    path.write_bytes(data[: starts[2]] + bz2.compress(xml) + data[starts[3] :])
    damage = Damage()
    kept = titles(read([path], 1 << 20, damage))
    assert kept == [title for title in titles_of_sources() if title != "Page 5"]
    assert f"bz2 stream at byte {starts[2]:,}: malformed XML" in damage.messages[0]
    assert damage.streams == {"d.xml.bz2": 1}


def test_a_damaged_header_loses_only_its_dump(tmp_path: Path) -> None:
    one = write_multistream(tmp_path / "1.xml.bz2", PAGES[:6])
    two = write_multistream(tmp_path / "2.xml.bz2", PAGES[6:])
    damaged(one, 60)
    damage = Damage()
    assert titles(read([one, two], 1, damage)) == titles_of_sources()[6:]
    assert damage.streams == {"1.xml.bz2": 8}
    with pytest.raises(CutInputError):
        read([one, two], 1)
    with pytest.raises(InputError, match="no page precedes the fault"):
        read([one], 1, Damage())


def test_pages_in_the_header_s_stream_are_read(tmp_path: Path) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES)
    starts = starts_of(path)
    data = path.read_bytes()
    first = bz2.decompress(data[: starts[2]])
    path.write_bytes(bz2.compress(first) + data[starts[2] :])
    assert len(starts_of(path)) == len(starts) - 1
    assert titles(read([path], 1)) == titles_of_sources()


@pytest.mark.parametrize("place", [3, 12, 40, -1])
def test_damaged_streams_do_not_turn_multistream_reading_off(tmp_path: Path, place: int) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES)
    starts = starts_of(path)
    assert len(starts) == len(PAGES) + 3
    for i in range(2, len(starts) - 2):
        damaged(path, starts[i] + place)
        found = starts_of(path)
        assert found[0] == 0
        assert set(starts) - set(found) <= {starts[i]}
        damaged(path, starts[i] + place)


def test_damaged_streams_that_are_not_cut_between_pages_are_refused(tmp_path: Path) -> None:
    xml = dump_xml(PAGES).encode()
    path = tmp_path / "pbzip2.xml.bz2"
    path.write_bytes(b"".join(bz2.compress(xml[i : i + 700]) for i in range(0, len(xml), 700)))
    size = path.stat().st_size
    for place in range(40, size, size // 9):
        damaged(path, place)
        assert starts_of(path) == []


@pytest.mark.parametrize("block", [1, 3, 10, 64, 1000])
def test_streams_are_found_across_the_blocks_of_a_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES)
    data = path.read_bytes()
    monkeypatch.setattr("cstool.dumps.multistream._BLOCK", block)
    starts = [i for i in range(len(data)) if data.startswith(b"BZh91AY&SY", i)]
    assert starts_of(path) == [*starts, len(data)]


def test_a_scan_keeps_one_block_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "d.xml.bz2"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    code = (
        "import resource, sys; from pathlib import Path; from cstool.dumps.page_slices import "
        "find_streams; peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; "
        "before = peak(); find_streams(Path(sys.argv[1])); print(peak() - before)"
    )
    run = [sys.executable, "-c", code, str(path)]
    grown = int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    assert grown < (100 << 20) / (1 if sys.platform == "darwin" else 1024)


def test_several_dumps_of_a_wiki_follow_one_another(tmp_path: Path) -> None:
    one = write_multistream(tmp_path / "1.xml.bz2", PAGES[:6])
    two = tmp_path / "2.xml"
    two.write_text(dump_xml(PAGES[6:]))
    dump = open_pages([str(one), str(two)], 500, None)
    tasks = list(dump.tasks)
    assert [task.file for task in tasks] == [f"part-{i:06d}.parquet" for i in range(len(tasks))]
    found = [page for task in tasks for page in pages_of(task.slice, None)]
    assert titles(found) == titles_of_sources()


def test_two_wikis_are_refused_before_any_work(tmp_path: Path) -> None:
    one = write_multistream(tmp_path / "1.xml.bz2", PAGES)
    two = tmp_path / "2.xml"
    two.write_text(dump_xml(PAGES, wiki="dewiki", language="de"))
    with pytest.raises(InputError, match=r"2\.xml: dump of dewiki"):
        open_pages([str(one), str(two)], 500, None)


def test_dumps_without_pages_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    path.write_text(dump_xml([]))
    with pytest.raises(InputError, match="no pages found"):
        open_pages([str(path)], 500, None)
    with pytest.raises(InputError, match="no such file"):
        open_pages([str(tmp_path / "none.xml.bz2")], 500, None)


def test_truncation_before_the_first_page_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    path.write_text(dump_xml(PAGES).split("<page>", maxsplit=1)[0])
    with pytest.raises(
        InputError, match=r"d\.xml: truncated: .*; no page precedes the fault: download it again$"
    ):
        open_pages([str(path)], 500, Damage())


ARTICLES = [page.text for page in PAGES if not page.namespace]


@pytest.mark.parametrize("size", [1, 900, 1 << 20])
@pytest.mark.parametrize("length", [0, 1, 300, 1 << 20])
def test_a_sample_is_of_the_first_articles_whatever_the_part_size(
    tmp_path: Path, size: int, length: int
) -> None:
    multi = write_multistream(tmp_path / "d.xml.bz2", PAGES)
    plain = tmp_path / "d.xml"
    plain.write_text(dump_xml(PAGES))
    wanted = {0: 0, 1: 1, 300: 2, 1 << 20: len(ARTICLES)}[length]
    for path in (multi, plain):
        dump = open_pages([str(path)], size, None, sample=length)
        assert list(dump.sample) == ARTICLES[:wanted]
        found = [page for task in dump.tasks for page in pages_of(task.slice, None)]
        assert titles(found) == titles_of_sources()


def test_a_sample_raises_no_error_early(tmp_path: Path) -> None:
    xml = dump_xml(PAGES)
    (tmp_path / "cut.xml").write_text(xml[: xml.index("text 7")])
    multi = write_multistream(tmp_path / "d.xml.bz2", PAGES)
    damaged(multi, starts_of(multi)[3] + 40)
    for path, pages in ((tmp_path / "cut.xml", 7), (multi, 2)):
        dump = open_pages([str(path)], 1, None, sample=1 << 20)
        assert len(dump.sample) >= 4
        found: list[Page] = []
        with pytest.raises(CutInputError):
            for task in dump.tasks:
                found += pages_of(task.slice, None)
        assert titles(found) == titles_of_sources()[:pages]


def test_a_named_pipe_with_a_multistream_dump_is_read_sequentially(tmp_path: Path) -> None:
    data = write_multistream(tmp_path / "d.xml.bz2", PAGES).read_bytes()
    pipe = tmp_path / "pipe.xml.bz2"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(data))
    writer.start()
    dump = open_pages([str(pipe)], 500, None)
    assert dump.size is None
    assert titles([p for t in dump.tasks for p in pages_of(t.slice, None)]) == titles_of_sources()
    writer.join()
