"""Decompress bz2 two to three times as fast as libbz2, as long as the data is intact.

Several blocks are decoded at a time (_bzip2_blocks.c), and each is verified before its bytes are
used. Where data is damaged or unusual, the checked decompressor (see `streams`) takes over, so both
yield the same bytes of intact data, and the same messages. Before a message, this one may yield
more blocks: libbz2 drops what it has decoded since its last piece.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import IO

try:
    from cstool.dumps._bzip2_blocks import decode
except ImportError:  # installed without a C compiler: libbz2 decodes everything

    def decode(
        data: bytes, position: int, level: int, checksum: int, memory: memoryview
    ) -> tuple[list[tuple[int, int, bytes]], int, int, int]:
        """Decode nothing."""
        del data, memory
        return [], position, level, checksum


# Bytes. A block has at most 900,000 symbols of at most 20 bits, and less than 50 kB of tables.
LARGEST_BLOCK = 2_300_000
# The number of blocks that are decoded at a time, and the bytes that each takes, as does one more.
_MOST_BLOCKS = 12
_BLOCK_MEMORY = 4_500_000
# Bytes of the file that are read at a time.
_WINDOW = 4 << 20
# Bytes of the pieces of larger blocks.
_PIECE = 2 << 20

# The bit offsets at which a block begins and ends, and its decoded bytes.
Block = tuple[int, int, bytes]


class BlockDecoder:
    """Decodes bz2 blocks of a file up to byte offset `stop` (None: its end), several at a time.

    `position`: the bit offset behind the last block, or where the next stream begins.
    """

    def __init__(self, file: IO[bytes], stop: int | None = None) -> None:
        self._file = file
        self._stop = stop
        self.move(0)

    def move(self, position: int, *, level: int = 0) -> None:
        """Continue at a bit offset: where a stream begins, or a block of a stream of some level."""
        self.position = position
        self._found: deque[Block] = deque()
        self._data = b""
        self._first = position // 8  # byte offset of the data
        self._state = position % 8, level, -1 if level else 0

    def blocks(self, stop: int) -> Iterator[Block]:
        """Yield the blocks up to a bit offset, at which a stream ends.

        Ends early, with a lower `position`, if a block or the checksum of a stream is not right.
        """
        while True:
            if not self._found:
                self.position = 8 * self._first + self._state[0]
            elif self._found[0][0] >= stop:
                self.position = stop
            if self.position >= stop:
                return
            if self._found:
                if self._found[0][1] > stop:
                    return
                block = self._found.popleft()
                self.position = block[1]
                yield block
            elif not self._decode(_MOST_BLOCKS):
                return

    def block_at(self, position: int, following: int) -> tuple[bytes, int] | None:
        """Return the bytes of the block at a bit offset, and its end; None if it is not right.

        `following`: the number of blocks behind it that will be read after it.
        """
        if not self._is_next(position):
            self.move(position, level=9)
            self._decode(min(1 + following, _MOST_BLOCKS))
        if not self._is_next(position):
            return None
        _, end, data = self._found.popleft()
        return data, end

    def _is_next(self, position: int) -> bool:
        return bool(self._found) and self._found[0][0] == position

    def _decode(self, most: int) -> bool:
        """Decode blocks, `most` of them at a time; return whether anything was read."""
        with memoryview(_scratch())[: _BLOCK_MEMORY * (most + 1)] as memory:
            while True:
                found, *state = decode(self._data, *self._state, memory)
                if found or tuple(state) != self._state:
                    break
                if not self._read():
                    return False
        self._state = state[0], state[1], state[2]
        first = 8 * self._first
        self._found.extend((first + start, first + end, data) for start, end, data in found)
        return True

    def _read(self) -> bool:
        """Read more bytes; return False if there are none, or a whole block is there already."""
        done = self._state[0] // 8
        if len(self._data) - done > LARGEST_BLOCK:
            return False
        at = self._first + len(self._data)
        self._file.seek(at)
        size = _WINDOW if self._stop is None else min(_WINDOW, self._stop - at)
        piece = self._file.read(max(0, size))
        self._data = self._data[done:] + piece
        self._first += done
        self._state = self._state[0] % 8, *self._state[1:]
        return bool(piece)


_kept = threading.local()


def _scratch() -> mmap:
    """Return memory that a call of `decode` may use: one for each thread, which keeps it.

    New memory for each slice would take a tenth of the time of decoding it, to be cleared.
    """
    if not hasattr(_kept, "memory"):
        size = _BLOCK_MEMORY * (_MOST_BLOCKS + 1)
        # Private: a copy of this process must not write to the same memory.
        _kept.memory = mmap(-1, size, flags=MAP_PRIVATE | MAP_ANONYMOUS)
    memory: mmap = _kept.memory
    return memory


def decompress_fast(
    decoder: BlockDecoder,
    start: int,
    stop: int,
    checked: Callable[[], Iterator[bytes]],
    at: Callable[[int], None] = lambda position: None,
) -> Iterator[bytes]:
    """Yield the decompressed bytes of bz2 streams from byte offset `start` up to `stop`.

    `checked` decompresses the same streams from the beginning, and raises for faults; `at` is
    called with the byte offset up to which the file has been read.
    """
    if decoder.position != 8 * start:
        decoder.move(8 * start)
    yielded = 0
    held = b""  # the last block, until the checksum of its stream is known to be right
    for _, end, data in decoder.blocks(8 * stop):
        yield from _pieces(held)
        yielded += len(held)
        held = data
        at(end // 8)
    if decoder.position < 8 * stop:
        yield from _skip(checked(), yielded)
    else:
        yield from _pieces(held)
        at(stop)


def _pieces(data: bytes) -> Iterator[bytes]:
    for begin in range(0, len(data), _PIECE):
        yield data[begin : begin + _PIECE]


def _skip(pieces: Iterator[bytes], skipped: int) -> Iterator[bytes]:
    """Yield the pieces without the first `skipped` bytes."""
    for piece in pieces:
        if skipped < len(piece):
            yield piece[skipped:]
        skipped = max(0, skipped - len(piece))
