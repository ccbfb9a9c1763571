"""Filters of fields in template rules, such as `{1:roman}`.

Each returns None for an argument that it cannot convert.
"""

import re
from collections.abc import Callable, Mapping

from cstool.wikitext.numbers import formatted, ordinal, roman
from cstool.wikitext.titles import upper_first

ArgumentFilter = Callable[[str, str], str | None]

_LETTERS = re.compile(r"[^\x00-\x1f&\[\]{}<>]*")


def _letters(change: Callable[[str], str]) -> ArgumentFilter:
    """Return a filter that accepts only text without markup, whose letters would change, too."""
    return lambda value, _: change(value) if _LETTERS.fullmatch(value) else None


def _upper_first(value: str, language: str) -> str | None:
    return upper_first(value, language) if _LETTERS.fullmatch(value) else None


FILTERS: Mapping[str, ArgumentFilter] = {
    "number": formatted,
    "roman": lambda value, _: roman(value),
    "ordinal": ordinal,
    "lower": _letters(str.lower),
    "upper": _letters(str.upper),
    "upperfirst": _upper_first,
}
