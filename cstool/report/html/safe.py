"""Removes control characters and direction overrides from the text of a page.

HTML escaping covers markup only. A stray U+2069 ends the isolate of a <bdi>, an override changes
the displayed order of the following text, and control characters are invalid in HTML.
"""

from typing import Any

from cstool.execution.terminal import replace_unsafe


def safe(value: Any) -> Any:
    """Return the value with U+FFFD for the unsafe characters of all strings, keys included.

    Line feeds are kept: pages have paragraphs, and elsewhere they are white space in HTML.
    """
    # Markup is a subclass of str; it contains cstool's own or already safe text.
    if type(value) is str:
        return replace_unsafe(value, lines=True)
    if isinstance(value, dict):
        return {safe(key): safe(its) for key, its in value.items()}
    if isinstance(value, list | tuple):
        return [safe(one) for one in value]
    return value
