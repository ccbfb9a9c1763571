"""Number formats of languages: `{{formatnum:1234567.5}}` → 1.234.567,5 in German.

After Language::formatNum (MediaWiki REL1_39). Languages with their own digits are not supported,
because the digits depend on a setting of the wiki.
"""

import re
from collections.abc import Callable, Mapping

from cstool.wikitext.tables import of_language

_NUMBER = re.compile(r"([-−]?)([0-9]{1,15})(?:\.([0-9]+))?")
_THOUSANDS = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+$)")
_WHOLE = re.compile(r"[1-9][0-9]{0,8}")
_ROMAN = re.compile(r"(?=[MDCLXVI])M*(?:C[MD]|D?C{0,3})(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3})")
_ROMAN_DIGITS = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    )
)
_MOST_ROMAN = 3999


def in_thousands(digits: str, mark: str) -> str:
    """Return the digits of a whole number with a separator between the thousands."""
    return _THOUSANDS.sub(mark, digits)


def formatted(number: str, language: str) -> str | None:
    """Return a plain number in a language's format, None if the number or the format is unknown."""
    match = _NUMBER.fullmatch(number)
    group, decimal, minimum = of_language("numbers.tsv", language)[-1]
    if match is None or not group:
        return None
    sign, whole, fraction = match.groups()
    if len(whole) >= int(minimum):
        whole = in_thousands(whole, group)
    # Since MediaWiki 1.36 a hyphen before a number is displayed as a minus sign.
    sign = "−" if sign else ""
    return sign + (whole if fraction is None else f"{whole}{decimal}{fraction}")


def roman(number: str) -> str | None:
    """Return a whole number up to 3999 in Roman numerals; Roman numerals unchanged."""
    if _ROMAN.fullmatch(number):
        return number
    if not _WHOLE.fullmatch(number) or int(number) > _MOST_ROMAN:
        return None
    left = int(number)
    out: list[str] = []
    for value, digits in _ROMAN_DIGITS:
        out.append(digits * (left // value))
        left %= value
    return "".join(out)


def ordinal(number: str, language: str) -> str | None:
    """Return a number's ordinal, None for languages other than English, French and German."""
    make = _ORDINALS.get(language.split("-", maxsplit=1)[0])
    if make is None or not (_WHOLE.fullmatch(number) or number == "0" or _ROMAN.fullmatch(number)):
        return None
    return make(number)


def _english(number: str) -> str | None:
    if not number.isdecimal():
        return None
    if number[-2:-1] == "1":
        return f"{number}th"
    return number + {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")


_ORDINALS: Mapping[str, Callable[[str], str | None]] = {
    "en": _english,
    "fr": lambda number: f"{number}er" if number in ("1", "I") else f"{number}e",
    "de": lambda number: f"{number}." if number.isdecimal() else None,
}
