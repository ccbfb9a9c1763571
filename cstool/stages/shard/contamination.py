"""Finds sentences that contain text of a test set, by common sequences of words.

As for GPT-3 (Brown et al. 2020, appendix C) and, for whole paragraphs, Dolma (Soldaini et al.
2024): 13 consecutive words, in lower case, without punctuation. A shorter text of 8 or more words
(GPT-3's bound) is compared as a whole: a short sentence with the texts, a short text with the
sentences. In scripts without spaces between words each character counts as a word.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.arrays import Array
from cstool.arrays.arrow import nfc
from cstool.arrays.hashing import mix
from cstool.dumps.streams import Stream
from cstool.errors import InputError
from cstool.languages.words import SPACELESS, classes
from cstool.storage.checksums import append_checksum, check_checksum

LONG, SHORT = 13, 8
_TEXTS_AT_ONCE = 20_000
# Maximum bytes of a line and of a batch: hashed words take 60 times the memory of their text.
_LONGEST_LINE = 4 << 20
_BYTES_AT_ONCE = 4 << 20
_PARQUET = b"PAR1"
# Maximum bytes of a column in a row group, and of the strings of a batch: a string that is stored
# once in the dictionary of a column can occur in all its rows.
_LARGEST_COLUMN = 128 << 20
_LARGEST_BATCH = 128 << 20


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


def texts_of(path: Path) -> Iterator[pa.StringArray]:
    """Yield the texts of a test set: lines, or all strings of JSON lines or of a Parquet file.

    The file may be compressed (gzip, bzip2, xz, Zstandard). Raises InputError for an invalid file.
    """
    stream = Stream(str(path))
    try:
        head = next(iter(stream), b"")
    finally:
        stream.close()
    if head.startswith(_PARQUET):
        yield from _of_parquet(path)
        return
    json = head.lstrip()[:1] == b"{"
    some: list[str] = []
    size = 0
    for number, line in enumerate(_lines(path), 1):
        some += _of_json(line, path, number) if json else [line.decode("utf-8", "replace")]
        size += len(line)
        if len(some) >= _TEXTS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield pa.array(some, pa.string())
            some, size = [], 0
    yield pa.array(some, pa.string())


def _lines(path: Path) -> Iterator[bytes]:
    stream = Stream(str(path))
    rest = b""
    read = 0
    try:
        for piece in stream:
            *lines, rest = (rest + piece).split(b"\n")
            for number, line in enumerate([*lines, rest], read + 1):
                if len(line) > _LONGEST_LINE:
                    raise InputError(
                        f"{path}: line {number:,} is longer than {_LONGEST_LINE >> 20} MB; "
                        "give a test set with one text per line, or split the text"
                    )
            read += len(lines)
            yield from lines
    finally:
        stream.close()
    yield rest


def _of_json(line: bytes, path: Path, number: int) -> list[str]:
    if not line.strip():
        return []
    try:
        return list(_strings(msgspec.json.decode(line)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{path}: line {number:,} is not valid JSON ({error}); correct the file"
        ) from error


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _of_parquet(path: Path) -> Iterator[pa.StringArray]:
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
        for group in range(file.num_row_groups):
            rows = _rows_at_once(file.metadata.row_group(group), path, group)
            for batch in file.iter_batches(rows, row_groups=[group]):
                for column in batch.columns:
                    yield from _in_bounds(_strings(column.to_pylist()))
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{path}: not a readable Parquet file ({error}); give another file"
        ) from error


def _rows_at_once(group: Any, path: Path, number: int) -> int:
    """Return the number of rows per batch. Raises InputError for columns that are too large."""
    columns = [group.column(i) for i in range(group.num_columns)]
    largest = max((c.total_uncompressed_size for c in columns), default=0)
    if largest > _LARGEST_COLUMN:
        raise InputError(
            f"{path}: a column of row group {number:,} has more than {_LARGEST_COLUMN >> 20} MB; "
            "write the file with fewer rows per row group"
        )
    return max(16, min(_TEXTS_AT_ONCE, _LARGEST_BATCH // max(1, largest)))


def _in_bounds(texts: Iterable[str]) -> Iterator[pa.StringArray]:
    """Yield texts in arrays of a few megabytes."""
    some: list[str] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size >= _BYTES_AT_ONCE:
            yield pa.array(some, pa.string())
            some, size = [], 0
    yield pa.array(some, pa.string())
