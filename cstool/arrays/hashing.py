"""Hashes that serve as reproducible random numbers, independent of the order of rows."""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import one_chunk
from cstool.arrays.codepoints import bytes_of

U64 = np.ndarray[Any, np.dtype[np.uint64]]


def mix(values: U64) -> U64:
    """Return splitmix64 of each value, a bijection (Steele, Lea and Flood 2014)."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: U64 = z ^ (z >> np.uint64(31))
    return mixed


def to_unit_interval(hashes: U64) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return each hash as float64 in [0, 1), from its highest 53 bits."""
    bits = (hashes >> np.uint64(11)).astype(np.float64)
    uniform: np.ndarray[Any, np.dtype[np.float64]] = bits * 2.0**-53
    return uniform


def hash_word(word: str, seed: int = 0) -> np.uint64:
    """Return the xxh3 (64 bits) of a word's UTF-8, with a seed."""
    return np.uint64(xxhash.xxh3_64_intdigest(word.encode(), seed & (2**64 - 1)))


def page_hashes(table: pa.Table, seed: int) -> Array:
    """Return uint64[n]: a hash of each row's wiki and page, the same in all target languages.

    `table`: the columns `wiki`, `source_language` and `page_id`.
    """
    wikis, codes = (
        one_chunk(table.column(name)).dictionary_encode() for name in ("wiki", "source_language")
    )
    words = np.array(
        [
            [hash_word(_wiki_word(wiki, code), seed) for code in codes.dictionary.to_pylist()]
            for wiki in wikis.dictionary.to_pylist()
        ],
        np.uint64,
    ).reshape(len(wikis.dictionary), len(codes.dictionary))
    pages = table.column("page_id").to_numpy().astype(np.uint64)
    return mix(pages ^ words[wikis.indices.to_numpy(), codes.indices.to_numpy()])


def _wiki_word(wiki: str, code: str) -> str:
    """Return the word to hash for a wiki: `en` for enwiki, as in cstool 0.1, else its name."""
    return code if wiki == f"{code}wiki" else wiki


def text_hashes(texts: pa.StringArray) -> tuple[Array, Array]:
    """Return the 128-bit xxh3 hash of each text, as two arrays `uint64[n]`."""
    offsets, data = bytes_of(texts)
    bounds, view = offsets.tolist(), data.data
    digests = b"".join(xxhash.xxh3_128_digest(view[start:end]) for start, end in pairwise(bounds))
    halves = np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)
    return halves[:, 0].copy(), halves[:, 1].copy()
