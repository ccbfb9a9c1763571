"""Page dumps cut into slices."""

import bz2
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps import multistream
from cstool.dumps.multistream import find_streams
from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import Damage, pages_of
from cstool.dumps.xml import Page
from cstool.errors import CutInputError
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


def test_a_file_with_a_long_first_stream_is_not_searched_for_others(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multistream, "_BLOCK", 20)
    first = starts_of(sample.pages)[1]
    monkeypatch.setattr(multistream, "LARGEST_STREAM", first + 20)
    assert starts_of(sample.pages)
    monkeypatch.setattr(multistream, "LARGEST_STREAM", first - 20)
    assert not starts_of(sample.pages)


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
