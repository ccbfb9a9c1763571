"""Files of one bz2 stream, cut between blocks."""

import bz2
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps.page_slices import PageDump, open_pages
from cstool.dumps.pages import Damage, pages_of
from cstool.dumps.xml import Page, PageParser
from cstool.errors import CutInputError, InputError
from tests.dumps.bzip2_files import block_bits, one_stream, stream_of, with_magic
from tests.support import Source, dump_xml

PAGES = [Source(f"Page {i}", f"text {i} " * (9 + i % 4 * 20), namespace=i % 3) for i in range(24)]
XML = dump_xml(PAGES).encode()
BODY = XML.index(b"<page>") + 60


def chunks_of(xml: bytes, size: int) -> list[bytes]:
    """Return chunks of an export; the first has its header and the begin of a page."""
    first = xml.index(b"<page>") + 60
    return [xml[:first], *(xml[i : i + size] for i in range(first, len(xml), size))]


def write(path: Path, xml: bytes, size: int = 500) -> Path:
    path.write_bytes(one_stream(chunks_of(xml, size)))
    return path


def opened(path: Path, size: int = 1, damage: Damage | None = None) -> PageDump:
    dump = open_pages([str(path)], size, damage)
    return dump


def read(path: Path, size: int = 1, damage: Damage | None = None) -> list[Page]:
    tasks = opened(path, size, damage).tasks
    return [page for task in tasks for page in pages_of(task.slice, damage)]


def parsed(xml: bytes) -> list[Page]:
    parser = PageParser("x")
    return [*parser.feed(xml), *parser.finish()]


def titles(pages: Sequence[Page]) -> list[str]:
    return [page.title for page in pages]


ALL = [page.title for page in PAGES]


@given(
    cuts=st.sets(st.integers(BODY, len(XML) - 1), min_size=5, max_size=30),
    size=st.sampled_from([1, 200, 1000, 1 << 20]),
    streams=st.integers(1, 2),
)
@settings(deadline=None, max_examples=25)
def test_any_cut_into_blocks_and_slices_gives_the_same_pages(
    tmp_path_factory: pytest.TempPathFactory, cuts: set[int], size: int, streams: int
) -> None:
    path = tmp_path_factory.mktemp("d") / "d.xml.bz2"
    places = [0, *sorted(cuts), len(XML)]
    chunks = [XML[a:b] for a, b in pairwise(places)]
    each = -(-len(chunks) // streams)
    path.write_bytes(
        b"".join(one_stream(chunks[i : i + each]) for i in range(0, len(chunks), each))
    )
    assert read(path, size) == parsed(XML)


@pytest.mark.parametrize("start", range(-8, 3))
def test_a_start_tag_cut_between_slices_begins_one_page(tmp_path: Path, start: int) -> None:
    path = tmp_path / "d.xml.bz2"
    places = [0, BODY, *(XML.index(f"Page {i}<".encode()) + start - 10 for i in (2, 4, 7, 9, 13))]
    chunks = [XML[a:b] for a, b in zip(places, [*places[1:], len(XML)], strict=True)]
    path.write_bytes(one_stream(chunks))
    assert titles(read(path)) == ALL


def test_slices_depend_on_the_file_and_the_part_size_only(tmp_path: Path) -> None:
    path = write(tmp_path / "d.xml.bz2", XML)
    whole = [(t.file, t.fingerprint, t.weight) for t in opened(path, 2000).tasks]
    assert whole == [(t.file, t.fingerprint, t.weight) for t in opened(path, 2000).tasks]
    assert len(whole) == 3
    assert len({fingerprint for _, fingerprint, _ in whole}) == len(whole)
    dump = opened(path, 2000)
    assert sum(weight for _, _, weight in whole) == dump.size
    assert len(list(opened(path, 4000).tasks)) < len(whole)


def test_a_change_of_a_block_changes_the_slices_that_read_it(tmp_path: Path) -> None:
    path = write(tmp_path / "d.xml.bz2", XML)
    before = [task.fingerprint for task in opened(path).tasks]
    data = bytearray(path.read_bytes())
    tasks = list(opened(path).tasks)
    data[tasks[9].slice.block_bytes[0] + 30] ^= 1
    path.write_bytes(data)
    after = [task.fingerprint for task in opened(path).tasks]
    assert [i for i, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) > 1] == [
        8,
        9,
    ]


def test_the_file_s_fingerprint_is_that_of_any_other_way_to_read_it(tmp_path: Path) -> None:
    path = write(tmp_path / "d.xml.bz2", XML)
    dump = opened(path)
    list(dump.tasks)
    small = tmp_path / "one"
    small.write_bytes(path.read_bytes())
    other = open_pages([str(small)], None, None)
    list(other.tasks)
    assert [*dump.read.values()] == [*other.read.values()]


@pytest.mark.parametrize("size", [1, 700, 1 << 20])
def test_pages_longer_than_slices_are_whole(tmp_path: Path, size: int) -> None:
    pages = [*PAGES[:5], Source("Long", "word " * 4000), *PAGES[5:], Source("Last", "x" * 9000)]
    xml = dump_xml(pages).encode()
    assert read(write(tmp_path / "d.xml.bz2", xml), size) == parsed(xml)


def test_magic_numbers_within_blocks_begin_no_slice(tmp_path: Path) -> None:
    chunks = chunks_of(XML.replace(b"    ", b"  "), 900)
    place = next(i for i, chunk in enumerate(chunks) if i > 2 and b"text 9" in chunk[:400])
    at = chunks[place].index(b"text ")
    text, bits = with_magic(chunks[place][:at], 2)
    blocks = [block_bits(chunk) for chunk in chunks]
    blocks[place : place + 1] = [bits, block_bits(chunks[place][at:])]
    xml = b"".join([*chunks[:place], text, chunks[place][at:], *chunks[place + 1 :]])
    path = tmp_path / "d.xml.bz2"
    path.write_bytes(stream_of(blocks))
    assert bz2.decompress(path.read_bytes()) == xml
    assert len(list(opened(path).tasks)) == len(blocks) + 2
    assert read(path) == parsed(xml) != parsed(XML)


@pytest.mark.parametrize("size", [1, 3000])
def test_damage_loses_the_pages_in_its_block(tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "d.xml.bz2", XML, 300)
    data = path.read_bytes()
    starts = [task.slice.block_bytes[0] for task in opened(path).tasks]
    for block in (3, 8, len(starts) - 2):
        broken = bytearray(data)
        broken[starts[block] + 40] ^= 4
        path.write_bytes(broken)
        chunks = chunks_of(XML, 300)
        first, last = sum(map(len, chunks[:block])), sum(map(len, chunks[: block + 1]))
        left = [
            title
            for title, page in zip(ALL, XML.split(b"<page>")[1:], strict=True)
            if XML.index(page) + len(page) - 12 <= first or XML.index(page) - 6 >= last
        ]
        damage = Damage()
        assert titles(read(path, size, damage)) == left
        assert len(left) < len(ALL)
        assert [m.split(" to ")[0] for m in damage.messages] == [
            f"{path}: damaged bzip2 data from byte {starts[block]:,}"
        ]
        assert damage.cut_pages <= 1
        with pytest.raises(CutInputError, match="damaged bzip2 data from byte"):
            read(path, size)


@pytest.mark.parametrize("size", [1, 3000])
def test_truncation_keeps_the_pages_before_it(tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "d.xml.bz2", XML, 300)
    data = path.read_bytes()
    for length in (len(data) // 2, len(data) * 2 // 3, len(data) - 12, len(data) - 1):
        path.write_bytes(data[:length])
        damage = Damage()
        kept = titles(read(path, size, damage))
        assert kept == ALL[: len(kept)]
        assert damage.messages == [
            f"{path}: truncated: the bzip2 data ends early, after byte {length:,}; download it "
            "again"
        ]
        assert len(kept) >= len(ALL) // 2 - 2
        assert damage.cut_pages <= 1
        found: list[Page] = []
        with pytest.raises(CutInputError, match="truncated: the bzip2 data ends early"):
            for task in opened(path, size).tasks:
                found += pages_of(task.slice, None)
        assert titles(found) == kept


def test_an_export_without_its_end_is_reported(tmp_path: Path) -> None:
    xml = XML[: XML.index(b"text 22") + 30]
    path = write(tmp_path / "d.xml.bz2", xml)
    with pytest.raises(CutInputError, match="in page 'Page 22', without </mediawiki>"):
        read(path)
    damage = Damage()
    assert titles(read(path, 1, damage)) == ALL[:22]
    assert (len(damage.messages), damage.cut_pages) == (1, 1)


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_malformed_pages_are_lost_alone(tmp_path: Path, size: int) -> None:
    xml = XML.replace(b"text 6 text", b"</wrong>", 1).replace(b"text 15 text", b"&none;", 1)
    path = write(tmp_path / "d.xml.bz2", xml)
    with pytest.raises(CutInputError, match=r"bz2 block at byte .*malformed XML .*'Page 6'"):
        read(path, size)
    damage = Damage()
    kept = titles(read(path, size, damage))
    assert kept == [title for title in ALL if title not in {"Page 6", "Page 15"}]
    assert (len(damage.messages), damage.cut_pages) == (2, 2)


@pytest.mark.parametrize("size", [1, 1500, 1 << 20])
def test_a_wrong_checksum_of_a_stream_is_reported_and_loses_nothing(
    tmp_path: Path, size: int
) -> None:
    half = chunks_of(XML, 500)[:6], chunks_of(XML, 500)[6:]
    first, second = map(one_stream, half)
    path = tmp_path / "d.xml.bz2"
    path.write_bytes(first[:-3] + bytes([first[-3] ^ 1]) + first[-2:] + second)
    with pytest.raises(CutInputError, match=f"stream that ends at byte {len(first):,}"):
        read(path, size)
    damage = Damage()
    assert titles(read(path, size, damage)) == ALL
    assert (len(damage.messages), damage.cut_pages) == (1, 0)


def test_bytes_behind_the_stream_are_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "d.xml.bz2", XML)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"text")
    with pytest.raises(CutInputError, match=f"damaged .* to byte {size + 4:,}"):
        read(path)
    damage = Damage()
    assert titles(read(path, 1, damage)) == ALL
    assert (len(damage.messages), damage.cut_pages) == (1, 0)


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "d.xml.bz2", XML)
    tasks = list(opened(path).tasks)
    data = bytearray(path.read_bytes())
    data[tasks[5].slice.block_bytes[0] + 30] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="changed while it was read"):
        list(pages_of(tasks[5].slice, Damage()))


COMMENTED = dump_xml(
    [*PAGES[:6], Source("Before", "x"), Source("Page 7", "REPLACED"), *PAGES[8:]]
).encode()


@pytest.mark.parametrize(
    "inside",
    [
        b"<![CDATA[" + b"<page><title>No page</title></page>\n" * 40 + b"]]>",
        b"<!--" + b" <page> </page>" * 80 + b"-->",
        b"<?x " + b" <page></page>" * 80 + b"?>",
    ],
)
def test_page_tags_in_comments_and_cdata_begin_no_page(tmp_path: Path, inside: bytes) -> None:
    xml = COMMENTED.replace(b"REPLACED", inside)
    path = write(tmp_path / "d.xml.bz2", xml)
    assert read(path, 1 << 20) == parsed(xml)
    # A slice that begins inside is noticed by the one before it.
    with pytest.raises(InputError, match="a <page> tag in a page or in a comment"):
        read(path, 1)


def test_comments_between_pages_are_passed_over(tmp_path: Path) -> None:
    xml = XML.replace(b"  <page>\n    <title>Page 9<", b"<!-- x -->  <page>\n    <title>Page 9<")
    path = write(tmp_path / "d.xml.bz2", xml)
    for size in (1, 1000, 1 << 20):
        assert titles(read(path, size)) == ALL


@pytest.mark.parametrize(
    "change",
    [
        (b"<siteinfo>", b"<!-- a <page> --><siteinfo>"),
        (b"<mediawiki", b"<?xml version='1.0' encoding='latin-1'?>\n<mediawiki"),
        (b"<mediawiki", b"<mediawiki xmlns:a='http://a.org/'"),
    ],
)
def test_unusual_headers_are_read_by_one_process(
    tmp_path: Path, change: tuple[bytes, bytes]
) -> None:
    xml = XML.replace(*change, 1)
    tasks = list(opened(write(tmp_path / "d.xml.bz2", xml), 10**6).tasks)
    assert [task.slice.blocks for task in tasks] == [()]
    assert [task.slice.pages for task in tasks] == [tuple(parsed(xml))]


def test_small_files_are_one_slice(tmp_path: Path) -> None:
    tasks = list(opened(write(tmp_path / "d.xml.bz2", XML, len(XML) // 3)).tasks)
    assert all(task.slice.pages for task in tasks)


def test_pages_of_other_namespaces_are_listed_without_their_text(tmp_path: Path) -> None:
    path = write(tmp_path / "d.xml.bz2", XML)
    dump = open_pages([str(path)], 1000, None, namespaces=frozenset({0}))
    pages = [page for task in dump.tasks for page in pages_of(task.slice, None)]
    whole = parsed(XML)
    assert [(p.id, p.namespace, p.revision_id) for p in pages] == [
        (p.id, p.namespace, p.revision_id) for p in whole
    ]
    assert [p for p in pages if p.namespace == 0] == [p for p in whole if p.namespace == 0]
    assert {p.text for p in pages if p.namespace} == {None}


def test_a_sample_does_not_depend_on_the_slices(tmp_path: Path) -> None:
    path = write(tmp_path / "d.xml.bz2", XML)
    articles = [page.text for page in PAGES if not page.namespace]
    for size in (1, 2000, 1 << 20):
        dump = open_pages([str(path)], size, None, sample=300)
        assert list(dump.sample) == articles[: len(dump.sample)]
        assert titles([p for task in dump.tasks for p in pages_of(task.slice, None)]) == ALL


def test_a_slice_of_repetitive_blocks_takes_little_memory(tmp_path: Path) -> None:
    pages = [Source(f"Page {i}", "x" * 10_000_000) for i in range(6)]
    path = tmp_path / "d.xml.bz2"
    path.write_bytes(bz2.compress(dump_xml(pages).encode()))
    code = (
        "import resource, sys; from cstool.dumps.page_slices import open_pages; "
        "from cstool.dumps.pages import pages_of; "
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; before = peak(); "
        "print([len(p.text) for t in open_pages([sys.argv[1]], None, None).tasks "
        "for p in pages_of(t.slice, None)], peak() - before)"
    )
    run = [sys.executable, "-c", code, str(path)]
    out = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    texts, _, grown = out.rpartition("] ")
    assert texts.count("10000000") == 6
    assert int(grown) < (200 << 20) / (1 if sys.platform == "darwin" else 1024)
