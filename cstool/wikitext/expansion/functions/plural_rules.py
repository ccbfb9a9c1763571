"""Select the form of a word for a number: `plural`.

After Unicode's plural rules (UTS #35, Language Plural Rules) as MediaWiki applies them
(Language::convertPlural, REL1_39). Data: plurals.tsv.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from cstool.wikitext.expansion.functions.php_values import to_text
from cstool.wikitext.tables import of_language

_RELATION = re.compile(r"([nifvtwce])(?: *% *([0-9]+))? *(!?=) *([0-9.,]+)")


class _Operands(NamedTuple):
    """The operands of rules: the number's value, its whole part, and its decimals."""

    n: float
    i: int
    v: int
    f: int
    w: int
    t: int
    c: int = 0
    e: int = 0


_Test = Callable[[_Operands], bool]


def plural_form(number: float, forms: Sequence[str], language: str) -> str:
    """Return the form for a number; the last one replaces those that are missing.

    A form that begins with a number and `=` is for that number alone.
    """
    general: list[str] = []
    for form in forms:
        exact, sign, text = form.partition("=")
        if sign and re.search("[0-9]$", exact):
            if exact == to_text(number):
                return text
            continue
        if not re.search("[0-9]+=", form):
            general.append(form)
    if not general:
        return ""
    return general[min(_index(number, language), len(general) - 1)]


def _index(number: float, language: str) -> int:
    operands = _operands(number)
    rules = _rules(language)
    return next((index for index, test in enumerate(rules) if test(operands)), len(rules))


def _operands(number: float) -> _Operands:
    """Return the operands of a number's absolute value, whose decimals are as PHP writes them."""
    text = to_text(abs(number))
    whole, _, decimals = (text if "E" not in text else f"{abs(number):f}").partition(".")
    short = decimals.rstrip("0")
    return _Operands(
        abs(number), int(whole), len(decimals), int(decimals or 0), len(short), int(short or 0)
    )


@cache
def _rules(language: str) -> tuple[_Test, ...]:
    rows = of_language("plurals.tsv", language)
    return tuple(_condition(rule) for rule in rows[-1][0].split("; ") if rule)


def _condition(rule: str) -> _Test:
    alternatives = [
        [_relation(relation) for relation in part.split(" and ")] for part in rule.split(" or ")
    ]
    return lambda operands: any(all(test(operands) for test in tests) for tests in alternatives)


def _relation(text: str) -> _Test:
    match = _RELATION.fullmatch(text.strip())
    assert match, text
    name, modulus, sign, ranges = match.groups()
    bounds = [part.partition("..") for part in ranges.split(",")]
    spans = [(int(first), int(last or first)) for first, _, last in bounds]

    def test(operands: _Operands) -> bool:
        value = getattr(operands, name)
        if modulus:
            value %= int(modulus)
        inside = any(first <= value <= last and value == int(value) for first, last in spans)
        return inside == (sign == "=")

    return test
