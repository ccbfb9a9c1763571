"""bz2 by a decoder a fifth faster than the standard library's, as long as the data is sound.

indexed_bzip2 checks the checksums, but it does not say what is wrong and passes over what stands
behind the last stream. So where it stumbles, or has not read all, the careful way goes on from
there (see `streams`): faults are told in the same words, and the same bytes are saved.
"""

from collections.abc import Callable, Iterator
from typing import IO

from indexed_bzip2 import IndexedBzip2File

_PIECE = 1 << 18
_FAULTS = (ValueError, RuntimeError, OSError, EOFError)


def quickly(
    source: str | IO[bytes],
    size: int,
    carefully: Callable[[], Iterator[bytes]],
    at: Callable[[int], None] = lambda position: None,
) -> Iterator[bytes]:
    """Yield what the bz2 streams in a file of `size` bytes hold.

    `carefully` decompresses the same from the beginning, and raises for faults; `at` is told how
    many bytes of the file have been read.
    """
    done = 0
    sound = False
    try:
        with IndexedBzip2File(source, parallelization=1) as file:
            while piece := file.read(_PIECE):
                at(file.tell_compressed() // 8)
                done += len(piece)
                yield piece
            sound = file.tell_compressed() == 8 * size
    except _FAULTS:
        sound = False
    if not sound:
        yield from _behind(carefully(), done)


def _behind(pieces: Iterator[bytes], passed: int) -> Iterator[bytes]:
    """Yield what comes behind the first bytes."""
    for piece in pieces:
        if passed < len(piece):
            yield piece[passed:]
        passed = max(0, passed - len(piece))
