"""Where a text may be cut, by ICU (Unicode's UAX #14 and #29), in characters.

icu4py 1.2 tells places in UTF-16 units, as ICU has them: behind an emoji or a rare Han character
they are others than Python's.
"""

from collections.abc import Iterator
from functools import cache
from itertools import accumulate, pairwise

import icu4py
from icu4py.breakers import BaseBreaker, WordBreaker

_BASIC = "\uffff"


def segments(breaker: type[BaseBreaker], text: str) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a text that an ICU breaker finds, as places in characters, half-open."""
    if text.isascii() or max(text, default="") <= _BASIC or not _counts_units():
        yield from breaker(text, "en").segments()
        return
    units = accumulate((1 + (character > _BASIC) for character in text), initial=0)
    character_at = {unit: place for place, unit in enumerate(units)}
    ends = [character_at[start] for start, _ in breaker(text, "en").segments()
            if start in character_at]  # fmt: skip
    yield from pairwise(sorted({0, *ends, len(text)}))


def icu_version() -> str:
    """Return the version of ICU, such as `78.3`: other versions find other words."""
    return str(icu4py.icu_version)


@cache
def _counts_units() -> bool:
    """Whether this icu4py counts UTF-16 units, not characters."""
    return next(iter(WordBreaker("😀", "en").segments()))[1] == 2
