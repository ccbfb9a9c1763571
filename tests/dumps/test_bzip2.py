"""The fast bz2 decoder, compared with the standard library's."""

import bz2
import os
import random
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cstool.dumps import bzip2
from cstool.dumps._bzip2_blocks import decode
from cstool.dumps.bzip2 import BlockDecoder, decompress_fast
from cstool.dumps.streams import BZIP2, Stream, decompressed
from cstool.errors import CutInputError
from tests.dumps.bzip2_files import block_bits, stream_of, without_counts

TEXT = b"Rome is in Italy. " * 400
ONE = bz2.compress(TEXT)


def carefully(data: bytes) -> Iterator[bytes]:
    return decompressed(iter([data]), BZIP2, "x", lambda: 0)


def quickly(data: bytes, at: Callable[[int], None] = lambda position: None) -> Iterator[bytes]:
    return decompress_fast(BlockDecoder(BytesIO(data)), 0, len(data), lambda: carefully(data), at)


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
    offsets: list[int] = []
    assert b"".join(quickly(data, offsets.append)) == TEXT + b"end"
    assert offsets[-1] == len(data)


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
    assert outcome(quickly(damaged)) == outcome(carefully(damaged))


@pytest.mark.parametrize("cut", [1, 20])
def test_truncation_is_reported_after_the_data_before_it(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.bz2"
    path.write_bytes((ONE + bz2.compress(b"end" * 9))[:-cut])
    got, fault = outcome(iter(Stream(str(path))))
    assert got.startswith(TEXT)
    assert "truncated: the bzip2 data ends early" in fault


@pytest.mark.parametrize("rest", [b"\0" * 9, b"rest", b"BZh91AY&SY", ONE[:40], b"x" * 20])
def test_trailing_data_is_treated_as_by_the_checked_decompressor(rest: bytes) -> None:
    for sound in (ONE, ONE + bz2.compress(b"")):
        assert outcome(quickly(sound + rest)) == outcome(carefully(sound + rest))


def decoded(data: bytes) -> tuple[bytes, int]:
    """Return the bytes of the blocks that the decoder takes, and the bit offset of their end."""
    decoder = BlockDecoder(BytesIO(data))
    return b"".join(found for _, _, found in decoder.blocks(8 * len(data))), decoder.position


@given(
    st.lists(
        st.tuples(
            st.binary(max_size=300)
            | st.text(alphabet="ab\n", max_size=2000).map(str.encode)
            | st.builds(lambda b, n: b * n, st.binary(max_size=4), st.integers(0, 70_000)),
            st.integers(1, 9),
        ),
        max_size=5,
    )
)
def test_intact_streams_need_no_other_decoder(parts: list[tuple[bytes, int]]) -> None:
    data = b"".join(bz2.compress(part, level) for part, level in parts)
    assert decoded(data) == (b"".join(part for part, _ in parts), 8 * len(data))


def test_more_blocks_than_are_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    text = random.Random(3).randbytes(1_450_001)
    data = bz2.compress(text, 1) + bz2.compress(text[:99_999], 9) + bz2.compress(text, 1)
    for window in (1 << 15, 1 << 22):
        monkeypatch.setattr(bzip2, "_WINDOW", window)
        assert decoded(data) == (text + text[:99_999] + text, 8 * len(data))


def test_a_block_larger_than_its_stream_allows_is_refused() -> None:
    data = bz2.compress(random.Random(3).randbytes(150_000), 9)
    assert decoded(data)[1] == 8 * len(data)
    assert decoded(b"BZh1" + data[4:])[0] == b""


@pytest.mark.parametrize("text", [b"aaaa", b"xaaaa", b"aaaa\x01aaaa"])
def test_a_block_that_ends_before_the_count_of_a_run_is_damaged(text: bytes) -> None:
    data = stream_of([block_bits(TEXT), without_counts(text)])
    assert decoded(data)[0] == TEXT
    with pytest.raises(OSError, match="Invalid"):
        bz2.decompress(data)
    assert outcome(quickly(data))[1] == outcome(carefully(data))[1] != ""


@given(st.integers(4, len(ONE) - 1), st.integers(1, 255), st.binary(max_size=30))
def test_only_verified_blocks_are_taken(place: int, change: int, rest: bytes) -> None:
    damaged = bytearray(ONE)
    damaged[place] ^= change
    assert decoded(bytes(damaged) + rest)[0] in (b"", TEXT)


@pytest.mark.parametrize(
    ("position", "level", "size"),
    [(-1, 9, 0), (8 * len(ONE) + 8, 9, 0), (1, 0, 0), (0, 10, 0), (0, -1, 0), (0, 0, 1)],
)
def test_arguments_out_of_range_are_refused(position: int, level: int, size: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        decode(ONE, position, level, 0, memoryview(bytearray(9_000_000 - size)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_copies_of_a_process_decode_at_the_same_time(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.bz2", "b.bz2")]
    texts = [random.Random(i).randbytes(3_000_000) for i in range(2)]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(bz2.compress(text))
    assert _decoded_blocks(paths[0]) == texts[0]  # this process has decoded before it is copied
    children = []
    for path, text in zip(paths, texts, strict=True):
        child = os.fork()
        if child == 0:
            os._exit(0 if all(_decoded_blocks(path) == text for _ in range(3)) else 1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]


def _decoded_blocks(path: Path) -> bytes:
    with path.open("rb") as file:
        decoder = BlockDecoder(file)
        return b"".join(data for _, _, data in decoder.blocks(8 * path.stat().st_size))
