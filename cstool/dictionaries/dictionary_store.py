"""A memory-mapped store of a dictionary into several languages, shared by all processes.

An entry is a folded word or phrase of the source language; it has any number of translations in
each language. Files:

- `entries.slots.npy`, `entries.values.npy`: hash index from an entry to its number + 1
- `beginnings.slots.npy`, `beginnings.values.npy`: hash index of the beginnings of entries of
  several words (`text_words.beginnings`); the values are 1
- `keys` u64[translations]: the number of the entry × 2¹⁶ + the index of the language, ascending;
  the translations of an entry in a language are in the order of the dictionary
- `offsets` i64[translations + 1]: byte offsets into `text`, UTF-8
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import changes, numbers, ranges
from cstool.arrays.codepoints import bytes_of
from cstool.dictionaries.entry_words import number_of_words
from cstool.dictionaries.pair_buckets import HashedPairs, PairBuckets, encoded
from cstool.dictionaries.text_words import beginnings
from cstool.errors import InputError
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import append_checksum, check_checksum, map_numbers
from cstool.storage.hash_index import HashIndex, building, hash_column

_LANGUAGE_BITS = np.uint64(16)
_ENTRIES = "entries"
_BEGINNINGS = "beginnings"
_ARRAYS = ("keys", "offsets", "text")


class TranslationRanges(NamedTuple):
    """The translations of n entries, each in a language: `first` and `number`, int64[n].

    Those of element i have the indexes `first[i]` to `first[i] + number[i] - 1`.
    """

    first: Array
    number: Array


def write_dictionary(
    folder: Path,
    pairs: pa.Table | Iterable[pa.Table],
    languages: Sequence[str],
    scratch: Path | None = None,
) -> dict[str, int]:
    """Write a store; return the number of translations by language.

    `pairs`: the columns `source` (folded), `language` (code) and `target`, in any number of tables;
    equal rows are stored once. `scratch`: where many pairs are kept while they are sorted, so that
    memory does not depend on their number. Nothing is in the folder until all pairs are read.
    Raises OutputError if the folder cannot be written.
    """
    tables = [pairs] if isinstance(pairs, pa.Table) else pairs
    index = {code: i for i, code in enumerate(languages)}
    with ExitStack() as stack:
        buckets = stack.enter_context(PairBuckets(scratch or folder))
        begin = stack.enter_context(building(folder, _BEGINNINGS, np.uint8))
        for table in tables:
            batch = HashedPairs.of(table, index)
            buckets.add(batch)
            several = hash_column(beginnings(_of_several_words(table)))
            begin(several, np.ones(len(several), np.uint8))
        out: dict[str, IO[bytes]] = {}
        for name in _ARRAYS:
            temporary = stack.enter_context(whole_file(folder / name))
            out[name] = stack.enter_context(temporary.open("wb"))
        number = np.zeros(len(languages), np.int64)
        entry = stack.enter_context(building(folder, _ENTRIES, np.uint32))
        entries = size = 0
        out["offsets"].write(np.zeros(1, np.int64).tobytes())
        for bucket in buckets:
            hashes, language, targets = bucket.distinct()
            new = changes(hashes)
            numbered = np.cumsum(new) - 1 + entries
            entry(hashes[new], (numbered[new] + 1).astype(np.uint32))
            entries += int(np.count_nonzero(new))
            number += np.bincount(language, minlength=len(languages))
            offsets, data = bytes_of(targets)
            keys = numbered.astype(np.uint64) << _LANGUAGE_BITS | language.astype(np.uint64)
            out["keys"].write(keys.tobytes())
            out["offsets"].write((offsets[1:] + size).tobytes())
            out["text"].write(data.tobytes())
            size += len(data)
        for file in out.values():
            file.close()
            append_checksum(Path(file.name))
    return dict(zip(languages, number.tolist(), strict=True))


def _of_several_words(table: pa.Table) -> pa.StringArray:
    """Return the distinct sources of several words."""
    sources = encoded(table.column("source")).dictionary
    return sources.take(numbers(np.flatnonzero(number_of_words(sources) > 1)))


def is_dictionary(folder: Path) -> bool:
    """Whether the folder contains a complete, undamaged store; reads all of it."""
    indexes = [file for name in (_ENTRIES, _BEGINNINGS) for file in HashIndex.files(name)]
    try:
        for name in (*_ARRAYS, *indexes):
            check_checksum(folder / name)
    except (OSError, InputError):
        return False
    return True


class DictionaryStore:
    """An open dictionary, for lookups in batches.

    An entry is identified by its number (`find`), a language by its index in `languages`, a
    translation by its index.
    """

    def __init__(self, folder: Path, languages: Sequence[str]) -> None:
        self.languages = list(languages)
        self._index = HashIndex.open(folder, _ENTRIES)
        self._beginnings = HashIndex.open(folder, _BEGINNINGS)
        self._keys = map_numbers(folder / "keys", np.uint64)
        self._texts = pa.LargeStringArray.from_buffers(
            len(self._keys),
            pa.py_buffer(map_numbers(folder / "offsets", np.int64)),
            pa.py_buffer(map_numbers(folder / "text", np.uint8)),
        )

    def __len__(self) -> int:
        return len(self._index)

    def find(self, sources: pa.StringArray) -> Array:
        """Return int64[n]: the number of each folded source, -1 if it has no entry."""
        return self._index.look_up(hash_column(sources)).astype(np.int64) - 1

    def begins(self, texts: pa.StringArray) -> Array:
        """Return bool[n]: whether an entry of several words begins with these folded words."""
        begins: Array = self._beginnings.look_up(hash_column(texts)) > 0
        return begins

    def translations(self, entries: Array, languages: Array) -> TranslationRanges:
        """Return the translations of `entries[i]` in `languages[i]` (index); none for entry -1."""
        there = entries >= 0
        keys = np.maximum(entries, 0).astype(np.uint64) << _LANGUAGE_BITS
        keys |= languages.astype(np.uint64)
        first = np.searchsorted(self._keys, keys, "left")
        number = np.searchsorted(self._keys, keys, "right") - first
        return TranslationRanges(first, np.where(there, number, 0))

    def table(self, entries: Array) -> TranslationRanges:
        """Return the translations of distinct entries in all languages, int64[n, languages]."""
        keys = entries.astype(np.uint64) << _LANGUAGE_BITS
        first = np.searchsorted(self._keys, keys, "left")
        last = np.searchsorted(self._keys, keys + (np.uint64(1) << _LANGUAGE_BITS), "left")
        number = last - first
        each = ranges(first, number)
        language = (self._keys[each] & ((np.uint64(1) << _LANGUAGE_BITS) - np.uint64(1))).astype(
            np.int64
        )
        shape = len(entries), len(self.languages)
        cell = np.repeat(np.arange(len(entries)), number) * shape[1] + language
        counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        firsts = np.zeros(shape, np.int64)
        # Backwards, so that the first translation in a language is the last one to be set.
        firsts.ravel()[cell[::-1]] = each[::-1]
        return TranslationRanges(firsts, counts)

    def texts(self, translations: Array) -> pa.StringArray:
        """Return the translations with these indexes."""
        return self._texts.take(numbers(translations)).cast(pa.string())
