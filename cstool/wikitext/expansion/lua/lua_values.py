"""Values that pass between Lua and Python: strings of Lua are bytes; unknown text ends a call."""

import re
from collections.abc import Callable

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.functions.outcomes import unknown_in
from cstool.wikitext.markers import HOLE

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_LONGEST_NAME = 100

# What a function that Lua calls returns: a value, or several as a tuple.
Callback = Callable[..., object]


class LuaFaultError(Exception):
    """An error that the module's code can catch; the argument is its message."""


class UnknownError(Exception):
    """A call needs what is unknown, so that its output is a hole; the argument is its mark."""


def unknown(name: str) -> UnknownError:
    """Return the exception for something unknown, by its name."""
    return UnknownError(hole(_CONTROL.sub(" ", name)[:_LONGEST_NAME]))


def text_of(value: object) -> str:
    """Return a string of Lua as text; bytes that are not UTF-8 become U+FFFD."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return f"{value:.14g}"
    return str(value)


def lua_text(text: str) -> bytes:
    """Return text as a string of Lua. Raises UnknownError if it has a hole."""
    if HOLE in text:
        raise UnknownError(unknown_in(text) or hole("text"))
    return text.encode("utf-8", "replace")
