"""Loops over each character of a page's text: finding markup.

Compiled if there is a C compiler (`_scan.c`); what that saves: docs/measurements/design.md.
"""

import re

from cstool.wikitext.markers import NOTHING, nothing

__all__ = ["calls", "pass_lines", "pass_notes", "prefixed"]

_BRACES = re.compile(r"\{\{+|\}\}+")
_NOTE = re.compile(r"<ref(?=[\s/>])[^>]*+(?<=/)>", re.IGNORECASE | re.ASCII)
_LONG_NOTE = re.compile(
    r"<ref(?=[\s/>])[^>]*+>(?:[^<]++|<(?!/ref\s*>))*+</ref\s*+>", re.IGNORECASE | re.ASCII
)
_TAG = re.compile(r"<([a-z-]+)(?=[\s/>])", re.IGNORECASE | re.ASCII)
_BLANKS = re.compile(r"[ \t]*")
_PREFIXED = re.compile(r"\[\[(?<!\[\[\[)([^\[\]|:\n]*):")


def calls_in_python(text: str) -> list[tuple[int, int, int]]:
    """Return the outermost pairs of braces: start, end (exclusive), and 2 or 3 braces.

    Paired as by Preprocessor_Hash (MediaWiki REL1_39): runs of braces, three before two, innermost
    first; braces without a partner are plain text.
    """
    found: list[tuple[int, int, int]] = []
    opened: list[list[int]] = []
    for match in _BRACES.finditer(text):
        start, end = match.span()
        if text[start] == "{":
            opened.append([start, end - start])
            continue
        while opened and end - start >= 2:
            begin, count = opened[-1]
            pair = 3 if min(count, end - start) >= 3 else 2
            start += pair
            count -= pair
            if count >= 2:
                opened[-1][1] = count
            else:
                opened.pop()
            while found and found[-1][0] >= begin + count:
                found.pop()
            found.append((begin + count, start, pair))
    return found


def prefixed_in_python(text: str) -> list[tuple[int, int]]:
    """Return the links whose target has a colon: the offsets of their brackets and of the colon."""
    return [(match.start(), match.end() - 1) for match in _PREFIXED.finditer(text)]


def pass_notes_in_python(
    text: str, start: int, end: int, closed: bool, names: frozenset[str], out: list[str]
) -> int:
    """Append the text from `start` to `out`, without comments and footnotes, up to a tag.

    That is the first tag with one of the `names` that begins before `end`. Return its offset; -1 if
    there is none, and `out` has the rest. Unless `closed`, no footnote after `start` is closed.
    """
    at = text.find("<", start)
    head = -1  # the end of comments at the start of a line, which then begins there
    while at >= 0:
        before = start
        if text.startswith("<!--", at):
            first, after = _comment(text, at)
            first = max(start, first)
            out.append(text[start:first])
            if first == head or text[first - 1 : first] in ("", "\n"):
                head = after
            start = at = after
        elif note := _NOTE.match(text, at) or (closed and _LONG_NOTE.match(text, at)):
            mark = NOTHING if at == head else nothing(text, at, note.end())
            out += (text[before:at], mark)
            start = at = note.end()
        elif at < end and (tag := _TAG.match(text, at)) and tag[1].lower() in names:
            out.append(text[start:at])
            return at
        else:
            at += 1
        at = text.find("<", at)
    out.append(text[start:])
    return -1


def _comment(text: str, start: int) -> tuple[int, int]:
    """Return where to cut for the comment that begins at `start`; includes its line if it is alone.

    After Preprocessor_Hash::preprocessToObj; comments that follow it on its line are included.
    """
    after = _comment_end(text, start)
    before = start
    while before and text[before - 1] in " \t":
        before -= 1
    if before and text[before - 1] != "\n":
        return start, after
    end = _BLANKS.match(text, after).end()  # type: ignore[union-attr]
    while text.startswith("<!--", end):
        end = _BLANKS.match(text, _comment_end(text, end)).end()  # type: ignore[union-attr]
    return (before, end + 1) if text.startswith("\n", end) else (start, after)


def _comment_end(text: str, start: int) -> int:
    end = text.find("-->", start + 4)
    return len(text) if end < 0 else end + 3


def pass_lines_in_python(
    _text: str, at: int, before: str, _own: str, _holes: bool, _kept: list[str]
) -> tuple[int, str]:
    """Append the lines from `at` to `kept`, up to one that needs a closer look (`running_lines`).

    That is one with a tag, a block or the mark of a term, one that begins with a character of
    `own` (headings are passed over unless `own` has "="), or, unless `holes`, a list item with a
    hole. Return its offset, and the line before, if
    its paragraph may continue. In Python, each line needs that look.
    """
    return at, before


try:
    from cstool.wikitext._scan import calls, pass_lines, pass_notes, prefixed
except ImportError:
    calls, prefixed = calls_in_python, prefixed_in_python
    pass_lines, pass_notes = pass_lines_in_python, pass_notes_in_python
