"""Values as PHP has them: strings that are numbers, comparison, conversion to and from text.

After PHP 8 (Zend/zend_operators.c: _is_numeric_string_ex, zendi_smart_str_equal; main/snprintf.c:
php_gcvt), on which the results of `#ifeq`, `#switch` and `#expr` depend.
"""

import math
import re

LARGEST = 2**63 - 1
SMALLEST = -(2**63)

Number = int | float

_SPACE = r"[ \t\n\r\v\f]*"
_NUMBER = r"[+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?"
_NUMERIC = re.compile(f"{_SPACE}({_NUMBER}){_SPACE}")
_LEADING = re.compile(f"{_SPACE}({_NUMBER})")
_PRECISION = 14
# Digits beyond which a whole number is a float, and int() refuses more than 4300.
_LONGEST = 400


def numeric(text: str) -> Number | None:
    """Return the number that a text is for PHP, else None; integers beyond 64 bits are floats."""
    match = _NUMERIC.fullmatch(text)
    return _converted(match) if match else None


def leading_number(text: str) -> Number:
    """Return the number that a text begins with, as PHP's conversions read it, else 0."""
    match = _LEADING.match(text)
    return _converted(match) if match else 0


def _converted(match: re.Match[str]) -> Number:
    text, point, fraction, exponent = match.groups()
    whole = point is None and fraction is None and exponent is None
    return limited(int(text)) if whole and len(text) <= _LONGEST else float(text)


def limited(number: int) -> Number:
    """Return a whole number, as a float if it needs more than 64 bits."""
    return number if SMALLEST <= number <= LARGEST else float(number)


def equal(left: str, right: str) -> bool:
    """Return whether two texts are equal for PHP (`==`): as numbers if both are numbers."""
    if left == right:
        return True
    first = numeric(left)
    second = None if first is None else numeric(right)
    if first is None or second is None:
        return False
    if isinstance(first, float) and isinstance(second, float):
        # Integers beyond 64 bits and infinities are compared as texts.
        if first == second and (math.isinf(first) or (_is_whole(left) and _is_whole(right))):
            return False
        return first == second
    if isinstance(first, float) or isinstance(second, float):
        if any(isinstance(n, float) and _is_whole(t) for n, t in ((first, left), (second, right))):
            return False
        return float(first) == float(second)
    return first == second


def _is_whole(text: str) -> bool:
    match = _NUMERIC.fullmatch(text)
    return match is not None and match[2] is None and match[3] is None and match[4] is None


def to_integer(number: Number) -> int:
    """Return a number without its fraction, modulo 2^64 as PHP's conversion to `int`."""
    if isinstance(number, int):
        return number
    if math.isinf(number) or math.isnan(number):
        return 0
    return (int(number) - SMALLEST) % 2**64 + SMALLEST


def integer(text: str) -> int:
    """Return the whole number that a text begins with, within 64 bits, as PHP's `intval`."""
    number = leading_number(text)
    if isinstance(number, float) and abs(number) > LARGEST:
        return LARGEST if number > 0 else SMALLEST
    return to_integer(number)


def to_text(number: Number) -> str:
    """Return a number as PHP writes it: 14 significant digits, `1.0E+15`."""
    if isinstance(number, int):
        return str(number)
    if math.isnan(number):
        return "NAN"
    if math.isinf(number):
        return "INF" if number > 0 else "-INF"
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    mantissa, _, exponent = f"{number:.{_PRECISION - 1}e}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    digits = mantissa.lstrip("-").replace(".", "").rstrip("0")
    point = int(exponent) + 1
    if point > _PRECISION or point < -3:
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1:+d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole = digits[:point].ljust(point, "0")
    return f"{sign}{whole}.{digits[point:]}" if len(digits) > point else f"{sign}{whole}"
