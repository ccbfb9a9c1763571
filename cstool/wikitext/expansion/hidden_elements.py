"""Elements that a page contains, but a browser does not show: `style="display:none"`.

Templates put sort keys and machine-readable dates into them.
"""

import re

_STYLE = r"""\bstyle\s*=\s*(?:"[^"<>]*|'[^'<>]*|)(?:display\s*:\s*none|visibility\s*:\s*hidden)\b"""
_HIDDEN = re.compile(
    rf"<(span|sup|sub|small|b|i|abbr|time|p|div)\b(?=[^<>]*{_STYLE})[^<>]*(?<!/)>", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([a-z]+)\b[^<>]*(?<!/)>", re.IGNORECASE)


def without_hidden(text: str) -> str:
    """Return wikitext without the content of hidden elements; their tags stay.

    Without an end tag, an element ends with the text.
    """
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
