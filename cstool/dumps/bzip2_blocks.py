"""Decode ranges of bz2 blocks, each block on its own.

A block begins with a magic number of 48 bits, at any bit offset, and its checksum. A block that is
moved to a byte offset, between a header and an end that repeats its checksum, is a bz2 stream. The
magic number may also occur within a block by chance, so a candidate counts only if a block with the
right checksum begins there.
"""

import bz2
import os
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from typing import IO, NamedTuple

from indexed_bzip2 import IndexedBzip2File

from cstool.errors import CutInputError

_BLOCK = 0x314159265359
_END = 0x177245385090
_MAGIC_BITS = 48
# Bytes that contain a magic number, wherever it begins in the first of them.
_WIDTH = 7
# A magic number and a checksum: the head of a block, and the end of a stream.
_HEAD_BITS = 80
_CHECKSUM = (1 << 32) - 1
_HEADER = b"BZh9"
_STREAM_HEADER = re.compile(rb"BZh[1-9]")
# Bytes. Pieces that fit into the CPU's cache are searched faster.
_SEARCHED = 1 << 18
# Bytes. A block has at most 900,000 symbols of at most 20 bits, and less than 50 kB of tables.
_LARGEST_BLOCK = 2_300_000
_PIECE = 4096
_FAULTS = (ValueError, RuntimeError, OSError, EOFError)


class _FaultyBlockError(Exception):
    """A block is damaged, or the file ends within it."""

    def __init__(self, *, truncated: bool = False) -> None:
        super().__init__()
        self.truncated = truncated


class WrongChecksumError(CutInputError):
    """The checksum of a stream is wrong, but those of its blocks are right: nothing is lost."""


class StreamSoFar(NamedTuple):
    """A bz2 stream up to some block: the bit offset of its first block, the checksum of its blocks.

    The checksum is None if some of the blocks are damaged.
    """

    start: int
    checksum: int | None = 0

    def with_block(self, checksum: int) -> "StreamSoFar":
        """Return the stream with one block more."""
        if self.checksum is None:
            return self
        rotated = self.checksum << 1 & _CHECKSUM | self.checksum >> 31
        return StreamSoFar(self.start, rotated ^ checksum)


def begins_stream(file: IO[bytes], offset: int) -> bool:
    """Return whether a candidate follows the header of a stream."""
    header = os.pread(file.fileno(), len(_HEADER), max(0, offset // 8 - len(_HEADER)))
    return offset % 8 == 0 and _STREAM_HEADER.fullmatch(header) is not None


def checksum_of(file: IO[bytes], offset: int) -> int:
    """Return the checksum of the block at a bit offset, as the file has it."""
    head = os.pread(file.fileno(), _HEAD_BITS // 8 + 1, offset // 8)
    bits = int.from_bytes(head.ljust(_HEAD_BITS // 8 + 1, b"\0"), "big")
    return bits >> 8 - offset % 8 & _CHECKSUM


def find_blocks(file: IO[bytes], start: int = 0) -> Iterator[int]:
    """Yield the bit offsets, from byte `start` on, at which blocks may begin, in order."""
    kept = b""
    while piece := os.pread(file.fileno(), _SEARCHED, start + len(kept)):
        data = kept + piece
        yield from (8 * start + offset for offset in _offsets(data, _BLOCK))
        kept = data[1 - _WIDTH :]
        start += len(data) - len(kept)


def _offsets(data: bytes, magic: int) -> list[int]:
    """Return the bit offsets of a magic number in the bytes, in order."""
    found = []
    for shift in range(8):
        # The bytes that the magic number fills, between two that it shares.
        needle = (magic << 8 - shift).to_bytes(_WIDTH, "big")[1:-1]
        at = data.find(needle, 1)
        while 0 < at <= len(data) - _WIDTH + 1:
            bits = int.from_bytes(data[at - 1 : at - 1 + _WIDTH], "big")
            if _low(bits >> 8 - shift, _MAGIC_BITS) == magic:
                found.append(8 * (at - 1) + shift)
            at = data.find(needle, at + 1)
    return sorted(found)


def _low(number: int, bits: int) -> int:
    return number & (1 << bits) - 1


class _Candidates:
    """The bit offsets at which blocks may begin, in order."""

    def __init__(self, offsets: Iterator[int]) -> None:
        self._offsets = offsets
        self._next = next(offsets, None)

    def after(self, offset: int) -> int | None:
        """Return the first one behind `offset`, which is never less than in earlier calls."""
        while self._next is not None and self._next <= offset:
            self._next = next(self._offsets, None)
        return self._next


class BlockReader:
    """Reads the blocks of an open bz2 file. `name`: in messages; `size`: of the file, in bytes."""

    def __init__(self, name: str, file: IO[bytes], size: int) -> None:
        self._name = name
        self._file = file
        self._size = size

    def read(
        self, starts: tuple[int, ...], stream: StreamSoFar
    ) -> Iterator[tuple[int, bytes | CutInputError]]:
        """Yield the bit offset and the decoded bytes of each block, to the end of the file.

        `starts`: bit offsets of the candidates in a range, then the end of the range; `stream`: the
        one in which the range begins. A block that begins before the range is skipped. The checksum
        of a block is verified before the block is yielded; for each stretch of damaged blocks, an
        error is yielded, with its bit offset, and so is one for each stream with a wrong checksum.
        """
        try:
            yield from self._read(starts, stream)
        except OSError as error:
            fault = f"{self._name}: read error ({error.strerror or error}); check the disk"
            yield starts[0], CutInputError(fault)

    def _read(
        self, starts: tuple[int, ...], stream: StreamSoFar
    ) -> Iterator[tuple[int, bytes | CutInputError]]:
        stop = starts[-1]
        candidates = _Candidates(chain(starts[:-1], find_blocks(self._file, stop // 8)))
        at: int | None = starts[0]
        lost: int | None = None  # where a damaged stretch begins
        truncated = False
        while at is not None:
            if lost is not None and lost < stop <= at:
                yield lost, self._fault(lost, at)
                lost = None
            try:
                data, end = self._block(at, candidates.after(at))
                if lost is not None:
                    yield lost, self._fault(lost, at)
                    lost = None
                yield at, data
                del data
                stream = stream.with_block(checksum_of(self._file, at))
            except _FaultyBlockError as fault:
                around = self._end_around(at) if at == starts[0] else None
                if around is None:
                    lost, truncated = at if lost is None else lost, fault.truncated
                    stream = StreamSoFar(stream.start, None)
                    at = candidates.after(at)
                    continue
                end = around
            try:
                at = self._after(end)
                if at != end:
                    if not self._has_checksum(stream, end):
                        yield end, self._wrong_checksum(end)
                    stream = StreamSoFar(at or 0)
            except _FaultyBlockError as fault:
                lost, truncated = end, fault.truncated
                stream = StreamSoFar(stream.start, None)
                at = candidates.after(end)
        if lost is not None:
            yield lost, self._fault(lost, 8 * self._size, truncated=truncated)

    def _fault(self, start: int, stop: int, *, truncated: bool = False) -> CutInputError:
        if truncated:
            what = f"truncated: the bzip2 data ends early, after byte {self._size:,}"
        else:
            what = f"damaged bzip2 data from byte {start // 8:,} to byte {-(-stop // 8):,}"
        return CutInputError(f"{self._name}: {what}; download it again")

    def _wrong_checksum(self, end: int) -> WrongChecksumError:
        return WrongChecksumError(
            f"{self._name}: damaged bzip2 data: wrong checksum of the stream that ends at byte "
            f"{-(-(end + _HEAD_BITS) // 8):,}; download it again"
        )

    def _has_checksum(self, stream: StreamSoFar, end: int) -> bool:
        """Return whether the end of a stream at this bit offset has the checksum of its blocks.

        Also if some are damaged, because then their faults are known.
        """
        wanted = checksum_of(self._file, end)
        if stream.checksum is None or stream.checksum == wanted:
            return True
        # A candidate before the range may be none of the blocks.
        whole = StreamSoFar(stream.start)
        unknown = StreamSoFar(stream.start, None)
        for at, data in self._read((stream.start, stream.start + 1), unknown):
            if at >= end:
                break
            if isinstance(data, CutInputError):
                return True
            whole = whole.with_block(checksum_of(self._file, at))
        return whole.checksum == wanted

    def _bytes(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to `stop`, fewer at the end of the file."""
        return os.pread(self._file.fileno(), stop - start, start)

    def _bits(self, start: int, stop: int) -> int:
        """Return these bits of the file as a number. Raises _FaultyBlockError if it has fewer."""
        first, last = start // 8, -(-stop // 8)
        data = self._bytes(first, last)
        if len(data) < last - first:
            raise _FaultyBlockError(truncated=True)
        return _low(int.from_bytes(data, "big") >> 8 * last - stop, stop - start)

    def _block(self, start: int, following: int | None) -> tuple[bytes, int]:
        """Return a block's decoded bytes and the bit offset of its end.

        `following`: the next candidate, None at the end of the file.
        """
        end = self._expected_end(start, following)
        decoded = None if end is None else self._decoded(start, end)
        if end is not None and decoded is not None:
            return decoded, end
        return self._searched(start, cut=end is None)

    def _expected_end(self, start: int, following: int | None) -> int | None:
        """Return where a block ends unless there is damage or a candidate within it."""
        limit = self._size if following is None else following // 8
        if following is not None:
            header = self._bytes(limit - len(_HEADER), limit)
            if following % 8 or not _STREAM_HEADER.fullmatch(header):
                return following
        first = max(start // 8, limit - _PIECE)
        ends = _offsets(self._bytes(first, limit), _END)
        return 8 * first + ends[-1] if ends else None

    def _decoded(self, start: int, end: int) -> bytes | None:
        """Return the decoded bytes of the block at these bit offsets; None if it is damaged."""
        length = end - start
        if not _HEAD_BITS < length <= 8 * _LARGEST_BLOCK:
            return None
        bits = self._bits(start, end)
        checksum = _low(bits >> length - _HEAD_BITS, 32)
        padding = -length % 8
        whole = (bits << _HEAD_BITS | _END << 32 | checksum) << padding
        stream = _HEADER + whole.to_bytes((length + _HEAD_BITS + padding) // 8, "big")
        try:
            with BytesIO(stream) as source, IndexedBzip2File(source, parallelization=1) as file:
                data: bytes = file.read()
                return data if file.tell_compressed() == 8 * len(stream) else None
        except _FAULTS:
            return None

    def _searched(self, start: int, *, cut: bool = False) -> tuple[bytes, int]:
        """Return as `_block` does, with the end where the decoder finds it.

        `cut`: whether the stream has no end.
        """
        if self._bits(start, start + _MAGIC_BITS) != _BLOCK:
            raise _FaultyBlockError
        stop = min(8 * self._size, start + 8 * _LARGEST_BLOCK)
        padding = (start - stop) % 8
        data = (self._bits(start, stop) << padding).to_bytes((stop - start + padding) // 8, "big")
        piece = _first_event(data, 0, _PIECE)
        byte = _first_event(data, piece, 1)
        # The last bit of the block is one of this byte's.
        ends = start + 8 * byte + 1, min(start + 8 * byte + 8, stop)
        for end in range(ends[0], ends[1] + 1):
            decoded = self._decoded(start, end)
            if decoded is not None:
                return decoded, end
        raise _FaultyBlockError(truncated=cut and stop == 8 * self._size and ends[1] == stop)

    def _after(self, end: int) -> int | None:
        """Return the bit offset of the block behind one that ends at `end`; None if there is none.

        Passes over ends of streams, zero bytes between streams, and empty streams.
        """
        while (magic := self._bits(end, end + _MAGIC_BITS)) == _END:
            byte = -(-(end + _HEAD_BITS) // 8)
            if byte > self._size:
                raise _FaultyBlockError(truncated=True)
            while (zeros := self._bytes(byte, byte + _PIECE)) and not zeros.strip(b"\0"):
                byte += len(zeros)
            byte += len(zeros) - len(zeros.lstrip(b"\0"))
            if byte == self._size:
                return None
            if not _STREAM_HEADER.fullmatch(self._bytes(byte, byte + len(_HEADER))):
                raise _FaultyBlockError
            end = 8 * (byte + len(_HEADER))
        if magic != _BLOCK:
            raise _FaultyBlockError
        return end

    def _end_around(self, candidate: int) -> int | None:
        """Return the end of the block that contains a candidate in its middle, None if none."""
        earliest = max(0, candidate // 8 - _LARGEST_BLOCK)
        before: list[int] = []
        for offset in find_blocks(self._file, earliest):
            if offset >= candidate:
                break
            before.append(offset)
        for start in reversed(before):
            try:
                end = self._searched(start)[1]
            except _FaultyBlockError:
                continue
            return end if end > candidate else None
        return None


def _first_event(data: bytes, start: int, step: int) -> int:
    """Return the offset of the piece with which a block is complete, or proves to be damaged.

    Pieces of `step` bytes are counted from `start`. Returns the number of bytes if there is none.
    """
    decompressor = bz2.BZ2Decompressor()
    decompressor.decompress(_HEADER + data[:start], 1)
    for at in range(start, len(data), step):
        try:
            if decompressor.decompress(data[at : at + step], 1):
                return at
        except OSError:
            return at
    return len(data)
