"""Remove elements that templates hide: by style, and marks for editors such as [citation needed].

Text with `display:none` is for sorting, with `visibility:hidden` for alignment; on most wikis the
class `Inline-Template` is that of marks for editors, as the silent templates show them.
"""

import re
from functools import cache

from cstool.wikitext.extension_tags import tags
from cstool.wikitext.markers import NOTHING, Markers

_TAG = re.compile(r"<([a-z]+)(\s[^<>]*)(?<!/)>", re.IGNORECASE)
_HIDES = re.compile(
    r"""\bstyle\s*=\s*(?:"[^"]*|'[^']*|)\b(?:display\s*:\s*none|visibility\s*:\s*hidden)\b"""
    r"""|\bclass\s*=\s*(?:"[^"]*|'[^']*|)\bInline-Template\b""",
    re.IGNORECASE,
)
_WORDS = ("isplay", "isibility", "Inline-Template")
_VOID = frozenset({"wbr", "link", "meta"})


def without_hidden(text: str, marks: Markers) -> str:
    """Return the output of a template without hidden elements; one without an end is a hole."""
    if not any(word in text for word in _WORDS):
        return text
    out: list[str] = []
    at = 0
    tag = _TAG.search(text)
    while tag:
        name = tag[1].lower()
        end = tag.end()
        if name in _inline() and _HIDES.search(tag[2]):
            out.append(text[at : tag.start()])
            at = _end(text, name, end)
            if at < 0:
                return "".join([*out, marks.hole(f"unclosed <{name}>"), text[end:]])
            out.append(NOTHING)
            end = at
        tag = _TAG.search(text, end)
    return "".join([*out, text[at:]])


@cache
def _inline() -> frozenset[str]:
    return frozenset(tags()["html"]["inline"]) - _VOID


@cache
def _same(name: str) -> re.Pattern[str]:
    return re.compile(rf"<(/?){name}(?=[\s>/])[^<>]*(?<!/)>", re.IGNORECASE)


def _end(text: str, name: str, start: int) -> int:
    """Return the end of the element whose content begins at `start`, -1 if it has no end."""
    depth = 1
    for tag in _same(name).finditer(text, start):
        depth += -1 if tag[1] else 1
        if not depth:
            return tag.end()
    return -1
