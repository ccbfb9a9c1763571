"""Page dumps cut into slices."""

import bz2
import os
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps.multistream import find_streams
from cstool.dumps.page_slices import Damage, open_pages, pages_of
from cstool.dumps.xml import Page
from cstool.errors import CutInputError, InputError
from cstool.storage.counts import Counts
from cstool.storage.tasks import Task
from tests.conftest import Sample
from tests.support import Source, dump_xml, gzipped, write_multistream

PAGES = [Source(f"Page {i}", f"text {i} " * 40, namespace=i % 2) for i in range(12)]


def read(paths: Sequence[Path], size: int = 1 << 20, damage: Damage | None = None) -> list[Page]:
    dump = open_pages([str(path) for path in paths], size, damage)
    return [page for task in dump.tasks for page in pages_of(task.slice, damage)]


def titles(pages: Sequence[Page]) -> list[str]:
    return [page.title for page in pages]


def prints(path: Path, size: int) -> list[tuple[str, str]]:
    return [(t.file, t.fingerprint) for t in open_pages([str(path)], size, None).tasks]


def starts_of(path: Path) -> list[int]:
    found = find_streams(path)
    return found.starts if found else []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("size", [1, 5000, 1 << 24])
def test_streams_give_the_same_pages_as_sequential_reading(
    sample: Sample, tmp_path: Path, language: str, size: int
) -> None:
    dump = sample.pages if language == "en" else sample.japanese
    xml = bz2.decompress(dump.read_bytes())
    one = tmp_path / "one.xml.bz2"
    one.write_bytes(bz2.compress(xml))
    packed = tmp_path / "one.xml.gz"
    packed.write_bytes(gzipped(xml))
    assert len(starts_of(dump)) > 3
    assert starts_of(one) == []
    assert read([dump], size) == read([one], size) == read([packed], size)


@given(size=st.integers(1, 3000), each=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_no_part_size_loses_or_repeats_a_page(
    tmp_path_factory: pytest.TempPathFactory, size: int, each: int
) -> None:
    path = write_multistream(tmp_path_factory.mktemp("d") / "d.xml.bz2", PAGES, each=each)
    assert titles(read([path], size)) == titles_of_sources()


def titles_of_sources() -> list[str]:
    return [source.title for source in PAGES]


@pytest.mark.parametrize("size", [300, 700, 1500])
def test_streams_not_cut_between_pages_are_read_sequentially(tmp_path: Path, size: int) -> None:
    xml = dump_xml(PAGES).encode()
    path = tmp_path / "pbzip2.xml.bz2"
    path.write_bytes(b"".join(bz2.compress(xml[i : i + size]) for i in range(0, len(xml), size)))
    assert starts_of(path) == []
    assert titles(read([path])) == titles_of_sources()


def test_empty_streams_and_zero_padding_are_accepted(tmp_path: Path) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES, each=3)
    starts = starts_of(path)
    data = path.read_bytes()
    path.write_bytes(data[: starts[2]] + bz2.compress(b"") + bytes(64) + data[starts[2] :])
    assert titles(read([path], 1)) == titles_of_sources()


def test_slices_depend_on_the_input_and_the_part_size_only(tmp_path: Path) -> None:
    xml = dump_xml(PAGES).encode()
    (tmp_path / "a.xml").write_bytes(xml)
    (tmp_path / "b.xml.gz").write_bytes(gzipped(xml[:999]) + gzipped(xml[999:]))
    assert prints(tmp_path / "a.xml", 900) == prints(tmp_path / "b.xml.gz", 900)
    assert len(prints(tmp_path / "a.xml", 900)) == 3
    multi = write_multistream(tmp_path / "c.xml.bz2", PAGES)
    assert prints(multi, 500) == prints(multi, 500) != prints(multi, 5000)


def test_fingerprints_differ_for_other_pages(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    path.write_text(dump_xml(PAGES))
    before = prints(path, 900)
    path.write_text(dump_xml([*PAGES[:-1], Source("Page 11", "other text")]))
    assert [a == b for a, b in zip(before, prints(path, 900), strict=True)] == [True, True, False]


def test_weights_add_up_to_the_size(tmp_path: Path) -> None:
    plain = tmp_path / "d.xml"
    plain.write_text(dump_xml(PAGES))
    dump = open_pages([str(plain)], 900, None)
    assert dump.size == plain.stat().st_size == sum(task.weight for task in dump.tasks)


def test_truncation_of_a_multistream_dump_is_detected_anywhere(tmp_path: Path) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES, each=2)
    data = path.read_bytes()
    starts = starts_of(path)
    for cut in range(starts[2] + 7, len(data), 7):
        path.write_bytes(data[:cut])
        with pytest.raises(CutInputError):
            read([path], 1)
        damage = Damage()
        kept = titles(read([path], 1, damage))
        assert kept == titles_of_sources()[: len(kept)]
        assert len(kept) >= 2 * (sum(start <= cut for start in starts[1:]) - 1) - 2
        assert len(damage.messages) == 1


def test_a_missing_last_stream_is_detected(tmp_path: Path) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES, each=2)
    path.write_bytes(path.read_bytes()[: starts_of(path)[-2]])
    with pytest.raises(CutInputError, match="without </mediawiki>"):
        read([path])
    damage = Damage()
    assert titles(read([path], 1 << 20, damage)) == titles_of_sources()
    assert damage.cut_pages == 0
    assert len(damage.messages) == 1


def test_a_truncated_dump_gives_its_slices_and_then_the_error(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    xml = dump_xml(PAGES)
    path.write_text(xml[: xml.index("text 7")])
    tasks = open_pages([str(path)], 900, None).tasks
    found: list[Task[object]] = []
    with pytest.raises(CutInputError, match="in page 'Page 7'"):
        for task in tasks:
            found.append(task)  # type: ignore[arg-type]  # noqa: PERF402
    assert len(found) == 2
    damage = Damage()
    assert titles(read([path], 900, damage)) == titles_of_sources()[:7]
    counts = Counts()
    damage.count(counts)
    assert counts.tallies["pages"].dropped == {"cut off in the middle": 1}
    assert list(counts.details["damaged inputs"]) == damage.messages


def test_broken_xml_keeps_the_pages_before_it(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    path.write_text(dump_xml(PAGES).replace("text 5 ", "</text></text>", 1))
    damage = Damage()
    assert titles(read([path], 1 << 20, damage)) == titles_of_sources()[:5]
    assert "malformed XML" in damage.messages[0]


def test_a_damaged_stream_in_the_middle_loses_no_other_slice(tmp_path: Path) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES, each=2)
    data = bytearray(path.read_bytes())
    data[starts_of(path)[3] + 40] ^= 0xFF
    path.write_bytes(data)
    damage = Damage()
    kept = titles(read([path], 1, damage))
    assert kept == [t for i, t in enumerate(titles_of_sources()) if i not in (4, 5)]
    assert "damaged bzip2 data before byte" in damage.messages[0]


def damaged(path: Path, *places: int) -> Path:
    data = bytearray(path.read_bytes())
    for place in places:
        data[place] ^= 0xFF
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("size", [1, 700, 1 << 20])
def test_a_damaged_stream_loses_only_its_pages_and_is_counted(tmp_path: Path, size: int) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES, each=2)
    starts = starts_of(path)
    damaged(path, starts[2] + 40, starts[4] + 3)  # a block, a stream's first bytes
    damage = Damage()
    kept = titles(read([path], size, damage))
    assert kept == [t for i, t in enumerate(titles_of_sources()) if i not in (2, 3, 6, 7)]
    assert len(damage.messages) == 2
    counts = Counts()
    damage.count(counts)
    assert counts.details["damaged streams"] == {"d.xml.bz2": 2}
    assert list(counts.details["damaged inputs"]) == damage.messages
    with pytest.raises(CutInputError, match="damaged bzip2 data before byte"):
        read([path], size)


def test_intact_dumps_have_no_damaged_streams(tmp_path: Path) -> None:
    damage = Damage()
    read([write_multistream(tmp_path / "d.xml.bz2", PAGES)], 1, damage)
    counts = Counts()
    damage.count(counts)
    assert "damaged streams" not in counts.details


def test_what_is_kept_of_a_damaged_dump_does_not_depend_on_the_part_size(tmp_path: Path) -> None:
    path = write_multistream(tmp_path / "d.xml.bz2", PAGES, each=2)
    data = path.read_bytes()
    for place in range(starts_of(path)[1], len(data), 5):
        path.write_bytes(data)
        damaged(path, place)
        seen = []
        for size in (1, 700, 1 << 20):
            damage = Damage()
            kept = titles(read([path], size, damage))
            seen.append((kept, damage.messages, damage.streams))
        assert seen[0] == seen[1] == seen[2]
        assert len(seen[0][0]) >= len(PAGES) - 2
        assert seen[0][0] == titles_of_sources() or seen[0][1]


def test_a_fault_leaves_the_bz2_blocks_before_it(tmp_path: Path) -> None:
    texts = [random.Random(i).randbytes(100_000).hex() for i in range(20)]
    pages = [Source(f"Page {i}", text) for i, text in enumerate(texts)]
    path = write_multistream(tmp_path / "d.xml.bz2", pages, each=10)
    damaged(path, starts_of(path)[2] - 1000)  # the last block of the first pages
    damage = Damage()
    kept = titles(read([path], 1 << 20, damage))
    assert kept[-10:] == [f"Page {i}" for i in range(10, 20)]
    assert kept[:-10] == [f"Page {i}" for i in range(8)]
    assert (damage.cut_pages, len(damage.messages)) == (1, 1)


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


def test_dumps_without_pages_or_site_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    path.write_text(dump_xml([]))
    with pytest.raises(InputError, match="no pages found"):
        open_pages([str(path)], 500, None)
    xml = dump_xml(PAGES)
    path.write_text(xml[: xml.index("<siteinfo>")] + xml[xml.index("</siteinfo>") + 11 :])
    with pytest.raises(InputError, match="no <siteinfo> element"):
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
