"""The operators of expressions (`#expr`): their ranks, and what they do with PHP's numbers.

After MediaWiki's extension ParserFunctions (REL1_39, ExprParser.php). Integers (from `mod`, `trunc`
and comparisons) have 64 bits and become floats when they overflow.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cstool.wikitext.expansion.functions.php_rounding import rounded
from cstool.wikitext.expansion.functions.php_values import Number, limited, to_integer

_Unary = Callable[[Number], Number]
_Binary = Callable[[Number, Number], Number]


class ExpressionError(ValueError):
    """An expression that MediaWiki reports as invalid; the text is its message in English."""


class Operator(NamedTuple):
    """`name`: in messages; `rank`: higher binds tighter; `operands`: how many it takes."""

    name: str
    rank: int
    operands: int
    apply: Callable[..., Number]


def _exact(whole: Callable[[int, int], int], real: Callable[[float, float], float]) -> _Binary:
    """Return an operation of PHP: of integers as far as 64 bits go, else of floats."""

    def apply(left: Number, right: Number) -> Number:
        if isinstance(left, int) and isinstance(right, int):
            return limited(whole(left, right))
        return real(float(left), float(right))

    return apply


def _divided(left: Number, right: Number) -> Number:
    if not right:
        raise ExpressionError("Division by zero.")
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return limited(left // right)
    return float(left) / float(right)


def _remainder(left: Number, right: Number) -> Number:
    first, second = to_integer(left), to_integer(right)
    if not second:
        raise ExpressionError("Division by zero.")
    return abs(first) % abs(second) * (-1 if first < 0 else 1)


def _real_remainder(left: Number, right: Number) -> Number:
    if not right:
        raise ExpressionError("Division by zero.")
    return math.nan if math.isinf(left) else math.fmod(left, right)


def _power(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int) and right >= 0:
        small = abs(left) <= 1 or right * math.log2(abs(left)) < 70
        return limited(left**right) if small else _float_power(left, right)
    return _float_power(left, right)


def _float_power(left: Number, right: Number) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:
        return math.inf if left == 0 else math.nan


def _exponential(number: Number) -> float:
    try:
        return math.exp(number)
    except OverflowError:
        return math.inf


def _scaled(left: Number, right: Number) -> Number:
    power = _power(10, right)
    return _exact(lambda a, b: a * b, lambda a, b: a * b)(left, power)


def _logarithm(number: Number) -> float:
    if number <= 0:
        raise ExpressionError("Invalid argument for ln: <= 0.")
    return math.log(number)


def _square_root(number: Number) -> float:
    if number < 0 or math.isnan(number):
        raise ExpressionError("In sqrt: Result is not a number.")
    return math.sqrt(number)


def _arc(name: str, function: Callable[[float], float]) -> Callable[[Number], float]:
    def apply(number: Number) -> float:
        if number < -1 or number > 1:
            raise ExpressionError(f"Invalid argument for {name}: < -1 or > 1.")
        return function(number)

    return apply


def _finite(function: Callable[[float], float]) -> Callable[[Number], float]:
    """Return a function that is not a number where it has no value."""
    return lambda number: math.nan if math.isinf(number) else function(number)


def _to_whole(function: Callable[[float], int]) -> Callable[[Number], Number]:
    """Return `floor` or `ceil`, which give floats and keep the sign of zero."""

    def apply(number: Number) -> Number:
        if math.isinf(number) or math.isnan(number):
            return number
        return math.copysign(float(function(number)), number)

    return apply


def _product(left: Number, right: Number) -> Number:
    return _exact(lambda a, b: a * b, lambda a, b: a * b)(left, right)


def _negative(number: Number) -> Number:
    return limited(-number) if isinstance(number, int) else -number


def _absolute(number: Number) -> Number:
    return limited(abs(number)) if isinstance(number, int) else abs(number)


_UNARY_OPERATIONS: Mapping[str, _Unary] = {
    "not": lambda number: int(not number),
    "sin": _finite(math.sin),
    "cos": _finite(math.cos),
    "tan": _finite(math.tan),
    "asin": _arc("asin", math.asin),
    "acos": _arc("acos", math.acos),
    "atan": math.atan,
    "exp": _exponential,
    "ln": _logarithm,
    "abs": _absolute,
    "trunc": to_integer,
    "floor": _to_whole(math.floor),
    "ceil": _to_whole(math.ceil),
    "sqrt": _square_root,
}
_BINARY_OPERATIONS: Mapping[str, tuple[int, _Binary]] = {
    "e": (10, _scaled),
    "^": (8, _power),
    "*": (7, _product),
    "/": (7, _divided),
    "div": (7, _divided),
    "mod": (7, _remainder),
    "fmod": (7, _real_remainder),
    "+": (6, _exact(lambda a, b: a + b, lambda a, b: a + b)),
    "-": (6, _exact(lambda a, b: a - b, lambda a, b: a - b)),
    "round": (5, lambda number, places: rounded(float(number), to_integer(places))),
    "=": (4, lambda left, right: int(left == right)),
    "<": (4, lambda left, right: int(left < right)),
    ">": (4, lambda left, right: int(left > right)),
    "<=": (4, lambda left, right: int(left <= right)),
    ">=": (4, lambda left, right: int(left >= right)),
    "<>": (4, lambda left, right: int(left != right)),
    "!=": (4, lambda left, right: int(left != right)),
    "and": (3, lambda left, right: int(bool(left) and bool(right))),
    "or": (2, lambda left, right: int(bool(left) or bool(right))),
}

OPEN = Operator("(", -1, 0, lambda: 0)
SIGNS = {"-": Operator("-", 10, 1, _negative), "+": Operator("+", 10, 1, lambda number: number)}
UNARY = {name: Operator(name, 9, 1, apply) for name, apply in _UNARY_OPERATIONS.items()}
BINARY = {
    # MediaWiki's messages call both signs of an operation by the same name.
    name: Operator({"div": "/", "!=": "<>"}.get(name, name), rank, 2, apply)
    for name, (rank, apply) in _BINARY_OPERATIONS.items()
}
