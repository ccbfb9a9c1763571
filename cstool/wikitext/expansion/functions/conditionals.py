"""`#if`, `#ifeq`, `#switch` (extension ParserFunctions)."""

from collections.abc import Sequence

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import Argument, Frame, Function, Variable
from cstool.wikitext.markers import HOLE


def _if(frame: Frame, arguments: Sequence[Argument]) -> str:
    condition = arguments[0].whole().strip()
    if HOLE in condition:
        return hole("#if")
    return _branch(arguments, 1 if condition else 2)


def _ifeq(frame: Frame, arguments: Sequence[Argument]) -> str:
    left = arguments[0].whole().strip()
    right = arguments[1].whole().strip() if len(arguments) > 1 else ""
    if HOLE in left or HOLE in right:
        return hole("#ifeq")
    return _branch(arguments, 2 if left == right else 3)


def _branch(arguments: Sequence[Argument], number: int) -> str:
    return arguments[number].whole().strip() if number < len(arguments) else ""


FUNCTIONS: dict[str, Function] = {"if": _if, "ifeq": _ifeq}
VARIABLES: dict[str, Variable] = {"!": lambda frame: "|", "=": lambda frame: "="}
