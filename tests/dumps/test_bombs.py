"""Small files that expand to gigabytes, and unbounded elements: bounded memory, one-line errors."""

import bz2
import json
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard
from isal import igzip

from cstool.dumps import bounds
from cstool.dumps.decompressors import LARGEST_WINDOW
from tests.support import Source, header_xml, page_xml

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc"
)

MB = 1 << 20
READERS = """
import json, re, sys
from cstool.dumps import page_slices, pages, sql, wikidata
from cstool.dumps.streams import Stream
from cstool.errors import CstoolError
from cstool.stages.shard.read_test_sets import texts_of
from pathlib import Path

def stream(path):
    for data in Stream(path):
        assert len(data) <= 4 << 20

def xml(path):
    for task in page_slices.open_pages([path], None, None, largest_text=4 << 20).tasks:
        for page in pages.pages_of(task.slice, None):
            found.append([len(page.text or ""), page.too_long])

def json_lines(path):
    for slice_, _ in wikidata.line_slices(path, 1 << 20, None):
        for _, line in slice_.lines():
            try:
                wikidata.decode(line)
            except wikidata.MALFORMED as error:
                found.append(type(error).__name__)

def sql_rows(path):
    table = sql.SqlTable("page", ("page_id",))
    for slice_, _ in sql.sql_slices(path, table, 1 << 20, None):
        sql.read_columns(slice_, table)

def test_set(path):
    for _ in texts_of(Path(path)):
        pass

found, told = [], ""
try:
    globals()[sys.argv[1]](sys.argv[2])
except CstoolError as error:
    told = str(error)
# (getrusage tells the parent's peak, if that is larger.)
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10
print(json.dumps([found[:3], told, peak]))
"""


class Read(NamedTuple):
    """What a reader found, the fault that it told, and its largest memory in MB."""

    found: list[object]
    told: str
    peak: int


def read(reader: str, path: Path) -> Read:
    command = [sys.executable, "-c", READERS, reader, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert not done.stderr
    result = Read(*json.loads(done.stdout))
    assert "\n" not in result.told
    assert len(result.told) < 500
    return result


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


@pytest.mark.parametrize(
    ("ending", "compress", "size", "peak"),
    [
        (".gz", igzip.compress, 500, 300),
        (".zst", zstandard.compress, 500, 300),
        (".bz2", bz2.compress, 200, 300),
        (".xz", _xz, 200, 300),
    ],
)
def test_compressed_zeros_need_little_memory(
    ending: str, compress: Callable[[bytes], bytes], size: int, peak: int, tmp_path: Path
) -> None:
    path = tmp_path / f"d{ending}"
    path.write_bytes(compress(bytes(size * MB)))
    result = read("stream", path)
    assert not result.told
    assert result.peak < peak


def test_a_frame_with_a_large_window_is_refused_with_a_command_to_use(tmp_path: Path) -> None:
    path = tmp_path / "d.zst"
    parameters = zstandard.ZstdCompressionParameters(window_log=LARGEST_WINDOW.bit_length())
    with zstandard.open(
        path, "wb", cctx=zstandard.ZstdCompressor(compression_params=parameters)
    ) as f:
        f.write(b"[\n]\n")
    result = read("stream", path)
    assert "takes more than 128 MB of memory" in result.told
    assert "zstd -dc --long=31 FILE | cstool … -" in result.told


def test_an_xz_file_with_a_large_dictionary_is_refused_with_a_command_to_use(
    tmp_path: Path,
) -> None:
    path = tmp_path / "d.xz"
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": LARGEST_WINDOW * 4, "preset": 0}]
    path.write_bytes(lzma.compress(b"[\n]\n", filters=filters))
    assert "xz -dc FILE | cstool … -" in read("stream", path).told


HEAD = header_xml().encode()
TABLE = b"CREATE TABLE page (page_id int);\nINSERT INTO page VALUES "
LARGEST_TEXT = 4 * MB  # as READERS has it
LARGE = 18 * LARGEST_TEXT


@pytest.mark.parametrize(
    ("before", "repeated", "size", "told"),
    [
        (HEAD + b"<page><title>", b"a", LARGE, "<title> exceeds 64 kB"),
        (HEAD + b'<page><title>T</title><redirect title="', b"a", LARGE, "a tag or a comment"),
        (HEAD + b"<page><title>T</title><!-- ", b"a", LARGE, "a tag or a comment exceeds 4 MB"),
        (HEAD + b"<page><", b"a", LARGE, "a tag or a comment exceeds 4 MB"),
        (HEAD + b"<page>", b"<a>", LARGE, "the depth of elements exceeds 100"),
        (b'<mediawiki xml:lang="en"><siteinfo><namespaces>', b'<namespace key="1">a</namespace>',
         LARGE, "the number of namespaces exceeds 1,000"),
        (b'<mediawiki xml:lang="en"><siteinfo>', b'<namespace key="1">', LARGE, "the depth of"),
    ],
)  # fmt: skip
def test_contents_beyond_the_limits_are_refused_in_one_line(
    before: bytes, repeated: bytes, size: int, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "d.xml.zst"
    path.write_bytes(zstandard.compress(before + repeated * (size // len(repeated))))
    result = read("xml", path)
    assert result.told.startswith(f"{path}: ")
    assert told in result.told
    assert "byte" in result.told
    assert result.peak < 500


@pytest.mark.parametrize("ending", [".xml.zst", ".xml.bz2"])
def test_a_page_whose_text_is_too_long_has_none(ending: str, tmp_path: Path) -> None:
    long = page_xml(1, Source("Long", "a" * (LARGE))).encode()
    edge = page_xml(2, Source("Edge", "b" * LARGEST_TEXT)).encode()
    over = page_xml(3, Source("Over", "ä" + "c" * (LARGEST_TEXT - 1))).encode()
    path = tmp_path / f"d{ending}"
    parts = [HEAD, long, edge, over, b"</mediawiki>"]
    if ending == ".xml.zst":
        path.write_bytes(zstandard.compress(b"".join(parts)))
    else:
        path.write_bytes(b"".join(map(bz2.compress, parts)))
    result = read("xml", path)
    assert result.found == [[0, True], [LARGEST_TEXT, False], [0, True]]
    assert not result.told
    assert result.peak < 500


def test_a_bz2_stream_that_holds_too_much_xml_is_refused(tmp_path: Path) -> None:
    page = page_xml(1, Source("T", "a")).encode()
    large = bz2.compress(page + b" " * (bounds.LARGEST_SLICE + MB))
    path = tmp_path / "d.xml.bz2"
    path.write_bytes(
        b"".join([*map(bz2.compress, [HEAD, page]), large, bz2.compress(b"</mediawiki>")])
    )
    result = read("xml", path)
    assert "expand to more than 256 MB of XML" in result.told
    assert result.peak < 1000


@pytest.mark.parametrize(
    ("reader", "before", "repeated", "told"),
    [
        ("json_lines", b'[\n{"id":"', b"a", "line 2 is longer than 16 MB"),
        ("sql_rows", b"CREATE TABLE `", b"a", "longer than 16 MB (at byte 0 of the SQL)"),
        ("sql_rows", TABLE + b"('", b"\\\\", "longer than 16 MB (at byte 33 of the SQL)"),
        ("sql_rows", TABLE + b"(1", b",1", "longer than 16 MB (at byte 33 of the SQL)"),
        ("test_set", b"a\n", b"a", "line 2 is longer than 4 MB"),
    ],
)  # fmt: skip
def test_a_line_or_row_of_any_length_is_refused(
    reader: str, before: bytes, repeated: bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "d.zst"
    path.write_bytes(zstandard.compress(before + repeated * (100 * MB)))
    result = read(reader, path)
    assert result.told.startswith(f"{path}: ")
    assert told in result.told
    assert result.peak < 600


def test_json_nested_without_end_is_no_entity(tmp_path: Path) -> None:
    path = tmp_path / "d.json.zst"
    path.write_bytes(zstandard.compress(b'{"x":' + b"[" * (10 * MB) + b"]}\n"))
    result = read("json_lines", path)
    assert result.found == ["RecursionError"]
    assert result.peak < 500


def test_a_page_of_elements_without_end_is_refused(tmp_path: Path) -> None:
    """In its text, where none may be, and beside it; pages with few elements are counted alone."""
    text = page_xml(1, Source("A", "MARK")).encode()
    before, behind = text.split(b"MARK")
    few = (before + b"<b/>" * 1000 + behind) * 3
    for open_, close in ((before, behind), (b"<page><title>A</title>", b"</page>")):
        path = tmp_path / "d.xml.zst"
        many = open_ + b"<b/>" * (bounds.MOST_ELEMENTS + 1) + close
        path.write_bytes(zstandard.compress(HEAD + few + many + b"</mediawiki>"))
        result = read("xml", path)
        assert "the number of elements exceeds 2,000,000" in result.told
        assert result.peak < 300
