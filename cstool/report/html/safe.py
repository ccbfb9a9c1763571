"""Text of a page: without controls, and without overrides of direction.

HTML escapes markup only. A stray U+2069 ends the isolate that <bdi> makes, an override shows what
follows it in another order, and HTML allows no controls.
"""

from typing import Any

from cstool.execution.terminal import replace_unsafe


def safe(value: Any) -> Any:
    """Return the value with U+FFFD for each unsafe character of every text in it, keys included."""
    # Text of a type of its own (Markup) is cstool's, or made of safe text.
    if type(value) is str:
        return replace_unsafe(value)
    if isinstance(value, dict):
        return {safe(key): safe(its) for key, its in value.items()}
    if isinstance(value, list | tuple):
        return [safe(one) for one in value]
    return value
