"""What a page contains, but a browser does not show: `style="display:none"`, attributes.

Templates put sort keys and machine-readable dates into hidden elements, and descriptions into
attributes.
"""

import re

from cstool.wikitext.markers import HOLE, HOLE_END

_STYLE = r"""\bstyle\s*=\s*(?:"[^"<>]*|'[^'<>]*|)(?:display\s*:\s*none|visibility\s*:\s*hidden)\b"""
_HIDDEN = re.compile(
    rf"<(span|sup|sub|small|b|i|abbr|time|p|div)\b(?=[^<>]*{_STYLE})[^<>]*(?<!/)>", re.IGNORECASE
)
_UNKNOWN = re.compile(f"{HOLE}[^{HOLE}{HOLE_END}]*{HOLE_END}")
_WITH_UNKNOWN = re.compile(rf"<[a-z][^<>{HOLE}]*[\s=\"']{HOLE}[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z]+)\b[^<>]*(?<!/)>", re.IGNORECASE)


def without_hidden(text: str) -> str:
    """Return wikitext without the content of hidden elements, and without holes inside tags.

    The tags stay. Without an end tag, an element ends with the text.
    """
    if HOLE in text:
        text = _WITH_UNKNOWN.sub(lambda tag: _UNKNOWN.sub("", tag[0]), text)
    if "isplay" not in text and "isibility" not in text:
        return text
    out: list[str] = []
    at = 0
    while found := _HIDDEN.search(text, at):
        out.append(text[at : found.end()])
        at = _end(text, found.end(), found[1].lower())
    out.append(text[at:])
    return "".join(out)


def _end(text: str, start: int, name: str) -> int:
    """Return where the content of an element ends: the offset of its end tag."""
    depth = 1
    for tag in _TAG.finditer(text, start):
        if tag[2].lower() == name:
            depth += -1 if tag[1] else 1
            if not depth:
                return tag.start()
    return len(text)
