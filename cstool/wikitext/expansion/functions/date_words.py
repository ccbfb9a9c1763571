"""Words in dates: abbreviations of time zones, and words that PHP certainly does not read.

After PHP's date parser (timelib, parse_date.re): a word that is not one of its own is the
abbreviation of a time zone, of at most six letters, or an error. Data: time_zones.tsv.
"""

import re
from functools import cache

from cstool.wikitext.tables import rows

_LONGEST_ZONE = 6
# Words and beginnings of words that PHP reads in some forms of dates.
_KNOWN = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat"
    r"|sec|min|hour|day|week|fort|forth|month|year|usec|msec|micro|milli|weekday|first|second|third"
    r"|four|fif|six|seven|eigh|ninth|ten|eleven|twelf|next|last|prev|this|ago|now|today|midnight|noon"
    r"|tomorrow|yesterday|back|front|of|am|pm|st|nd|rd|th|t|w|i{1,3}|iv|vi{0,3}|ix|xi{0,2})",
    re.IGNORECASE,
)
# No form of a date has these characters.
_IMPOSSIBLE = re.compile("[?~*=\"!$%&<>\\[\\]{}|\\\\^#;'`]")
_WORD = re.compile("[A-Za-z]+")


@cache
def time_zones() -> dict[str, int]:
    """Return the seconds east of Greenwich of time zones, by abbreviation in small letters."""
    return {name: int(offset) for name, offset in rows("time_zones.tsv")}


def is_invalid(rest: str, *, has_zone: bool) -> bool:
    """Return whether PHP certainly does not read a text that begins with what is left of a date.

    `has_zone`: whether a time zone was read before; PHP ignores a second one.
    """
    if _IMPOSSIBLE.search(rest) or not rest.replace("\u00a0", " ").isascii():
        return True
    match = _WORD.match(rest)
    if (
        match is None
        or has_zone
        or _KNOWN.match(rest)
        or rest[match.end() : match.end() + 1] in ("/", "_", "-")
    ):
        return False
    return match[0].lower()[:_LONGEST_ZONE] not in time_zones()
