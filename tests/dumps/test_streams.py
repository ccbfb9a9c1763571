"""Compressed streams: complete, truncated, damaged, with a wrong extension."""

import bz2
import io
import lzma
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps.streams import FORMATS, STDIN, Compression, Stream, decompressed, describe_dump
from cstool.errors import CutInputError, InputError
from cstool.storage.manifest import Input
from tests.support import gzipped


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".bz2": bz2.compress,
    ".gz": gzipped,
    ".zst": _zstd,
    ".xz": lzma.compress,
}
ENDINGS = sorted(COMPRESS)
MEMBERS = [f"<page>{i} Ωμέγα</page>\n".encode() * 4 for i in range(3)]
WHOLE = b"".join(MEMBERS)


def _format(ending: str) -> Compression:
    return next(f for f in FORMATS if ending in f.endings)


def _read(path: str) -> bytes:
    stream = Stream(path)
    try:
        return b"".join(stream)
    finally:
        stream.close()


def _in_pieces(ending: str, data: bytes, size: int) -> bytes:
    pieces = (data[i : i + size] for i in range(0, len(data), size))
    return b"".join(decompressed(pieces, _format(ending), "f", lambda: 0))


@pytest.mark.parametrize("ending", ENDINGS)
def test_several_members_give_their_bytes_in_a_row(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"d{ending}"
    path.write_bytes(b"".join(map(COMPRESS[ending], MEMBERS)))
    assert _read(str(path)) == WHOLE


@pytest.mark.parametrize("ending", ENDINGS)
@given(data=st.binary(max_size=2000), size=st.integers(1, 50), cuts=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_pieces_of_any_size_give_the_same(ending: str, data: bytes, size: int, cuts: int) -> None:
    step = max(1, len(data) // cuts)
    members = [data[i : i + step] for i in range(0, max(1, len(data)), step)]
    packed = b"".join(map(COMPRESS[ending], members))
    assert _in_pieces(ending, packed, size) == data


@pytest.mark.parametrize("ending", ENDINGS)
def test_truncation_inside_a_member_is_detected(ending: str, tmp_path: Path) -> None:
    members = [COMPRESS[ending](m) for m in MEMBERS]
    ends = {sum(map(len, members[:n])): b"".join(MEMBERS[:n]) for n in (1, 2, 3)}
    packed = b"".join(members)
    path = tmp_path / f"d{ending}"
    for cut in range(1, len(packed) + 1):
        path.write_bytes(packed[:cut])
        if cut in ends:
            assert _read(str(path)) == ends[cut]
            continue
        with pytest.raises(CutInputError, match=f"truncated: .* after byte {cut};"):
            _read(str(path))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_damaged_byte_is_detected_before_its_output(ending: str) -> None:
    packed = COMPRESS[ending](WHOLE)
    for place in range(len(packed)):
        damaged = bytearray(packed)
        damaged[place] ^= 0xFF
        try:
            read = _in_pieces(ending, bytes(damaged), 1 << 18)
        except CutInputError as error:
            assert "f: " in str(error)
        else:
            assert read == WHOLE


def test_damage_is_reported_with_file_and_offset(tmp_path: Path) -> None:
    path = tmp_path / "d.gz"
    packed = bytearray(gzipped(WHOLE))
    packed[30] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(
        CutInputError, match=r"d\.gz: damaged gzip data before byte .*; download it again$"
    ):
        _read(str(path))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("size", [1, 3, 1 << 18])
def test_zero_bytes_between_and_after_members_are_padding(ending: str, size: int) -> None:
    first, second = COMPRESS[ending](b"one"), COMPRESS[ending](b"two")
    assert _in_pieces(ending, first + bytes(8) + second + bytes(600), size) == b"onetwo"


def test_zstandard_may_begin_with_a_skippable_frame(tmp_path: Path) -> None:
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"abcd"
    path = tmp_path / "d.zst"
    path.write_bytes(skippable + _zstd(b"text") + skippable)
    assert _read(str(path)) == b"text"


def test_a_wrong_extension_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "d.xml.gz"
    path.write_bytes(bz2.compress(b"<mediawiki/>"))
    with pytest.raises(InputError, match=r"has the extension \.gz, but contains bzip2 data"):
        Stream(str(path))
    path.write_bytes(b"<mediawiki/>")
    with pytest.raises(InputError, match=r"has the extension \.gz, but is not gzip"):
        Stream(str(path))
    plain = tmp_path / "d.xml"
    plain.write_bytes(gzipped(b"<mediawiki/>"))
    with pytest.raises(InputError, match=r"has the extension \.xml, but contains gzip data"):
        Stream(str(plain))


def test_an_unknown_extension_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(lzma.compress(b"text"))
    assert _read(str(path)) == b"text"
    path.write_bytes(b"text")
    assert _read(str(path)) == b"text"


def test_7z_is_refused_with_a_command_to_use(tmp_path: Path) -> None:
    path = tmp_path / "d.7z"
    path.write_bytes(b"7z\xbc\xaf\x27\x1c rest")
    with pytest.raises(InputError, match="7z x -so"):
        Stream(str(path))


def test_a_missing_or_unreadable_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "empty.bz2").touch()
    with pytest.raises(InputError, match=r"empty\.bz2: empty file"):
        Stream(str(tmp_path / "empty.bz2"))
    with pytest.raises(InputError, match="no such file"):
        Stream(str(tmp_path / "none.bz2"))
    with pytest.raises(InputError, match="is a folder"):
        Stream(str(tmp_path))
    with pytest.raises(InputError, match="cannot be read"):
        Stream("x" * 300)
    with pytest.raises(InputError, match="no such file"):
        describe_dump(str(tmp_path / "none.bz2"))


def test_a_named_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.bz2"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(bz2.compress(WHOLE)))
    writer.start()
    assert _read(str(pipe)) == WHOLE
    writer.join()
    assert describe_dump(str(pipe)) == Input("-", None, None)


@pytest.mark.parametrize("ending", ["", *ENDINGS])
def test_standard_input_is_read_whatever_its_format(
    ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = COMPRESS[ending](WHOLE) if ending else WHOLE
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert _read(STDIN) == WHOLE
    assert describe_dump(STDIN) == Input("-", None, None)


@pytest.mark.parametrize("closed", [None, io.StringIO(), io.TextIOWrapper(io.BytesIO())])
def test_closed_standard_input_is_reported(
    monkeypatch: pytest.MonkeyPatch, closed: io.TextIOBase | None
) -> None:
    if isinstance(closed, io.TextIOWrapper):
        closed.close()
    monkeypatch.setattr(sys, "stdin", closed)
    with pytest.raises(InputError, match="standard input: closed; pipe a dump into it"):
        Stream(STDIN)


def test_a_file_is_read_while_standard_input_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.gz"
    path.write_bytes(gzipped(WHOLE))
    monkeypatch.setattr(sys, "stdin", None)
    assert _read(str(path)) == WHOLE


def test_position_and_size_count_the_file_s_bytes(tmp_path: Path) -> None:
    path = tmp_path / "d.gz"
    path.write_bytes(gzipped(os.urandom(600_000)))
    stream = Stream(str(path))
    positions = [stream.position for _ in stream]
    stream.close()
    assert positions == sorted(positions)
    assert stream.position == stream.size == path.stat().st_size


class _FailingFile(io.RawIOBase):
    """Stands for a disk that fails after its first bytes."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        if self.reads == 1:
            return b"<mediawiki>"
        raise OSError(5, "Input/output error")


def test_a_read_error_is_reported_with_its_offset(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    path.write_bytes(b"<mediawiki>")
    stream = Stream(str(path))
    stream.close()
    stream._file = _FailingFile()  # type: ignore[assignment]
    stream._head = stream._read()
    with pytest.raises(CutInputError, match=r"read error after byte 11 .Input/output error"):
        list(stream)
