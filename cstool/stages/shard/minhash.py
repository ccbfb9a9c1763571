"""Marks by which equal and nearly equal texts are found: hashes, and MinHash with its bands.

Nearly equal: the sets of runs of five characters (lower-cased) are alike (Broder 1997). MinHash
values are rensa's (R-MinHash: https://github.com/beowolx/rensa), 14 bands of 8, as datatrove and
FineWeb have them (Penedo et al. 2024): two texts of which 0.8 of the runs are common share a band
with a chance of 0.92, of 0.5 with 0.05. What shares a band is looked at once more, by the last bits
of its 112 values (b-bit minwise hashing, Li and König 2010), which weeds out most of the latter.
"""

import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from cstool.arrays import Array
from cstool.arrays.hashing import mix
from cstool.distribution import install_hint
from cstool.errors import CstoolError

BANDS, ROWS = 14, 8
CHARACTERS = 5
# The share of common runs that what shares a band must have, as the sketch tells it.
SIMILAR = 0.7
# rensa's values differ between versions of its algorithm: part of a run's parameters.
ALGORITHM = 2
_SEED = 42
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def exact_marks(texts: pa.StringArray) -> tuple[Array, Array]:
    """Return 128 bits of hash (xxh3) of each text, as two arrays of 64."""
    digests = b"".join(xxhash.xxh3_128_digest(text.encode()) for text in texts.to_pylist())
    halves = np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)
    return halves[:, 0].copy(), halves[:, 1].copy()


def need_library() -> None:
    """Raise CstoolError when rensa is missing, or is one that gives other values."""
    try:
        from rensa import RMinHash
    except ImportError as error:
        raise CstoolError(f"--dedup minhash needs rensa; run {install_hint('dedup')}") from error
    if RMinHash.ALGORITHM_VERSION != ALGORITHM:
        raise CstoolError(
            f"--dedup minhash needs rensa with version {ALGORITHM} of its algorithm (this has "
            f"{RMinHash.ALGORITHM_VERSION}); run {install_hint('dedup')}"
        )


def near_marks(texts: pa.StringArray) -> tuple[Array, Array, Array]:
    """Return marks of each band (BANDS × texts), and the sketch of each text in two arrays."""
    signatures = _signatures(texts)
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
    """Return the share of common runs, as the sketches of texts and of others tell it.

    Bits agree where values do, and by chance in half of the other places.
    """
    values = BANDS * ROWS
    differ = np.bitwise_count(check ^ other_check).astype(np.int64)
    differ += np.bitwise_count(more ^ other_more)
    share: Array = 1 - 2 * differ / values
    return share


def _signatures(texts: pa.StringArray) -> Array:
    os.environ.setdefault("RAYON_NUM_THREADS", "1")  # workers are ours to start
    from rensa import RMinHash

    runs, offsets = character_runs(texts)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(runs, offsets, BANDS * ROWS, _SEED)
    return np.array(matrix.to_rows(), np.uint64)


def character_runs(texts: pa.StringArray) -> tuple[Array, Array]:
    """Return hashes of each text's runs of characters, and where those of each text begin.

    A text that is shorter than a run is one run.
    """
    lower = pc.utf8_lower(texts)
    lengths = pc.utf8_length(lower).to_numpy(zero_copy_only=False).astype(np.int64)
    text = "".join(lower.to_pylist())
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.cumsum(lengths)
    hashes = np.zeros(len(points) + CHARACTERS, np.uint64)
    padded = np.zeros(len(points) + 2 * CHARACTERS, np.uint64)
    padded[: len(points)] = points
    for place in range(CHARACTERS):
        hashes *= _FACTOR
        hashes += padded[place : place + len(hashes)]
    number = np.maximum(lengths - CHARACTERS + 1, 1)
    offsets = np.append(0, np.cumsum(number))
    # The place of each text's first run, and from there one after the other.
    places = np.arange(offsets[-1]) + np.repeat(ends - lengths - offsets[:-1], number)
    runs = mix(hashes[places])
    for text_number in np.flatnonzero(lengths < CHARACTERS):
        short = str(lower[int(text_number)].as_py())
        runs[offsets[text_number]] = np.uint64(xxhash.xxh3_64_intdigest(short.encode()))
    return runs, offsets.astype(np.uint64)
