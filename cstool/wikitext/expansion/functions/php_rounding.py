"""PHP's `round`, which first rounds to the digits that a float has (PHP 8.2, _php_math_round)."""

import math

_DIGITS = 15
_LARGEST = 1e15


def rounded(value: float, places: int) -> float:
    """Return a number rounded half away from zero to decimal places, which may be negative."""
    if value == 0 or math.isinf(value) or math.isnan(value):
        return value
    precise = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    power = _power_of_ten(abs(places))
    if places < precise < places + _DIGITS:
        kept = max(-4 * _DIGITS, precise)
        moved = _half_up(_times(value, kept))
        moved = moved / _power_of_ten(abs(max(-4 * _DIGITS, places - kept)))
    else:
        moved = value * power if places >= 0 else value / power
        if abs(moved) >= _LARGEST:
            return value
    if abs(moved) >= _LARGEST:
        return value
    moved = _half_up(moved)
    if abs(places) < 23:
        return moved / power if places > 0 else moved * power
    result = float(f"{moved:.6f}e{-places}")
    return value if math.isinf(result) or math.isnan(result) else result


def _times(value: float, places: int) -> float:
    power = _power_of_ten(abs(places))
    return value * power if places >= 0 else value / power


def _power_of_ten(exponent: int) -> float:
    try:
        return 10.0**exponent
    except OverflowError:
        return math.inf


def _half_up(value: float) -> float:
    return math.copysign(float(math.floor(abs(value) + 0.5)), value)
