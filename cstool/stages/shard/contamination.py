"""Finds sentences that contain text of a test set, by common sequences of words.

As for GPT-3 (Brown et al. 2020, appendix C) and, for whole paragraphs, Dolma (Soldaini et al.
2024): 13 consecutive words, in lower case, without punctuation. A shorter text of 8 or more words
(GPT-3's bound) is compared as a whole: a short sentence with the texts, a short text with the
sentences. In scripts without spaces between words each character counts as a word.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import nfc
from cstool.arrays.hashing import mix
from cstool.languages.words import SPACELESS, classes
from cstool.storage.checksums import append_checksum, check_checksum

LONG, SHORT = 13, 8


@dataclass(frozen=True)
class TestTexts:
    """Hashes of word sequences of test sets, by the number of words; each array is sorted.

    `runs`: sequences that a sentence must not contain: of 13 words, and whole texts of 8 to 12.
    `wholes`: sequences of 8 to 12 words that a sentence must not equal.
    """

    __test__ = False  # tells pytest that this class is not a test

    runs: dict[int, Array]
    wholes: dict[int, Array]

    @classmethod
    def of(cls, texts: Iterable[pa.StringArray]) -> "TestTexts":
        """Collect the word sequences of texts, normalized to NFC like Wikimedia's texts."""
        runs: dict[int, list[Array]] = {n: [] for n in range(SHORT, LONG + 1)}
        wholes: dict[int, list[Array]] = {n: [] for n in range(SHORT, LONG)}
        for some in texts:
            words = HashedWords.of(nfc(some))
            for size in range(SHORT, LONG + 1):
                hashes, row = words.runs(size)
                if size < LONG:
                    wholes[size].append(np.unique(hashes))
                    hashes = hashes[words.number[row] == size]
                runs[size].append(np.unique(hashes))
        return cls(_joined(runs), _joined(wholes))

    def save(self, path: Path) -> None:
        """Write the hashes to a file for the workers."""
        arrays = {f"runs-{n}": a for n, a in self.runs.items()}
        arrays |= {f"wholes-{n}": a for n, a in self.wholes.items()}
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        append_checksum(path)

    @classmethod
    def open(cls, path: Path) -> "TestTexts":
        """Read a file that `save` wrote."""
        check_checksum(path)
        hashes: dict[str, dict[int, Array]] = {"runs": {}, "wholes": {}}
        with np.load(path) as arrays:
            for name in arrays.files:
                kind, number = name.split("-")
                hashes[kind][int(number)] = arrays[name]
        return cls(**hashes)

    @property
    def size(self) -> int:
        """The number of sequences in `runs`."""
        return sum(map(len, self.runs.values()))

    def found_in(self, sentences: pa.StringArray) -> Array:
        """Return which sentences contain text of a test set, `bool[n]`."""
        words = HashedWords.of(sentences)
        contaminated = np.zeros(len(sentences), bool)
        for size, wanted in [*self.runs.items(), *self.wholes.items()]:
            if len(wanted):
                hashes, row = words.runs(size)
                if wanted is self.wholes.get(size):
                    whole = words.number[row] == size
                    hashes, row = hashes[whole], row[whole]
                index = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
                contaminated[row[wanted[index] == hashes]] = True
        return contaminated


def _joined(many: dict[int, list[Array]]) -> dict[int, Array]:
    empty = np.zeros(0, np.uint64)
    return {size: np.unique(np.concatenate([empty, *arrays])) for size, arrays in many.items()}


@dataclass(frozen=True)
class HashedWords:
    """The words of texts: `hashes` is `uint64[words]`, `number` the words of each text."""

    hashes: Array
    number: Array

    @classmethod
    def of(cls, texts: pa.StringArray) -> "HashedWords":
        """Split texts into words: sequences of letters and digits, in lower case."""
        lower = pc.utf8_lower(texts)
        lengths = pc.utf8_length(lower).to_numpy(zero_copy_only=False).astype(np.int64)
        ends = np.cumsum(lengths)
        text = "".join(lower.to_pylist())
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        kinds = _kinds()[np.minimum(points, len(_kinds()) - 1)]
        inside = kinds > 0
        begins = inside.copy()
        begins[1:] &= ~inside[:-1] | (kinds[1:] == _ALONE) | (kinds[:-1] == _ALONE)
        edges = (ends - lengths)[lengths > 0]
        begins[edges] = inside[edges]
        starts = np.flatnonzero(begins)
        if not len(starts):
            return cls(np.zeros(0, np.uint64), np.zeros(len(texts), np.int64))
        number_of = np.cumsum(begins) - 1
        offsets = np.arange(len(points)) - starts[np.maximum(number_of, 0)]
        # The hash of a character includes its offset in the word; that of a word is their sum.
        hashed = mix(points.astype(np.uint64) | (offsets.astype(np.uint64) << np.uint64(32)))
        hashed[~inside] = 0
        hashes = mix(np.add.reduceat(hashed, starts))
        rows = np.searchsorted(ends, starts, side="right")
        return cls(hashes, np.bincount(rows, minlength=len(texts)))

    def runs(self, size: int) -> tuple[Array, Array]:
        """Return the hashes of all sequences of `size` words, and the index of each one's text."""
        if len(self.hashes) < size:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        many = len(self.hashes) - size + 1
        hashes = np.full(many, size, np.uint64)
        for offset in range(size):
            hashes = mix(hashes ^ self.hashes[offset : offset + many])
        rows = np.repeat(np.arange(len(self.number)), self.number)
        within = rows[:many] == rows[size - 1 :]
        return hashes[within], rows[:many][within]


_ALONE = 2


@cache
def _kinds() -> Array:
    """Return for each code point: 0 not part of a word, 1 part of a word, 2 a word by itself."""
    table = classes()
    letters = np.fromiter((chr(c).isalnum() for c in range(len(table))), bool, len(table))
    kinds = letters.astype(np.uint8)
    # Marks belong to words: a Hindi vowel sign does not end a word.
    import unicodedata

    marks = np.fromiter(
        (unicodedata.category(chr(c))[0] == "M" for c in range(len(table))), bool, len(table)
    )
    kinds[marks] = 1
    kinds[(table == SPACELESS) & (letters | marks)] = _ALONE
    return kinds
