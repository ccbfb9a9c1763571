"""Arguments of Template:Convert: numbers, ranges of numbers, and options.

After Template:Convert's documentation (en.wikipedia.org/wiki/Template:Convert) and Help:Convert.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cstool.wikitext.numbers import in_thousands

_NUMBER = re.compile(r"([+-]?) ?([0-9]*\.?[0-9]*)")
_FRACTION = re.compile(r"(?:([0-9]{1,6})\+)?([0-9]{1,4})[/⁄]([0-9]{1,4})")
_RANGE_IN_ONE = re.compile(r"([0-9.,]+)(-|–|xx|x|\*)([0-9.,]+)")
_SPACED_RANGE = re.compile(r"(\S+)\s+(\D\S*|-)\s+(\S+)")
_MOST_DIGITS = 14
_OPTIONS_KEPT = 1024
MINUS = "−"


class UnknownArgument(ValueError):  # noqa: N818 - not an error: the call becomes a hole
    """An argument is not supported."""


@dataclass(frozen=True)
class RangeStyle:
    """The text between two values: with names, with symbols, and hyphenated."""

    names: str
    symbols: str
    hyphenated: str = ""
    # Each value has its unit if symbols are used: 6 m × 12 m.
    each: bool = False
    # Also hyphenated with symbols.
    always: bool = False
    change: bool = False


_PLAIN_RANGES = {
    "-": "–",
    "–": "–",
    "&ndash;": "–",
    "+": " + ",
    ",": ", ",
    ", and": ", and ",
    ", or": ", or ",
    "by": " by ",
    "to about": " to about ",
    "xx": " × ",
    "*": "×",
}
RANGES: Mapping[str, RangeStyle] = {
    **{word: RangeStyle(text, text) for word, text in _PLAIN_RANGES.items()},
    **{word: RangeStyle(f" {word} ", f" {word} ", always=True) for word in ("and", "or", "to")},
    **dict.fromkeys(("x", "×", "&times;"), RangeStyle(" by ", " × ", each=True)),
    **dict.fromkeys(("+/-", "±", "&plusmn;"), RangeStyle(" ± ", " ± ", " ± ", change=True)),
}


@dataclass(frozen=True)
class Quantity:
    """A number: its value, its digits without a sign, and its displayed text.

    `clean`: the digits as written, which determine the precision; so does `denominator` for a
    fraction.
    """

    number: float
    clean: str
    shown: str
    singular: bool
    denominator: int = 0


@dataclass(frozen=True)
class ConvertOptions:
    """The named arguments of a call."""

    abbr: str | None = None
    adjective: bool = False
    middle: bool = False
    before_unit: bool = False
    display: str = ""
    flip: bool = False
    us: bool = False
    link: str = ""
    figures: int = 0
    multiple: int = 0
    commas: bool = True
    five: bool = False
    spell: str = ""


_DISPLAYS = {
    "": "", "b": "", "or": "or", "comma": "comma", "sqbr": "sqbr", "semicolon": "semicolon",
    "(or)": "(or)", "out": "out", "output only": "out", "number": "number",
    "output number only": "number", "flip": "",
}  # fmt: skip
_KNOWN: Mapping[str, frozenset[str]] = {
    name: frozenset(("", *values.split()))
    for name, values in {
        "abbr": "on off in out none",
        "adj": "on off mid pre",
        "sing": "on off",
        "lk": "on off in out",
        "order": "flip",
        "sp": "us",
        "round": "5 10 25 50",
        "comma": "off 5",
        "spell": "in In on On us",
        "sortable": "on off",
        "tracking": "",
        "disp": "b or comma sqbr semicolon (or) out number flip 5",
    }.items()
}


def options_of(args: Mapping[str, str]) -> ConvertOptions:
    """Return the named arguments as options. Raises UnknownArgument."""
    named = [(name, value) for name, value in args.items() if not name.isdecimal() and value]
    return _options(tuple(named))


@lru_cache(maxsize=_OPTIONS_KEPT)
def _options(named: tuple[tuple[str, str], ...]) -> ConvertOptions:
    given = dict(named)
    figures = given.pop("sigfig", "0")
    display = given.pop("disp", "")
    if display not in _DISPLAYS and display != "5":
        raise UnknownArgument
    if not re.fullmatch("[0-9]|1[0-4]", figures):
        raise UnknownArgument
    for name, value in given.items():
        if value not in _KNOWN.get(name, ()):
            raise UnknownArgument
    abbr = given.get("abbr")
    adjective = given.get("adj") or given.get("sing", "")
    return ConvertOptions(
        abbr="off" if abbr == "none" else abbr,
        adjective=adjective in ("on", "mid"),
        middle=adjective == "mid",
        before_unit=adjective == "pre",
        display=_DISPLAYS.get(display, ""),
        flip="flip" in (display, given.get("order")),
        us="us" in (given.get("sp"), given.get("spell")),
        link=given.get("lk", "").replace("off", ""),
        figures=int(figures),
        multiple=5 if display == "5" else int(given.get("round", 0)),
        commas=given.get("comma") != "off",
        five=given.get("comma") == "5",
        spell=given.get("spell", "").replace("us", ""),
    )


def grouped(digits: str, options: ConvertOptions) -> str:
    """Return plain digits with commas between the thousands."""
    digits = digits.removesuffix(".")
    whole = digits.partition(".")[0]
    if not options.commas or len(whole) < 4 or (options.five and len(whole) == 4):
        return digits
    return in_thousands(whole, ",") + digits[len(whole) :]


def number_of(text: str, options: ConvertOptions) -> Quantity | None:
    """Return a number as written in a call: `1,234.5`, `-3`, `1+1/2`; None for other text."""
    text = text.replace(",", "").replace("&minus;", "-").replace(MINUS, "-")
    match = _FRACTION.fullmatch(text)
    if match:
        return _fraction(match[1] or "", match[2], match[3])
    match = _NUMBER.fullmatch(text)
    if not match or not any(c.isdecimal() for c in match[2]) or len(match[2]) > _MOST_DIGITS:
        return None
    sign, clean = match.groups()
    number = float(clean)
    shown = {"": "", "+": "+", "-": MINUS}[sign] + grouped(clean, options)
    return Quantity(-number if sign == "-" else number, clean, shown, number == 1)


def _fraction(whole: str, above: str, below: str) -> Quantity | None:
    if not int(below) or int(above) >= int(below):
        return None
    number = int(whole or 0) + int(above) / int(below)
    shown = f"{whole}{' ' if whole else ''}{above}⁄{below}"
    return Quantity(number, "0", shown, number <= 1, int(below))


def values_of(given: list[str], options: ConvertOptions) -> tuple[list[Quantity], list[RangeStyle]]:
    """Remove the values, and the range words between them, from the front of a call's arguments.

    Raises UnknownArgument.
    """
    values: list[Quantity] = []
    ranges: list[RangeStyle] = []
    while True:
        value = number_of(given[0], options) if given else None
        if value is None and given:
            match = _SPACED_RANGE.fullmatch(given[0]) or _RANGE_IN_ONE.fullmatch(given[0])
            given[:1] = match.groups() if match else given[:1]
            value = number_of(given[0], options) if match else None
        if value is None:
            raise UnknownArgument
        values.append(value)
        del given[0]
        between = RANGES.get(given[0]) if given else None
        if between is None:
            return values, ranges
        ranges.append(between)
        del given[0]
