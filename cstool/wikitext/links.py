"""Wikilinks: `[[Target|anchor]]trail` → an anchor between marks; files and categories go.

After Parser::handleInternalLinks2 and the languages' $linkTrail (MediaWiki REL1_39).
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from cstool.wikitext.entities import decode_entities
from cstool.wikitext.inline import without_breaks
from cstool.wikitext.marks import Marks
from cstool.wikitext.quotes import without_quotes
from cstool.wikitext.tables import of_language
from cstool.wikitext.titles import CATEGORY, FILE, Namespaces

# [[target|anchor]]; an anchor may hold single brackets. Possessive, so that it cannot run wild.
_LINK = (
    r"\[\[([^\[\]|\n<>{}\x01-\x1f]++)"
    r"(?:\|((?>[^\[\]]++|\[[^\[\]]*+\]|\[(?!\[)|\](?!\]))*+))?+\]\]"
)
_BRACKETS = re.compile(r"\[\[|\]\]")


class Links:
    """The links of a wiki: its patterns, compiled once."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._target = namespaces.target
        trail = of_language("linktrails.tsv", namespaces.site.language)[-1][0]
        self._link = re.compile(_LINK + (f"((?:{trail})?)" if trail else "()"))
        self._file = _opening(namespaces.names(FILE))
        self._category = re.compile(
            rf"\s*\[\[[ _]*(?:{_any(namespaces.names(CATEGORY))})[ _]*:[^\[\]\n]*\]\]",
            re.IGNORECASE,
        )

    def without_files(self, text: str, marks: Marks) -> str:
        """Return the text without pictures and their captions, and without categories."""
        text = self._category.sub("", text)
        out: list[str] = []
        at = 0
        while match := self._file.search(text, at):
            end = _closing(text, match.start())
            out.append(text[at : match.start()])
            if end is None:
                out.append(marks.hole("unclosed [["))
                at = match.end()
            else:
                at = end
        out.append(text[at:])
        return "".join(out)

    def mark(self, text: str, title: str, marks: Marks) -> str:
        """Return the text with marks in place of its links; `title` is the page's own."""
        return self._link.sub(self._marker(title, marks), text)

    def _marker(self, title: str, marks: Marks) -> Callable[[re.Match[str]], str]:
        target_of = self._target

        def mark(match: re.Match[str]) -> str:
            raw, anchor, trail = match.groups()
            kind, target = target_of(raw)
            if anchor is None:
                anchor = _own_anchor(raw)
            elif "''" in anchor or "<" in anchor or "\n" in anchor:
                anchor = without_breaks(without_quotes(anchor))
            if kind == "page" and target != title:
                return marks.link(target, anchor + trail) if anchor else marks.hole("empty link")
            if kind == "invalid":
                return marks.hole("broken link")
            return trail if kind in ("language", "category", "file") else anchor + trail

        return mark


def _own_anchor(raw: str) -> str:
    """Return what a link without an anchor shows: its target as written."""
    text = raw.strip()
    text = text.removeprefix(":")
    if "%" in text:
        text = unquote(text)
    return decode_entities(text) if "&" in text else text


def _any(names: list[str]) -> str:
    return "|".join(re.escape(name).replace("\\ ", "[ _]+") for name in names)


def _opening(names: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\[\[[ _]*(?:{_any(names)})[ _]*:", re.IGNORECASE)


def _closing(text: str, start: int) -> int | None:
    """Return where the link that begins at `start` ends, the links within it counted."""
    depth = 0
    for match in _BRACKETS.finditer(text, start):
        if match[0] == "[[":
            depth += 1
            continue
        depth -= 1
        if not depth:
            end = match.end()
            inner = text[start:end]
            if text.startswith("]", end) and inner.count("[") > inner.count("]"):
                end += 1
            return end
    return None
