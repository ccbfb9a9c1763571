"""Rounding and formatting of the results of Template:Convert, after its documentation."""

import math
import re

from cstool.wikitext.builtins.quantities import (
    MINUS,
    ConvertOptions,
    Quantity,
    UnknownArgument,
    grouped,
)

# Larger and smaller results are displayed with powers of ten.
_MOST_DIGITS = 9
_MOST_ZEROS = 3
_MOST_FIGURES = 14
_FUDGE = 2e-14


def zeros_of(digits: str) -> int:
    """Return the number of trailing zeros of a whole number."""
    return len(digits) - len(digits.rstrip("0"))


def written(result: float, precision: int | None, options: ConvertOptions) -> Quantity:
    """Return a result, rounded and formatted. Raises UnknownArgument for powers of ten."""
    size = abs(result)
    if precision is None:
        digits = _to_figures(size, options.figures) if options.figures else ""
        digits = digits or f"{math.floor(size / options.multiple + 0.5) * options.multiple:.0f}"
    elif precision >= 0:
        digits = f"{size + (_FUDGE if precision <= 8 else 0):.{precision}f}"
    else:
        shift = 10.0**-precision
        digits = f"{size / shift:.0f}"
        digits += "0" * -precision if digits != "0" else ""
    whole, _, decimals = digits.partition(".")
    zeros = len(decimals) - len(decimals.lstrip("0"))
    if len(whole) > _MOST_DIGITS or len(digits) > _MOST_FIGURES:
        raise UnknownArgument
    if whole == "0" and zeros > _MOST_ZEROS and zeros < len(decimals):
        raise UnknownArgument
    is_zero = not digits.strip("0.")
    sign = MINUS if result < 0 and not is_zero else ""
    singular = bool(re.fullmatch(r"1(?:\.0+)?", digits))
    shown = sign + grouped(digits, options)
    return Quantity(float(digits), digits, shown, singular)


def _to_figures(size: float, figures: int) -> str:
    """Return a number rounded to significant figures, in plain digits."""
    if size == 0:
        return "0" if figures == 1 else f"0.{'0' * (figures - 1)}"
    exponent = math.floor(math.log10(float(f"{size:.{figures - 1}e}")))
    decimals = max(figures - 1 - exponent, 0)
    return f"{float(f'{size:.{figures - 1}e}'):.{decimals}f}"
