"""The fast bz2 decoder, compared with the standard library's."""

import bz2
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cstool.dumps.bzip2 import decompress_fast
from cstool.dumps.streams import BZIP2, Stream, decompressed
from cstool.errors import CutInputError

TEXT = b"Rome is in Italy. " * 400
ONE = bz2.compress(TEXT)


def carefully(data: bytes) -> Iterator[bytes]:
    return decompressed(iter([data]), BZIP2, "x", lambda: 0)


def outcome(pieces: Iterator[bytes]) -> tuple[bytes, str]:
    """Return all bytes, and the fault that ended them."""
    got = b""
    try:
        for piece in pieces:
            got += piece
    except CutInputError as fault:
        return got, str(fault)
    return got, ""


def test_streams_are_read_one_after_another() -> None:
    data = ONE + bz2.compress(b"end")
    told: list[int] = []
    pieces = decompress_fast(BytesIO(data), len(data), lambda: carefully(b""), told.append)
    assert b"".join(pieces) == TEXT + b"end"
    assert told[-1] == len(data)


@given(
    st.lists(st.sampled_from([ONE, bz2.compress(b""), b"\0\0\0", b"rest", ONE[:-9]]), max_size=4),
    st.integers(0, 2000),
    st.integers(1, 255),
)
@example([ONE], 126, 128)  # 18 MB of noise come from this block before its checksum is looked at
def test_damaged_data_gives_the_same_as_the_checked_decompressor(
    parts: list[bytes], place: int, change: int
) -> None:
    data = bytearray(b"".join([ONE, *parts]))
    if place < len(data):
        data[place] ^= change
    damaged = bytes(data)
    quick = decompress_fast(BytesIO(damaged), len(damaged), lambda: carefully(damaged))
    assert outcome(quick) == outcome(carefully(damaged))


@pytest.mark.parametrize("cut", [1, 20])
def test_truncation_is_reported_after_the_data_before_it(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.bz2"
    path.write_bytes((ONE + bz2.compress(b"end" * 9))[:-cut])
    got, fault = outcome(iter(Stream(str(path))))
    assert got.startswith(TEXT)
    assert "truncated: the bzip2 data ends early" in fault


@pytest.mark.parametrize("rest", [b"\0" * 9, b"rest", b"BZh91AY&SY", ONE[:40], b"x" * 20])
def test_trailing_data_prints_no_warning(rest: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    for sound in (ONE, ONE + bz2.compress(b"")):
        data = sound + rest
        outcome(decompress_fast(BytesIO(data), len(data), lambda data=data: carefully(data)))  # type: ignore[misc]
    assert capfd.readouterr() == ("", "")
