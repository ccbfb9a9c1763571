"""Text boundaries by ICU (Unicode's UAX #14 and #29), as character offsets.

icu4py 1.2 returns offsets in UTF-16 units, as ICU does: after an emoji or a rare Han character they
differ from Python's.
"""

from collections.abc import Iterator
from functools import cache
from itertools import accumulate, pairwise
from operator import itemgetter

import icu4py
import numpy as np
from icu4py.breakers import BaseBreaker, WordBreaker

from cstool.arrays import Array

_BASIC = "\uffff"


def segments(breaker: type[BaseBreaker], text: str) -> Iterator[tuple[int, int]]:
    """Yield the segments that an ICU breaker finds: character offsets of start and end."""
    if text.isascii() or max(text, default="") <= _BASIC or not _counts_units():
        yield from breaker(text, "en").segments()
        return
    units = accumulate((1 + (character > _BASIC) for character in text), initial=0)
    character_at = {unit: offset for offset, unit in enumerate(units)}
    ends = [character_at[start] for start, _ in breaker(text, "en").segments()
            if start in character_at]  # fmt: skip
    yield from pairwise(sorted({0, *ends, len(text)}))


def word_boundaries(text: str) -> Array:
    """Return the character offsets of a text's word boundaries, int64[n]: from 0 to its length."""
    ends = np.fromiter(map(itemgetter(1), WordBreaker(text, "en").segments()), np.int64)
    bounds = np.concatenate([[0], ends])
    if text.isascii() or max(text, default="") <= _BASIC or not _counts_units():
        return bounds
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    unit_at = np.concatenate([[0], np.cumsum(1 + (points > ord(_BASIC)))])
    found = np.searchsorted(unit_at, bounds)
    exact: Array = found[unit_at[found] == bounds]  # not between the two units of a character
    return exact


def icu_version() -> str:
    """Return the version of ICU, such as `78.3`: other versions find other words."""
    return str(icu4py.icu_version)


@cache
def _counts_units() -> bool:
    """Return whether this version of icu4py counts UTF-16 units instead of characters."""
    return next(iter(WordBreaker("😀", "en").segments()))[1] == 2
