"""Marks to find similar texts: bands of MinHash values.

Texts are similar if their sets of 5-character sequences (in lower case) are similar (Broder 1997).
Of paragraphs and pages, sequences of 5 words are compared, as in datatrove: two long pages contain
most sequences of 5 characters that occur in their language at all.
MinHash values are rensa's (R-MinHash: https://github.com/beowolx/rensa), in 14 bands of 8 as in
datatrove and FineWeb (Penedo et al. 2024): two texts with a Jaccard similarity of 0.8 share a band
with probability 0.92, with a similarity of 0.5 with probability 0.05. Texts that share a band are
compared by the last bits of their 112 values (b-bit minwise hashing, Li and König 2010), which
excludes most of the latter.
"""

import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import ranges
from cstool.arrays.hashing import mix
from cstool.distribution import install_hint
from cstool.errors import CstoolError
from cstool.stages.shard.contamination import HashedWords
from cstool.storage.schemas import Unit

BANDS, ROWS = 14, 8
CHARACTERS = WORDS = 5
# Minimum similarity, as estimated from the sketches, of texts that share a band.
SIMILAR = 0.7
# The values depend on the version of rensa's algorithm, so it is a parameter of the run.
ALGORITHM = 2
_SEED = 42
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def need_library() -> None:
    """Raise CstoolError if rensa is missing or has another version of the algorithm."""
    try:
        from rensa import RMinHash
    except ImportError as error:
        raise CstoolError(f"--dedup minhash needs rensa; run {install_hint('dedup')}") from error
    if RMinHash.ALGORITHM_VERSION != ALGORITHM:
        raise CstoolError(
            f"--dedup minhash needs rensa with version {ALGORITHM} of its algorithm (this has "
            f"{RMinHash.ALGORITHM_VERSION}); run {install_hint('dedup')}"
        )


def near_marks(texts: pa.StringArray, unit: Unit = "sentence") -> tuple[Array, Array, Array]:
    """Return marks, `uint64[BANDS, n]`, and the sketch of each text as two arrays `uint64[n]`."""
    signatures = _signatures(*(character_runs if unit == "sentence" else word_runs)(texts))
    bands = np.zeros((BANDS, len(texts)), np.uint64)
    for band in range(BANDS):
        bands[band] = band
        for column in range(band * ROWS, (band + 1) * ROWS):
            bands[band] = mix(bands[band] ^ signatures[:, column])
    bits = np.zeros((len(texts), 128), np.uint8)
    bits[:, : BANDS * ROWS] = signatures & np.uint64(1)
    sketch = np.packbits(bits, axis=1).view(np.uint64)
    return bands, sketch[:, 0].copy(), sketch[:, 1].copy()


def agreement(check: Array, more: Array, other_check: Array, other_more: Array) -> Array:
    """Return the estimated similarity of pairs of texts, from their sketches.

    Bits of equal values agree; bits of different values agree with probability 0.5.
    """
    values = BANDS * ROWS
    differ = np.bitwise_count(check ^ other_check).astype(np.int64)
    differ += np.bitwise_count(more ^ other_more)
    similarity: Array = 1 - 2 * differ / values
    return similarity


def _signatures(runs: Array, offsets: Array) -> Array:
    """Return the MinHash values of texts from their sequences: uint64[n, BANDS * ROWS]."""
    os.environ.setdefault("RAYON_NUM_THREADS", "1")  # cstool runs one process per CPU
    from rensa import RMinHash

    matrix = RMinHash.digest_matrix_from_flat_token_hashes(runs, offsets, BANDS * ROWS, _SEED)
    return np.array(matrix.to_rows(), np.uint64)


def character_runs(texts: pa.StringArray) -> tuple[Array, Array]:
    """Return hashes of the character sequences of texts, and the offset of each text's first one.

    A text that is shorter than a sequence gives one hash.
    """
    lower = pc.utf8_lower(texts)
    lengths = pc.utf8_length(lower).to_numpy(zero_copy_only=False).astype(np.int64)
    text = "".join(lower.to_pylist())
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.cumsum(lengths)
    hashes = np.zeros(len(points) + CHARACTERS, np.uint64)
    padded = np.zeros(len(points) + 2 * CHARACTERS, np.uint64)
    padded[: len(points)] = points
    for offset in range(CHARACTERS):
        hashes *= _FACTOR
        hashes += padded[offset : offset + len(hashes)]
    number = np.maximum(lengths - CHARACTERS + 1, 1)
    offsets = np.append(0, np.cumsum(number))
    # Character offsets of the sequences of each text.
    starts = np.arange(offsets[-1]) + np.repeat(ends - lengths - offsets[:-1], number)
    runs = mix(hashes[starts])
    for text_number in np.flatnonzero(lengths < CHARACTERS):
        runs[offsets[text_number]] = _hash_of(lower[int(text_number)])
    return runs, offsets.astype(np.uint64)


def word_runs(texts: pa.StringArray) -> tuple[Array, Array]:
    """Return hashes of the word sequences of texts, and the offset of each text's first one.

    A text that is shorter than a sequence gives one hash.
    """
    hashes, row = HashedWords.of(texts).runs(WORDS)
    number = np.bincount(row, minlength=len(texts))
    offsets = np.append(0, np.cumsum(np.maximum(number, 1)))
    runs = np.zeros(offsets[-1], np.uint64)
    runs[ranges(offsets[:-1][number > 0], number[number > 0])] = hashes
    for text_number in np.flatnonzero(number == 0):
        runs[offsets[text_number]] = _hash_of(texts[int(text_number)])
    return runs, offsets.astype(np.uint64)


def _hash_of(text: pa.StringScalar) -> np.uint64:
    return np.uint64(xxhash.xxh3_64_intdigest(str(text.as_py()).encode()))
