"""Histograms of lengths from a few characters to millions, which can be added.

Buckets are single numbers up to 16, then intervals that grow by the eighth root of two, so that a
bucket is about 9 % wide.
"""

from collections.abc import Sequence

import numpy as np

from cstool.arrays import Array

_SINGLE = 17
_OCTAVES = 20
_STEPS: list[int] = [round(2.0 ** (4 + step / 8)) for step in range(1, 8 * _OCTAVES + 1)]
# The lowest number of each bucket; the last bucket is unbounded.
BOUNDS: tuple[int, ...] = tuple(dict.fromkeys([*range(_SINGLE), *_STEPS]))
# Buckets of shares: each a twentieth, and the share 1 in the last one.
SHARES = 20


def histogram(numbers: Array) -> Array:
    """Return int64[len(BOUNDS)]: how many of these numbers, none negative, are in each bucket."""
    buckets = np.searchsorted(np.array(BOUNDS), numbers, side="right") - 1
    return np.bincount(buckets, minlength=len(BOUNDS))


def histogram_of_shares(shares: Array) -> Array:
    """Return int64[SHARES]: how many of these shares, from 0 to 1, are in each bucket."""
    buckets = np.minimum((shares * SHARES).astype(np.int64), SHARES - 1)
    return np.bincount(buckets, minlength=SHARES)


def quantile(counts: Sequence[int], share: float) -> int | None:
    """Return about the number below which this share of the numbers is; None if there are none.

    It is interpolated in its bucket.
    """
    whole = sum(counts)
    wanted, below = share * whole, 0
    for bucket, number in enumerate(counts):
        if number and below + number >= wanted:
            low = BOUNDS[bucket]
            high = BOUNDS[bucket + 1] if bucket + 1 < len(BOUNDS) else low + 1
            return low + int((high - 1 - low) * (wanted - below) / number + 0.5)
        below += number
    return None
