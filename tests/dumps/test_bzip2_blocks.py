"""Blocks of bz2 files, decoded on their own."""

import bz2
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps.bzip2_blocks import BlockReader, StreamSoFar, find_blocks
from cstool.errors import CutInputError
from tests.dumps.bzip2_files import block_bits, one_stream, packed, stream_of, with_magic

RANDOM = random.Random(1)
CHUNKS = [RANDOM.randbytes(RANDOM.randrange(1, 300)) for _ in range(8)]


def starts_of(path: Path) -> list[int]:
    with path.open("rb") as file:
        return [*find_blocks(file), 8 * path.stat().st_size]


def read(path: Path, starts: list[int], checksum: int | None = 0) -> list[tuple[int, bytes | str]]:
    with path.open("rb") as file:
        reader = BlockReader("d.bz2", file, path.stat().st_size)
        found = reader.read(tuple(starts), StreamSoFar(starts[0], checksum))
        return [(at, str(data) if isinstance(data, CutInputError) else data) for at, data in found]


def kept(found: list[tuple[int, bytes | str]]) -> list[bytes]:
    return [data for _, data in found if isinstance(data, bytes)]


def messages(found: list[tuple[int, bytes | str]]) -> list[str]:
    return [data for _, data in found if isinstance(data, str)]


@given(st.lists(st.lists(st.binary(min_size=1, max_size=50), max_size=4), min_size=1, max_size=4))
@settings(deadline=None, max_examples=40)
def test_blocks_are_found_and_decoded_at_any_bit_offset(
    tmp_path_factory: pytest.TempPathFactory, streams: list[list[bytes]]
) -> None:
    streams[0].insert(0, b"first")
    path = tmp_path_factory.mktemp("d") / "d.bz2"
    padding = [bytes(len(chunks)) for chunks in streams]
    path.write_bytes(b"".join(one_stream(s) + p for s, p in zip(streams, padding, strict=True)))
    found = read(path, starts_of(path))
    assert [data for _, data in found] == [chunk for chunks in streams for chunk in chunks]
    assert [at for at, _ in found] == starts_of(path)[:-1]


@pytest.mark.parametrize("size", [7, 8, 30, 101])
def test_blocks_are_found_across_the_pieces_of_a_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = tmp_path / "d.bz2"
    path.write_bytes(one_stream(CHUNKS))
    whole = starts_of(path)
    assert len(whole) == len(CHUNKS) + 1
    monkeypatch.setattr("cstool.dumps.bzip2_blocks._SEARCHED", size)
    assert starts_of(path) == whole


def test_large_blocks_are_those_of_the_standard_library(tmp_path: Path) -> None:
    data = bytes(3_000_000) + RANDOM.randbytes(2_000_000)
    path = tmp_path / "d.bz2"
    path.write_bytes(bz2.compress(data))
    assert b"".join(kept(read(path, starts_of(path)))) == data


def test_magic_numbers_within_blocks_are_passed_over(tmp_path: Path) -> None:
    text, bits = with_magic(b"some text", 2)
    blocks = [*map(block_bits, CHUNKS[:2]), bits, bits, *map(block_bits, CHUNKS[2:4]), bits]
    texts = [*CHUNKS[:2], text, text, *CHUNKS[2:4], text]
    path = tmp_path / "d.bz2"
    path.write_bytes(stream_of(blocks))
    assert bz2.decompress(path.read_bytes()) == b"".join(texts)
    starts = starts_of(path)
    assert len(starts) == len(texts) + 6 + 1
    assert kept(read(path, starts)) == texts
    # Each range begins with its first block, whichever candidates it is cut at.
    ranges = [
        [data for at, data in read(path, [first, stop], None) if at < stop]
        for first, stop in pairwise(starts)
    ]
    assert [data for found in ranges for data in found] == texts
    assert max(map(len, ranges)) == 1


def test_damage_loses_its_block_only(tmp_path: Path) -> None:
    path = tmp_path / "d.bz2"
    data = one_stream(CHUNKS)
    path.write_bytes(data)
    starts = starts_of(path)
    for byte in (*range(10, len(data) - 10, 11), *range(len(data) - 10, len(data) - 1)):
        path.write_bytes(data[:byte] + bytes([data[byte] ^ 1 << byte % 8]) + data[byte + 1 :])
        lost = {i for i, (a, b) in enumerate(pairwise(starts)) if a - 7 <= 8 * byte < b}
        found = read(path, starts_of(path))
        left = [i for i, chunk in enumerate(CHUNKS) if chunk in kept(found)]
        assert set(range(len(CHUNKS))) - lost <= set(left)
        assert kept(found) == [CHUNKS[i] for i in left]
        assert len(messages(found)) <= 1
        assert messages(found)


def test_neighbouring_damaged_blocks_have_one_message(tmp_path: Path) -> None:
    path = tmp_path / "d.bz2"
    data = bytearray(one_stream(CHUNKS))
    path.write_bytes(data)
    starts = starts_of(path)
    for block in (3, 4):
        data[starts[block] // 8 + 20] ^= 255
    path.write_bytes(data)
    message = (
        f"d.bz2: damaged bzip2 data from byte {starts[3] // 8:,} to byte "
        f"{-(-starts[5] // 8):,}; download it again"
    )
    assert messages(read(path, starts)) == [message]
    # A range ends its message where the next one begins its own.
    first = [at for at, data in read(path, starts[:5]) if isinstance(data, str)]
    assert first == [starts[3], starts[4]]


def test_truncation_loses_the_cut_block_only(tmp_path: Path) -> None:
    path = tmp_path / "d.bz2"
    data = one_stream(CHUNKS)
    path.write_bytes(data)
    starts = starts_of(path)
    for size in (*range(starts[5] // 8, starts[5] // 8 + 14), *range(len(data) - 13, len(data))):
        path.write_bytes(data[:size])
        found = read(path, [starts[0], 8 * size])
        # A block is whole if all its bits are there.
        whole = [
            chunk for chunk, end in zip(CHUNKS[:-1], starts[1:], strict=False) if end <= 8 * size
        ]
        assert kept(found)[: len(whole)] == whole
        assert len(kept(found)) <= len(whole) + 1
        assert len(messages(found)) == 1
        assert f"truncated: the bzip2 data ends early, after byte {size:,}" in messages(found)[0]


@pytest.mark.parametrize("behind", [b"x", b"BZh", b"BZh9", b"BZh9 and so on", b"\0" * 9 + b"text"])
def test_bytes_behind_the_last_stream_are_reported(tmp_path: Path, behind: bytes) -> None:
    path = tmp_path / "d.bz2"
    path.write_bytes(one_stream(CHUNKS) + behind)
    found = read(path, starts_of(path))
    assert kept(found) == CHUNKS
    assert len(messages(found)) == 1


def test_a_stream_without_its_end_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "d.bz2"
    path.write_bytes(b"BZh9" + packed("".join(map(block_bits, CHUNKS))))
    found = read(path, starts_of(path))
    assert kept(found) == CHUNKS
    assert "truncated" in messages(found)[0]
