"""Numbers with units, and joined arguments, as written by templates.

After the documentation of Modèle:Unité (fr) and Template:Val (en).
"""

import re
from collections.abc import Mapping

from cstool.wikitext.builtins.units import unit_of
from cstool.wikitext.numbers import in_thousands

_NUMBER = re.compile(r"([-−+]?)([0-9]{1,15})(?:[.,]([0-9]{1,3}))?")
_SPACED = re.compile(r"[-−+]?[0-9][0-9 \u00a0]*(?:[.,][0-9]+)?(?= |$)")
_PLAIN = re.compile(r"([-−]?)([0-9]{1,9})(\.[0-9]{1,12})?")
_EXPONENT = re.compile(r"[-−]?[0-9]")
# Words, symbols, m², km/h; without markup and further numbers.
_UNIT = re.compile(r"[^\W\d_](?:[\w°²³/%'’.· -]{0,40})|[%‰°€$£¥](?:C|F)?")
_NBSP = "\u00a0"


def unit(args: Mapping[str, str], language: str) -> str | None:
    """Return a number and its unit in French: `{{unité|3797|m}}` → 3 797 m."""
    given = {name: value for name, value in args.items() if value}
    if language != "fr" or "1" not in given or not given.keys() <= {"1", "2", "3"}:
        return None
    number, name = given["1"].replace("&nbsp;", _NBSP), given.get("2", "")
    if not name:
        match = _SPACED.match(number)
        if match is None:
            return None
        name = number[match.end() :].strip()
        number = match[0].strip()
    text = _french(re.sub(r"[ \u00a0]", "", number))
    if text is None or (name and not _UNIT.fullmatch(name)):
        return None
    power = given.get("3", "")
    if power and not (name and _EXPONENT.fullmatch(power)):
        return None
    return f"{text}{_NBSP if name else ''}{name}{power.replace('-', '−')}"


def _french(number: str) -> str | None:
    match = _NUMBER.fullmatch(number)
    if match is None:
        return None
    sign, whole, decimals = match.groups()
    whole = in_thousands(whole, _NBSP)
    return f"{sign.replace('-', '−')}{whole}{f',{decimals}' if decimals else ''}"


def val(args: Mapping[str, str], language: str) -> str | None:
    """Return the English `{{val|NUMBER|u=UNIT}}`, without measurement errors and powers."""
    given = {name: value for name, value in args.items() if value}
    if language.split("-", maxsplit=1)[0] != "en" or not given.keys() <= {"1", "u", "ul", "fmt"}:
        return None
    match = _PLAIN.fullmatch(given.get("1", ""))
    code = given.get("u", "")
    known = unit_of(code) if code else None
    if match is None or "ul" in given or (code and known is None):
        return None
    style = given.get("fmt", "gaps")
    if style not in ("gaps", "none", "commas"):
        return None
    whole = in_thousands(match[2], ",") if style == "commas" else match[2]
    number = f"{match[1].replace('-', '−')}{whole}{match[3] or ''}"
    return number if known is None else f"{number}{_NBSP}{known.symbol}"


def join(args: Mapping[str, str], _language: str) -> str | None:
    """Return the joined numbered arguments; `between`, `before`, `after` are set by the rule."""
    parts: list[str] = []
    while str(len(parts) + 1) in args:
        parts.append(args[str(len(parts) + 1)])
    marks = {"between", "before", "after"}
    if not all(parts) or not parts or len(parts) != len(args.keys() - marks):
        return None
    between, before, after = (args.get(mark, "") for mark in ("between", "before", "after"))
    return f"{before}{between.join(parts)}{after}"
