"""Random choices that depend on nothing but their names: hashes in place of a generator."""

from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import one_chunk

U64 = np.ndarray[Any, np.dtype[np.uint64]]


def mix(values: U64) -> U64:
    """Return splitmix64 of each value (Steele, Lea and Flood 2014): well mixed, one to one."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: U64 = z ^ (z >> np.uint64(31))
    return mixed


def to_unit_interval(lots: U64) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return each lot as a number from 0 up to 1: its first 53 bits."""
    shares: np.ndarray[Any, np.dtype[np.float64]] = (lots >> np.uint64(11)).astype(
        np.float64
    ) * 2.0**-53
    return shares


def hash_word(word: str, seed: int = 0) -> np.uint64:
    """Return a word's xxh3, with a seed."""
    return np.uint64(xxhash.xxh3_64_intdigest(word.encode(), seed & (2**64 - 1)))


def page_hashes(table: pa.Table, seed: int) -> Array:
    """Return a hash of each row's page: the same in all languages, other with another seed."""
    sources = one_chunk(table.column("source_language")).dictionary_encode()
    wikis = np.array([hash_word(code, seed) for code in sources.dictionary.to_pylist()], np.uint64)
    pages = table.column("page_id").to_numpy().astype(np.uint64)
    return mix(pages ^ wikis[sources.indices.to_numpy()])
