"""Makes bz2 files of small blocks, and blocks that contain a block's magic number."""

import bz2
from collections.abc import Iterator, Sequence

BLOCK = 0x314159265359
END = 0x177245385090
# Sorts before all other characters, so that what precedes it in the text is coded first.
_MARK = b"\t"


def one_stream(chunks: Sequence[bytes]) -> bytes:
    """Return a bz2 stream with one block for each chunk, which is not empty."""
    return stream_of([block_bits(chunk) for chunk in chunks])


def stream_of(blocks: Sequence[str]) -> bytes:
    """Return a bz2 stream of blocks, which are strings of binary digits."""
    checksum = 0
    for block in blocks:
        rotated = checksum << 1 & 0xFFFFFFFF | checksum >> 31
        checksum = rotated ^ int(block[48:80], 2)
    return b"BZh9" + packed("".join(blocks) + f"{END:048b}{checksum:032b}")


def packed(bits: str) -> bytes:
    """Return binary digits as bytes, padded with zeros."""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def block_bits(chunk: bytes) -> str:
    """Return the only block of a compressed chunk."""
    data = bz2.compress(chunk)[4:]
    bits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"
    return bits[: bits.rindex(f"{END:048b}")]


def with_magic(text: bytes, number: int) -> tuple[bytes, str]:
    """Return a text and its block, in which the magic number of a block occurs `number` times.

    The text is given back with a few characters more.
    """
    every = bytes(set(range(32, 127)) - set(b"<&")) + b"\n"
    used = sorted({*text, *every, *_MARK})
    order = list(used)
    marks = []
    for i, symbol in enumerate(BLOCK.to_bytes(6, "big") * number):
        character = order.pop(symbol - 1)
        order.insert(0, character)
        marks.append(bytes([character]) + _MARK + bytes([ord("a") + i]))
    text += every + b"".join(marks)
    return text, _encoded(text, used)


def _encoded(text: bytes, used: Sequence[int]) -> str:
    """Return a block in which each symbol has a code of 8 bits."""
    twice = text + text
    rows = sorted(range(len(text)), key=lambda i: twice[i : i + len(text)])
    symbols = [*_symbols(bytes(twice[i - 1 + len(text)] for i in rows), used)]
    symbols.append(len(used) + 1)
    selectors = -(-len(symbols) // 50)
    halves = [[c for c in used if c >> 4 == high] for high in range(16)]
    maps = "".join(_map([c & 15 for c in half]) for half in halves if half)
    table = f"{8:05b}" + "0" * (len(used) + 2)
    return (
        f"{BLOCK:048b}{_checksum(text):032b}0{rows.index(0):024b}"
        f"{_map([i for i, half in enumerate(halves) if half])}{maps}"
        f"{2:03b}{selectors:015b}{'0' * selectors}{table}{table}"
        + "".join(f"{symbol:08b}" for symbol in symbols)
    )


def _map(numbers: Sequence[int]) -> str:
    return "".join("01"[i in numbers] for i in range(16))


def _symbols(last: bytes, used: Sequence[int]) -> Iterator[int]:
    """Yield the symbols of the last column: places in the list of recent characters, and runs."""
    order = list(used)
    run = 0
    for character in last:
        index = order.index(character)
        if index == 0:
            run += 1
            continue
        yield from _run(run)
        run = 0
        order.insert(0, order.pop(index))
        yield index + 1
    yield from _run(run)


def _run(length: int) -> Iterator[int]:
    while length > 0:
        yield 1 - length % 2
        length = (length - 1) // 2


def _checksum(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value ^ 0xFFFFFFFF
