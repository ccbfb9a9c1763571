"""A memory-mapped store of a dictionary into several languages, shared by all processes.

An entry is a folded word or phrase of the source language; it has any number of translations in
each language. A translation that several sources repeat is stored once. Files:

- `entries.slots.npy`, `entries.values.npy`: hash index from an entry to its number + 1
- `beginnings.slots.npy`, `beginnings.values.npy`: hash index of the beginnings of entries of
  several words (`text_words.beginnings`); the values are 1
- `keys` u64[translations]: the number of the entry × 2¹⁶ + the index of the language, ascending;
  the translations of an entry in a language are in the order of the dictionary
- `offsets` i64[translations + 1]: byte offsets into `text`, UTF-8
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, ranges
from cstool.arrays.codepoints import bytes_of
from cstool.dictionaries.text_words import beginnings
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import append_checksum, map_numbers
from cstool.storage.hash_index import HashIndex, hash_column

_LANGUAGE_BITS = np.uint64(16)
_ENTRIES = "entries"
_BEGINNINGS = "beginnings"


class TranslationRanges(NamedTuple):
    """The translations of n entries, each in a language: `first` and `number`, int64[n].

    Those of element i have the indexes `first[i]` to `first[i] + number[i] - 1`.
    """

    first: Array
    number: Array


def write_dictionary(folder: Path, pairs: pa.Table, languages: Sequence[str]) -> None:
    """Write a store; `pairs`: the columns `source` (folded), `language` (code) and `target`.

    Equal rows are stored once. Raises OutputError if the folder cannot be written.
    """
    index = {code: i for i, code in enumerate(languages)}
    sources = pairs.column("source").combine_chunks().dictionary_encode()
    codes = pairs.column("language").combine_chunks().dictionary_encode()
    targets = pairs.column("target").combine_chunks().dictionary_encode()
    language = np.array([index[code] for code in codes.dictionary.to_pylist()], np.uint64)
    keys = sources.indices.to_numpy().astype(np.uint64) << _LANGUAGE_BITS
    keys |= language[codes.indices.to_numpy()]
    target = targets.indices.to_numpy().astype(np.int64)
    _, first = np.unique(np.stack([keys, target.astype(np.uint64)]), axis=1, return_index=True)
    first.sort()
    order = first[np.argsort(keys[first], kind="stable")]
    texts = targets.dictionary.take(numbers(target[order]))
    offsets, data = bytes_of(texts)
    folder.mkdir(parents=True, exist_ok=True)
    hashes = hash_column(sources.dictionary)
    HashIndex.build(hashes, np.arange(1, len(hashes) + 1, dtype=np.uint32)).save(folder, _ENTRIES)
    hashes = hash_column(beginnings(sources.dictionary))
    HashIndex.build(hashes, np.ones(len(hashes), np.uint8)).save(folder, _BEGINNINGS)
    arrays = {"keys": keys[order], "offsets": offsets - offsets[0], "text": data}
    for name, array in arrays.items():
        with whole_file(folder / name) as temporary:
            temporary.write_bytes(array.tobytes())
            append_checksum(temporary)


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

    def masks(self, entries: Array) -> Array:
        """Return bool[n, languages]: in which languages each entry has a translation."""
        table = np.zeros((len(entries), len(self.languages)), bool)
        keys = np.maximum(entries, 0).astype(np.uint64) << _LANGUAGE_BITS
        first = np.searchsorted(self._keys, keys, "left")
        last = np.searchsorted(self._keys, keys + (np.uint64(1) << _LANGUAGE_BITS), "left")
        number = np.where(entries >= 0, last - first, 0)
        each = ranges(first, number)
        language = self._keys[each] & ((np.uint64(1) << _LANGUAGE_BITS) - np.uint64(1))
        table[np.repeat(np.arange(len(entries)), number), language.astype(np.int64)] = True
        return table

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
