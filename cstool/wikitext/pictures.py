"""Pictures within a line, such as icons and flags: removed, or holes if the text needs them.

A picture is no text, but where the page shows a letter or a symbol as a picture, the text around it
is not whole.
"""

import re
from unicodedata import category

from cstool.wikitext.markers import (
    CONTINUES,
    HOLE,
    HOLE_END,
    LINK,
    LINK_END,
    NOTHING,
    PICTURE,
    Markers,
)

_BLANK = f" \t\u00a0{CONTINUES}"
_BEFORE_LEADING = _BLANK + NOTHING
_DASH = "[-\u2010-\u2015\u2212:：]"
# Pictures and, for those at the start of a line, the dash or colon after them, which is like a list
# mark; not before other markup, which is removed first.
_LEADING = re.compile(
    rf"{PICTURE}[{PICTURE}{_BLANK}{NOTHING}]*+(?!{_DASH}?[&<]|')"
    rf"(?:{_DASH}(?=[{_BLANK}{LINK}]|\[\[|'')[{_BLANK}]*)?"
)
_RUN = re.compile(rf"{PICTURE}(?:[{_BLANK}]*{PICTURE})*")
_LINE_ENDS = ("", "\n")
_OPENING = frozenset("([{<«“„‘\"'¿¡（［｛〈《「『【")
_QUOTES = frozenset("\"'’”")
_APOSTROPHES = frozenset("'’")
_CLOSING = frozenset(")]}>».,;:!?…%、。，．！？；：）］｝〉》」』】،؛؟۔।॥։՝՜՞")
# Punctuation that may follow a space, in French.
_SPACED = frozenset(":;!?»")
_BEFORE_ICON = frozenset(f"{LINK_END}.,;!?…–—•·/|、。，．！？；،؛؟۔।॥։")


def without_leading(text: str) -> str:
    """Return lines of wikitext without the pictures at their starts."""
    return _without_leading(text, NOTHING) if PICTURE in text else text


def _without_leading(text: str, mark: str) -> str:
    """Return lines with a mark in place of the pictures at their starts."""
    out: list[str] = []
    at = begin = 0
    # A single character is found faster than a pattern.
    while (start := text.find(PICTURE, begin)) >= 0:
        run = _LEADING.match(text, start)
        begin = run.end() if run else start + 1
        if run and _leads(run):
            out += (text[at:start], mark)
            at = begin
    return "".join([*out, text[at:]]) if out else text


def _leads(run: re.Match[str]) -> bool:
    """Return whether pictures are at the start of a line."""
    text, at = run.string, run.start()
    while at and text[at - 1] in _BEFORE_LEADING:
        at -= 1
    return at == 0 or text[at - 1] == "\n"


def without_pictures(text: str, marks: Markers) -> str:
    """Return lines without markup and without pictures; some pictures become holes."""
    if PICTURE not in text:
        return text
    text = _without_leading(text, "")
    out: list[str] = []
    at = 0
    for run in _RUN.finditer(text):
        start, end = run.span()
        before, after = start - 1, end
        while before >= 0 and text[before] in _BLANK:
            before -= 1
        while after < len(text) and text[after] in _BLANK:
            after += 1
        whole = _is_whole(
            text[before : before + 1] if before >= 0 else "",
            text[after : after + 2],
            before < start - 1,
            after > end,
        )
        out += (text[at:start], "" if whole else marks.hole("picture within text"))
        at = end
    out.append(text[at:])
    return "".join(out)


def _is_whole(before: str, following: str, spaced_before: bool, spaced_after: bool) -> bool:
    """Return whether text is whole without a picture, by the characters and spaces around it.

    `before`: the character before it; `following`: the two after it. The text is not whole if it
    has empty brackets, a space before punctuation or after a bracket or another sign, or if two
    words are joined. Before a link or a name, the picture is an icon.
    """
    after = following[:1]
    if before in _LINE_ENDS or after in _LINE_ENDS or before == HOLE_END or after == HOLE:
        return True
    if after in _APOSTROPHES and following[1:].isalpha() and spaced_before and not spaced_after:
        return False  # `the 's`
    if after in _CLOSING or after in _QUOTES:
        spaced = spaced_before and after not in _QUOTES and not (spaced_after and after in _SPACED)
        return before not in _OPENING and not spaced
    if after == LINK or (spaced_after and after.isupper()) or before in _BEFORE_ICON:
        return True
    if before in _OPENING:
        return not spaced_after
    if spaced_before and spaced_after:
        return before.isalnum() or category(before).startswith("M")
    return spaced_before != spaced_after
