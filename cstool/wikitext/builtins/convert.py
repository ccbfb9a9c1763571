"""`{{convert|5|km|mi}}` → 5 kilometres (3.1 mi), as by Template:Convert.

After its documentation (en.wikipedia.org/wiki/Template:Convert) and, for the default precision,
the code of Module:Convert. Powers of ten, fractions in the result and sort keys are not supported.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cstool.wikitext.builtins.quantities import (
    MINUS,
    ConvertOptions,
    Quantity,
    RangeStyle,
    UnknownArgument,
    grouped,
    number_of,
    options_of,
    values_of,
)
from cstool.wikitext.builtins.rounding import written, zeros_of
from cstool.wikitext.builtins.spelled import spelled
from cstool.wikitext.builtins.units import MULTIPLES, SUBUNITS, Unit, unit_of

_WHOLE = re.compile(r"-?[0-9]{1,2}")
_NBSP = "\u00a0"
# disp=: the text before the result, after it, and between two results.
_JOINS = {
    "": (" (", ")", "; "),
    "or": (" or ", "", " or "),
    "comma": (", ", "", ", "),
    "semicolon": ("; ", "", "; "),
    "(or)": (" (", ")", " or "),
    "sqbr": (" [", "]", "; "),
    "out": ("", "", "; "),
    "number": ("", "", "; "),
}


@dataclass(frozen=True)
class _Call:
    """A parsed call."""

    options: ConvertOptions
    values: tuple[Quantity, ...]
    ranges: tuple[RangeStyle, ...]
    # The input's unit and the smaller ones after it (6 ft 1 in), whose values are in `smaller`.
    units: tuple[Unit, ...]
    outputs: tuple[str, ...]
    precision: int | None
    middle: str
    before_unit: str
    smaller: tuple[Quantity, ...] = ()


def convert(args: Mapping[str, str], language: str) -> str | None:
    """Return what the template shows in English, None for unsupported arguments."""
    if language.split("-", maxsplit=1)[0] not in ("en", "simple"):
        return None
    try:
        return _shown(_read(args))
    except UnknownArgument:
        return None


def _read(args: Mapping[str, str]) -> _Call:
    options = options_of(args)
    numbers = sorted(int(name) for name in args if name.isdecimal())
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise UnknownArgument
    given = [args[str(number)] for number in numbers]
    values, ranges = values_of(given, options)
    units = [_need_unit(given)]
    smaller: list[Quantity] = []
    default = units[0].default
    while not ranges and len(given) > 1:
        pair = SUBUNITS.get((units[-1].code, given[1]))
        value = number_of(given[0], options) if pair else None
        if pair is None or value is None or value.number < 0:
            break
        default = pair[1] if not smaller else default
        smaller.append(value)
        units.append(_need_unit(given[1:]))
        del given[:2]
    output, precision = _output(given)
    has_word = (options.middle or options.before_unit) and given
    word = given.pop(0) if has_word else ""
    if precision is None and given and _WHOLE.fullmatch(given[0]):
        precision = int(given.pop(0))
    if any(given):
        raise UnknownArgument
    return _Call(
        options=options,
        values=tuple(values),
        ranges=tuple(ranges),
        units=tuple(units),
        outputs=_codes(output or _default(default, values[0].number)),
        precision=precision,
        middle=word if options.middle else "",
        before_unit=word if options.before_unit else "",
        smaller=tuple(smaller),
    )


def _need_unit(given: list[str]) -> Unit:
    """Remove and return the first argument as a unit; raise UnknownArgument for another word."""
    unit = unit_of(given.pop(0)) if given else None
    if unit is None:
        raise UnknownArgument
    return unit


def _output(given: list[str]) -> tuple[str, int | None]:
    """Remove and return the output's unit and the precision; either may be missing."""
    output = ""
    if given and not _WHOLE.fullmatch(given[0]):
        output = given.pop(0)
    precision = int(given.pop(0)) if given and _WHOLE.fullmatch(given[0]) else None
    return output, precision


def _default(default: str, value: float) -> str:
    """Return a unit's default output: "ftin<3<ft" is ftin for values between 0 and 3."""
    if "<" in default:
        small, limit, large = default.split("<")
        return small if 0 < value < float(limit) else large
    return default


def _codes(output: str) -> tuple[str, ...]:
    if unit_of(output) or output in MULTIPLES:
        return (output,)
    codes = tuple(output.replace("+", " ").split())
    if not codes or len(codes) > 4:
        raise UnknownArgument
    return codes


def _shown(call: _Call) -> str:
    options = call.options
    before, after, between = _JOINS[options.display]
    linked: set[str] = set()
    if options.flip:
        result = between.join(_result(call, code, linked) for code in call.outputs)
        given = _input(call, linked)
        return f"{result}{before}{given}{after}"
    given = "" if options.display in ("out", "number") else _input(call, linked)
    result = between.join(_result(call, code, linked) for code in call.outputs)
    return f"{given}{before}{result}{after}"


def _input(call: _Call, linked: set[str]) -> str:
    """Return the formatted input quantity."""
    options = call.options
    values = [_maybe_spelled(value, call, "in") for value in call.values]
    if not call.smaller:
        return _quantities(call, values, call.units[0], "in", linked)
    parts = []
    for value, unit in zip((*values, *call.smaller), call.units, strict=True):
        name, is_name = _unit_text(call, unit, "in", linked, singular=value.singular)
        joined = "-" if is_name and options.adjective else _NBSP
        parts.append(f"{value.shown}{joined}{name}")
    hyphens = options.adjective and parts and _wants_name(call, call.units[0], "in")
    return ("-" if hyphens else " ").join(parts) + (_middle(call, "in"))


def _result(call: _Call, code: str, linked: set[str]) -> str:
    """Return the quantity formatted in the unit of a code. Raises UnknownArgument."""
    if code in MULTIPLES:
        return _in_two_units(call, code, linked)
    unit = unit_of(code)
    if unit is None or unit.kind != call.units[-1].kind:
        raise UnknownArgument
    values = [_maybe_spelled(value, call, "out") for value in _converted(call, unit)]
    if call.options.display == "number":
        return _joined([value.shown for value in values], call, is_name=False)
    return _quantities(call, values, unit, "out", linked)


def _quantities(
    call: _Call, values: list[Quantity], unit: Unit, side: str, linked: set[str]
) -> str:
    """Return values, or a range of them, with their unit."""
    name, is_name = _unit_text(call, unit, side, linked, singular=values[-1].singular)
    hyphens = is_name and call.options.adjective
    joined = "-" if hyphens else "" if name.startswith("/") else " " if is_name else _NBSP
    if call.before_unit and side == ("out" if call.options.flip else "in"):
        text = call.before_unit
        joined = f"{'' if text.startswith('-') else ' '}{text}{'' if text.endswith('-') else ' '}"
    shown = [value.shown for value in values]
    if not hyphens and not is_name and any(between.each for between in call.ranges):
        shown = [f"{text}{joined}{name}" for text in shown[:-1]] + shown[-1:]
    return f"{_joined(shown, call, is_name=is_name)}{joined}{name}{_middle(call, side)}"


def _joined(shown: list[str], call: _Call, *, is_name: bool) -> str:
    """Return the values of a range with the text between them."""
    text = shown[0]
    for between, value in zip(call.ranges, shown[1:], strict=True):
        word = between.names if is_name else between.symbols
        if call.options.adjective and (is_name or (between.always and call.options.abbr == "on")):
            word = between.hyphenated or word.replace(" ", "-")
        if word == "–" and value.startswith(MINUS):
            word = " – "
        text = f"{text}{word}{value}"
    return text


def _middle(call: _Call, side: str) -> str:
    if side != ("out" if call.options.flip else "in") or not call.middle:
        return ""
    return call.middle if call.middle.startswith("-") else f" {call.middle}"


def _wants_name(call: _Call, unit: Unit, side: str) -> bool:
    options = call.options
    if "name" in unit.flags:
        return True
    if options.abbr is None:
        if "symbol" in unit.flags:
            return False
        if options.display == "or":
            return True
    return _swapped(_abbr(options), options) not in ("on", side)


def _abbr(options: ConvertOptions) -> str:
    if options.abbr is not None:
        return options.abbr
    return "off" if options.spell in ("on", "On") else "out"


def _swapped(side: str, options: ConvertOptions) -> str:
    """Exchange "in" and "out" if the result is displayed first."""
    return {"in": "out", "out": "in"}.get(side, side) if options.flip else side


def _unit_text(
    call: _Call, unit: Unit, side: str, linked: set[str], *, singular: bool
) -> tuple[str, bool]:
    """Return a unit's name or symbol, linked if requested, and whether it is the name."""
    options = call.options
    is_name = _wants_name(call, unit, side)
    if not is_name:
        text = unit.us_symbol if options.us else unit.symbol
    else:
        text = unit.named(plural=not (singular or options.adjective), us=options.us)
        if options.adjective:
            text = text.replace(" ", "-")
    if not text:
        raise UnknownArgument
    if _swapped(options.link, options) in ("on", side) and unit.code not in linked:
        if not unit.link:
            raise UnknownArgument
        linked.add(unit.code)
        text = f"[[{unit.link}|{text}]]"
    return text, is_name


def _maybe_spelled(value: Quantity, call: _Call, side: str) -> Quantity:
    spell = call.options.spell
    first = side == ("out" if call.options.flip else "in")
    if not spell or (spell.lower() == "in" and not first):
        return value
    text = spelled(value.shown)
    if text is None:
        raise UnknownArgument
    if spell[0].isupper() and first and value is call.values[0]:
        text = text[0].upper() + text[1:]
    return replace(value, shown=text)


def _total(call: _Call) -> float:
    """Return the first value, in the smallest of the given units."""
    total = call.values[0].number
    for above, below, value in zip(call.units, call.units[1:], call.smaller, strict=False):
        if total < 0:
            raise UnknownArgument
        total = total * SUBUNITS[above.code, below.code][0] + value.number
    return total


def _converted(call: _Call, unit: Unit) -> list[Quantity]:
    """Return the values in another unit, all with the precision of the most precise one."""
    given = call.units[-1]
    change = any(between.change for between in call.ranges)
    if change and given.offset is not None:
        raise UnknownArgument
    pairs = []
    for value in call.values:
        number = _total(call) if call.smaller else value.number
        result = number * (given.scale / unit.scale)
        if given.offset is not None and unit.offset is not None:
            result = (number - given.offset) * (given.scale / unit.scale) + unit.offset
        pairs.append((number, result))
    precision = call.precision
    if precision is None and not call.options.figures and not call.options.multiple:
        precision = max(
            _precision(call, value, number, abs(result), unit)
            for value, (number, result) in zip(call.values, pairs, strict=True)
        )
    return [written(result, precision, call.options) for _, result in pairs]


def _precision(call: _Call, value: Quantity, number: float, result: float, unit: Unit) -> int:
    """Return the default number of decimals of a result; negative: zeros before the point."""
    given = call.units[-1]
    last = call.smaller[-1] if call.smaller else value
    if last.denominator:
        digits = max(math.log10(last.denominator), 1.0)
    elif "." in last.clean:
        digits = float(len(last.clean.partition(".")[2]))
    else:
        digits = 0.0 if call.smaller else float(-zeros_of(last.clean))
    if given.offset is not None and unit.offset is not None:
        kelvin = abs((number - given.offset) * given.scale)
        least = 2 if kelvin < 1e-8 else 2 - math.floor(math.log10(kelvin) + 1e-14)
        return max(math.floor(digits), least)
    if number == 0 or result == 0:
        return 0
    if "integer" in unit.flags and number == math.floor(number):
        adjust = -math.log10(given.scale)
    elif call.smaller and "subunit" in given.flags:
        adjust = math.log10(unit.scale) + 2
    else:
        adjust = math.log10(abs(number / result))
    least = 1 - math.floor(math.log10(result) + 1e-14)
    return max(math.floor(digits + adjust + math.log10(2)), least)


def _in_two_units(call: _Call, code: str, linked: set[str]) -> str:
    """Return the quantity in two units, for example feet and inches."""
    large_code, small_code, count = MULTIPLES[code]
    large, small = unit_of(large_code), unit_of(small_code)
    if large is None or small is None or large.kind != call.units[-1].kind or call.options.spell:
        raise UnknownArgument
    options = call.options
    is_name = _wants_name(call, large, "out")
    shown = []
    for value, number in zip(_converted(call, small), _sizes(call, small), strict=True):
        _, point, decimals = value.clean.partition(".")
        size = value.number if point else float(math.floor(number + 0.5))
        upper, lower = divmod(size, count)
        parts = [(upper, f"{upper:.0f}", large)] if upper else []
        parts.append((lower, f"{lower:.{len(decimals)}f}" if lower else "0", small))
        joined = "-" if is_name and options.adjective else _NBSP
        texts = []
        for amount, digits, unit in parts:
            name, _ = _unit_text(call, unit, "out", linked, singular=amount == 1)
            texts.append(f"{grouped(digits, options)}{joined}{name}")
        sign = MINUS if value.shown.startswith(MINUS) else ""
        shown.append(sign + ("-" if joined == "-" else " ").join(texts))
    return _joined(shown, call, is_name=is_name) + _middle(call, "out")


def _sizes(call: _Call, unit: Unit) -> list[float]:
    """Return the absolute values in another unit, before rounding."""
    given = call.units[-1]
    numbers = [_total(call)] if call.smaller else [value.number for value in call.values]
    return [abs(number * (given.scale / unit.scale)) for number in numbers]
