"""What parser functions take and return: texts of arguments, errors, and what is unknown."""

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Literal

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import PHP_SPACE, Argument, Frame, Function
from cstool.wikitext.markers import BLOCK, HOLE, HOLE_END, NOTHING, PROTECTED

# What <nowiki> shows, if some of it would be markup.
_NOWIKI = re.compile(f"{NOTHING}[^{NOTHING}]*{PROTECTED.pattern}[^{NOTHING}]*{NOTHING}")

# A function of texts: of its arguments, expanded and trimmed.
TextFunction = Callable[..., str]

_ERROR = '<strong class="error">'


def error(message: str) -> str:
    """Return the text that a parser function shows for an error, as `#iferror` recognises it."""
    return f"{_ERROR}{escape(message)}</strong>"


def trimmed(arguments: Sequence[Argument], index: int) -> str:
    """Return an argument's text with its name, without space around it; "" if it is missing."""
    return arguments[index].whole().strip(PHP_SPACE) if index < len(arguments) else ""


def unknown_in(*texts: str) -> str | None:
    """Return the mark of the first hole in the texts, None if all is known."""
    for text in texts:
        start = text.find(HOLE)
        if start >= 0:
            end = text.find(HOLE_END, start)
            return text[start : end + 1] if end > 0 else text[start:] + HOLE_END
    return None


def of_texts(
    function: TextFunction, most: int, errors: Literal["kept", "lost", "read"] = "kept"
) -> Function:
    """Return a parser function of the texts of its first `most` arguments.

    `function` gets the frame and one text for each argument that is present; an unknown text makes
    the output unknown. What an error in the texts makes is unknown, too, because its message is not
    the wiki's. `errors`: whether `#iferror` still sees it ("kept"), or whether the function gives
    the same for any message ("read").
    """

    def call(frame: Frame, arguments: Sequence[Argument]) -> str:
        texts = [trimmed(arguments, index) for index in range(min(most, len(arguments)))]
        if unknown := unknown_in(*texts):
            return unknown
        fault = next((text for text in texts if _ERROR in text), None)
        if fault is not None and errors != "read":
            return fault if errors == "kept" else hole("error")
        return function(frame, *texts)

    return call


def unmarked(text: str) -> str:
    """Return a text without the marks of what extension tags show (Parser::killMarkers)."""
    text = _NOWIKI.sub("", text) if PROTECTED.search(text) else text
    return text.replace(BLOCK, "").replace(NOTHING, "")
