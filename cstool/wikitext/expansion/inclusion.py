"""Prepare a definition's wikitext: comments, inclusion tags and extension tags.

After Preprocessor_Hash::preprocessToObj (MediaWiki REL1_39), from left to right. In a page that is
transcluded, <noinclude> is left out, the tags <includeonly> vanish, and <onlyinclude>, if it is
there, selects what is read.
"""

import re
from functools import cache

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.extension_tags import extension_names, replacement
from cstool.wikitext.markers import FORMULA, Markers, formula_mark

# Where something was removed, until the text is compiled: what follows is not at a line's start.
REMOVED = "\x7f"
_COMMENT_LINE = re.compile(r"(?:<!--(?:[^-]++|-(?!->))*+-->[ \t]*+)++\n")
_ONLY = "<onlyinclude>"
_ONLY_END = "</onlyinclude>"


class _NamedHoles(Markers):
    """Marks of a definition: a hole has its name in the text, because the page is not known."""

    def hole(self, name: str, call: str = "") -> str:
        return formula_mark(name) if name[:1] == FORMULA else hole(name)


def transcluded(text: str) -> str:
    """Return what of a page is transcluded, with the marks of `markers` for extension tags."""
    text = text.replace(REMOVED, "?")
    if "<" not in text:
        return text
    return _Reader(text, included=True).read()


def preprocessed(text: str) -> str:
    """Return a text that is part of a page, with the marks of `markers` for extension tags."""
    text = text.replace(REMOVED, "?")
    if "<" not in text:
        return text
    return _Reader(text, included=False).read()


@cache
def _tag(included: bool) -> re.Pattern[str]:
    """Return the pattern of a comment or tag: the name is in group 1."""
    names = sorted(extension_names() - {"includeonly"})
    if included:
        names += ["noinclude", "/?includeonly", _ONLY_END[1:-1] + "(?=>)"]
    else:
        names += ["includeonly", "/?noinclude", "/?onlyinclude"]
    return re.compile(rf"<(?:!--|({'|'.join(names)})(?=\s|/?>))", re.IGNORECASE | re.ASCII)


@cache
def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}\s*>", re.IGNORECASE | re.ASCII)


class _Reader:
    def __init__(self, text: str, *, included: bool) -> None:
        self._text = text
        self._included = included
        self._selects = included and _ONLY in text and _ONLY_END in text
        self._out: list[str] = []
        self._unclosed: set[str] = set()
        self._marks = _NamedHoles(formulas=True)
        # No tag ends after the last ">"; searching there would cost a scan for each "<".
        self._last = text.rfind(">") + 1

    def read(self) -> str:
        """Return the text that is read."""
        text, out = self._text, self._out
        pattern = _tag(self._included)
        at = self._selected(0) if self._selects else 0
        while at < len(text):
            tag = pattern.search(text, at)
            if tag is None:
                out.append(text[at:])
                break
            out.append(text[at : tag.start()])
            at = self._comment(tag.start()) if tag[1] is None else self._element(tag)
        return "".join(out)

    def _selected(self, at: int) -> int:
        """Return the end of the next <onlyinclude>."""
        start = self._text.find(_ONLY, at)
        if start < 0:
            return len(self._text)
        self._out.append(REMOVED)
        return start + len(_ONLY)

    def _comment(self, start: int) -> int:
        """Remove a comment, with its line if there is nothing else; return its end."""
        text = self._text
        end = text.find("-->", start + 4)
        if end < 0:
            return len(text)
        before = start
        while before and text[before - 1] in " \t":
            before -= 1
        alone = before > 0 and text[before - 1] == "\n"
        if alone and (line := _COMMENT_LINE.match(text, start)):
            blank = start - before
            last = self._out[-1]
            if blank and last[-blank:] == text[before:start]:
                self._out[-1] = last[:-blank]
            return line.end()
        self._out.append(REMOVED)
        return end + 3

    def _element(self, tag: re.Match[str]) -> int:
        """Replace a tag, with its content; return its end."""
        text, start = self._text, tag.start()
        name = tag[1]
        lower = name.lower()
        if self._included and lower == "/onlyinclude":
            if self._selects and name == lower:
                return self._selected(start)
            self._out.append(text[start])
            return start + 1
        end = text.find(">", tag.end(), self._last) + 1
        if not end:
            self._out.append(text[start])
            return start + 1
        if lower in self._ignored_tags():
            self._out.append(REMOVED)
            return end
        if text[end - 2] == "/":
            return self._replaced(tag, text[tag.end() : end - 1], "", end)
        close = None if lower in self._unclosed else _closing(lower).search(text, end)
        if close:
            return self._replaced(
                tag, text[tag.end() : end - 1], text[end : close.start()], close.end()
            )
        if name in ("includeonly", "noinclude"):
            return len(text)
        self._unclosed.add(lower)
        if lower in ("includeonly", "noinclude"):
            self._out.append(text[start:end])
        else:
            self._out.append(hole(f"unclosed {lower}"))
        return end

    def _ignored_tags(self) -> tuple[str, ...]:
        if self._included:
            return ("includeonly", "/includeonly")
        return ("noinclude", "/noinclude", "onlyinclude", "/onlyinclude")

    def _replaced(self, tag: re.Match[str], attributes: str, content: str, end: int) -> int:
        name = tag[1].lower()
        if name in ("noinclude", "includeonly"):
            self._out.append(REMOVED)
        else:
            before = self._text[tag.start() - 1 : tag.start()]
            after = self._text[end : end + 1]
            self._out.append(replacement(name, attributes, content, before, after, self._marks))
        return end
