"""An index from titles to numbers: sorted 64-bit hashes in a memory map.

Opens at once whatever its size, is shared by all processes of a machine through the page
cache, and answers in batches. That any two of 18 million titles share a hash has a probability
of 10⁻⁵; nothing looks for it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from cstool.parts.files import whole_file
from cstool.running.errors import InputError

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Values = np.ndarray[Any, np.dtype[np.uint64]]


def hash_titles(titles: Sequence[str]) -> Hashes:
    """Return each title's xxh3 (of its UTF-8)."""
    digest = xxhash.xxh3_64_intdigest
    return np.fromiter((digest(title.encode()) for title in titles), np.uint64, len(titles))


class TitleIndex:
    """Sorted hashes and a number for each; 0 stands for "not there"."""

    def __init__(self, hashes: Hashes, values: np.ndarray[Any, Any]) -> None:
        self._hashes = hashes
        self._values = values

    def __len__(self) -> int:
        return len(self._hashes)

    @staticmethod
    def build(hashes: Hashes, values: np.ndarray[Any, Any]) -> "TitleIndex":
        """Return an index of these pairs; of equal hashes the first pair counts."""
        unique, first = np.unique(hashes, return_index=True)
        return TitleIndex(unique, values[first])

    @staticmethod
    def open(folder: Path, name: str) -> "TitleIndex":
        """Open an index that `save` wrote; nothing is read yet."""
        try:
            hashes, values = (
                np.load(folder / file, mmap_mode="r") for file in TitleIndex.files(name)
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"{folder / name}: the index cannot be read ({error}); make the folder again "
                "with --overwrite"
            ) from error
        return TitleIndex(hashes, values)

    @staticmethod
    def files(name: str) -> tuple[str, str]:
        """Return the names of the two files of an index."""
        return f"{name}.hash.npy", f"{name}.value.npy"

    def save(self, folder: Path, name: str) -> None:
        """Write the index's two files."""
        for file, array in zip(self.files(name), (self._hashes, self._values), strict=True):
            with whole_file(folder / file) as temporary, temporary.open("wb") as handle:
                np.save(handle, array)

    def look_up(self, hashes: Hashes) -> np.ndarray[Any, Any]:
        """Return the value of each hash, 0 where it is not there.

        Asked in sorted order, so that neighbouring answers lie on the same pages of memory.
        """
        if not len(self._hashes):
            return np.zeros(len(hashes), self._values.dtype)
        unique, inverse = np.unique(hashes, return_inverse=True)
        places = np.searchsorted(self._hashes, unique)
        places[places == len(self._hashes)] = 0
        found = np.where(self._hashes[places] == unique, self._values[places], 0)
        answer: np.ndarray[Any, Any] = found.astype(self._values.dtype)[inverse]
        return answer
