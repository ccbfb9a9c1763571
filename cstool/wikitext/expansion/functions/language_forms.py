"""How languages write numbers, and in which direction: the table language_forms.tsv."""

from functools import cache
from html import unescape
from typing import NamedTuple

from cstool.dumps.xml import Site
from cstool.wikitext.tables import of_language, rows

_LATIN = "0123456789"


class LanguageForms(NamedTuple):
    """Forms of a language.

    `group`, `decimal`: separators. `minimum`: the digits from which on a whole number is grouped.
    `first`, `others`: sizes of groups from the right, 0 if there are none. `digits`: those of
    numbers with separators; `plain_digits`: those of numbers without. `keeps_exponent`: whether
    a number of fewer digits than `minimum` is written with its exponent. `read`: the
    characters for `.` and `,` in numbers that are read, "" for these themselves.
    """

    group: str
    decimal: str
    minimum: int
    first: int
    others: int
    digits: str
    plain_digits: str
    keeps_exponent: bool
    read: tuple[str, str]
    right_to_left: bool


@cache
def forms_of(language: str) -> LanguageForms:
    """Return the forms of a language; those of English if it has no others."""
    row = of_language("language_forms.tsv", language)[-1]
    group, decimal, minimum, sizes, digits, plain, exponents, read, direction = map(unescape, row)
    first, _, others = (sizes or "0").partition(" ")
    point, _, comma = read.partition("|")
    return LanguageForms(
        group,
        decimal,
        int(minimum),
        int(first),
        int(others or first),
        digits or _LATIN,
        plain or _LATIN,
        exponents == "kept",
        (point, comma),
        direction == "rtl",
    )


@cache
def site_forms(site: Site) -> LanguageForms:
    """Return the forms of a wiki: those of its language, with Latin digits if it has them."""
    forms = forms_of(site.language)
    if (site.wiki,) in rows("latin_digits.tsv"):
        return forms._replace(digits=_LATIN, plain_digits=_LATIN)
    return forms
