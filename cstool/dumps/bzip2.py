"""bz2 by a decoder a fifth faster than the standard library's, as long as the data is sound.

indexed_bzip2 checks the checksums, but it does not say what is wrong and passes over what stands
behind the last stream. So where it stumbles, or has not read all, the careful way goes on from
there (see `streams`): faults are told in the same words, and the same bytes are saved. It also
writes a warning of its own when something stands behind the last stream: such files never see it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from indexed_bzip2 import IndexedBzip2File

_PIECE = 1 << 18
# A stream ends with this, 48 bits at any place in a byte, a checksum of 32, and up to 7 bits more.
_END = 0x177245385090
_TAIL = 11
_FAULTS = (ValueError, RuntimeError, OSError, EOFError)


def quickly(
    source: str | IO[bytes],
    size: int,
    carefully: Callable[[], Iterator[bytes]],
    at: Callable[[int], None] = lambda position: None,
) -> Iterator[bytes]:
    """Yield what the bz2 streams in a file of `size` bytes hold.

    `carefully` decompresses the same from the beginning, and raises for faults; `at` is told how
    many bytes of the file have been read. One thread: more of them pass over wrong checksums.
    """
    if not _ends_with_stream(source):
        yield from carefully()
        return
    done = place = 0
    sound = False
    # Of a block whose checksum has not been looked at yet: a damaged one gives megabytes of noise.
    held: list[bytes] = []
    try:
        with IndexedBzip2File(source, parallelization=1) as file:
            while piece := file.read(_PIECE):
                here = file.tell_compressed()
                at(here // 8)
                if here != place:
                    done += sum(map(len, held))
                    yield from held
                    place, held = here, []
                held.append(piece)
            sound = file.tell_compressed() == 8 * size
    except _FAULTS:
        sound = False
    if sound:
        yield from held
    else:
        yield from _behind(carefully(), done)


def _ends_with_stream(source: str | IO[bytes]) -> bool:
    """Whether the last bytes are those of a bz2 stream."""
    if isinstance(source, str):
        with Path(source).open("rb") as file:
            return _ends_with_stream(file)
    here = source.tell()
    source.seek(-min(_TAIL, source.seek(0, os.SEEK_END)), os.SEEK_END)
    tail = int.from_bytes(source.read(), "big")
    source.seek(here)
    return any(tail >> 32 + bits & (1 << 48) - 1 == _END for bits in range(8))


def _behind(pieces: Iterator[bytes], passed: int) -> Iterator[bytes]:
    """Yield what comes behind the first bytes."""
    for piece in pieces:
        if passed < len(piece):
            yield piece[passed:]
        passed = max(0, passed - len(piece))
