"""Conditions and arithmetic: `#expr`, `#if`, `#ifeq`, `#iferror`, `#ifexpr`, `#ifexist`, `#switch`.

After MediaWiki's extension ParserFunctions (REL1_39, ParserFunctions.php). Only the branch that is
taken is expanded. A condition that depends on a hole is unknown, and so is the whole function,
unless the text around the hole decides it.
"""

import re
from collections.abc import Mapping, Sequence

from cstool.wikitext.character_references import decode_entities
from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import PHP_SPACE, Argument, Frame, Function
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.functions.arithmetic import ExpressionError
from cstool.wikitext.expansion.functions.expressions import evaluate
from cstool.wikitext.expansion.functions.option_words import is_word
from cstool.wikitext.expansion.functions.outcomes import (
    error,
    of_texts,
    trimmed,
    unknown_in,
)
from cstool.wikitext.expansion.functions.php_values import equal, numeric
from cstool.wikitext.markers import BLOCK, HOLE, HOLE_END, NOTHING

_HOLE = re.compile(f"{HOLE}[^{HOLE_END}]*{HOLE_END}")
# Unlike in MediaWiki, without `<` in a tag, so that the time is linear.
_ERROR = re.compile(
    r'<(?:strong|span|p|div)(?=\s)[^<>]*?\sclass="(?:[^"<>]*\s)?error(?:\s[^"<>]*)?"'
)
_MEDIA, _SPECIAL = -2, -1


def _if(frame: Frame, arguments: Sequence[Argument]) -> str:
    condition = trimmed(arguments, 0)
    known = _HOLE.sub("", condition).strip(PHP_SPACE)
    if not known and (unknown := unknown_in(condition)):
        return unknown
    return trimmed(arguments, 1 if known else 2)


def _ifeq(frame: Frame, arguments: Sequence[Argument]) -> str:
    left, right = (_decoded(trimmed(arguments, index)) for index in (0, 1))
    same = _same(left, right)
    if same is None:
        return unknown_in(left, right) or hole("#ifeq")
    return trimmed(arguments, 2 if same else 3)


def _decoded(text: str) -> str:
    return decode_entities(text).strip(PHP_SPACE) if "&" in text else text


def _same(left: str, right: str) -> bool | None:
    """Return whether two texts are equal; None if a hole in them decides that."""
    if HOLE in left or HOLE in right:
        return _could_be(left, right)
    # Each position of removed text is unequal to every other (strip markers have numbers).
    if NOTHING in left or NOTHING in right or BLOCK in left:
        return False
    return equal(left, right)


def _could_be(left: str, right: str) -> bool | None:
    """Return False if what is known of two texts makes them unequal, else None."""
    if HOLE in left and HOLE in right:
        return None
    pattern, text = (left, right) if HOLE in left else (right, left)
    if numeric(text) is not None:
        return None
    known = _HOLE.split(pattern)
    return None if re.fullmatch(".*".join(map(re.escape, known)), text, re.DOTALL) else False


def _iferror(frame: Frame, arguments: Sequence[Argument]) -> str:
    tested = trimmed(arguments, 0)
    if _ERROR.search(tested):
        return trimmed(arguments, 1)
    if unknown := unknown_in(tested):
        return unknown
    return trimmed(arguments, 2) if len(arguments) > 2 else tested


def _expr(_: Frame, expression: str = "") -> str:
    try:
        return evaluate(expression)
    except ExpressionError as fault:
        return error(str(fault))


def _ifexpr(frame: Frame, arguments: Sequence[Argument]) -> str:
    expression = trimmed(arguments, 0)
    if unknown := unknown_in(expression):
        return unknown
    try:
        result = evaluate(expression)
    except ExpressionError as fault:
        return error(str(fault))
    number = numeric(result)
    holds = bool(number) if number is not None else result not in ("", "0")
    return trimmed(arguments, 1 if holds else 2)


def _ifexist(frame: Frame, arguments: Sequence[Argument]) -> str:
    text = trimmed(arguments, 0)
    if unknown := unknown_in(text):
        return unknown
    title = parsed_title(text, frame.site)
    if title is None or title.interwiki:
        return trimmed(arguments, 2)
    if title.namespace in (_MEDIA, _SPECIAL):
        return hole("#ifexist")
    exists = frame.definitions.exists(title.full)
    if exists is None:
        return hole("#ifexist")
    return trimmed(arguments, 1 if exists else 2)


def _switch(frame: Frame, arguments: Sequence[Argument]) -> str:
    if not arguments:
        return ""
    primary = _decoded(trimmed(arguments, 0))
    language = frame.site.language
    found = default_next = False
    default: Argument | None = None
    last: str | None = None
    for argument in arguments[1:]:
        name = argument.name()
        last = argument.whole().strip(PHP_SPACE) if name is None else None
        if found and name is not None:
            return argument.value().strip(PHP_SPACE)
        if found:
            continue
        case = _decoded((last if name is None else name).strip(PHP_SPACE))  # type: ignore[union-attr]
        same = _same(case, primary)
        if same is None:
            # The last text without a name is the default, whatever it is equal to.
            if argument is arguments[-1] and name is None:
                break
            return unknown_in(primary, case) or hole("#switch")
        if same and name is not None:
            return argument.value().strip(PHP_SPACE)
        if same:
            found = True
        elif name is not None and (default_next or is_word(case, "default", language)):
            default, default_next = argument, False
        elif name is None and is_word(case, "default", language):
            default_next = True
    if last is not None:
        return last
    return default.value().strip(PHP_SPACE) if default else ""


FUNCTIONS: Mapping[str, Function] = {
    "expr": of_texts(_expr, 1),
    "if": _if,
    "ifeq": _ifeq,
    "iferror": _iferror,
    "ifexpr": _ifexpr,
    "ifexist": _ifexist,
    "switch": _switch,
}
