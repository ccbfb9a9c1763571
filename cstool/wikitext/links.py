"""Wikilinks: `[[Target|anchor]]trail` → a marked anchor; categories are removed.

After Parser::handleInternalLinks2 and the languages' $linkTrail (MediaWiki REL1_39).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

from cstool.wikitext.character_references import decode_entities
from cstool.wikitext.inline import BOX, without_breaks
from cstool.wikitext.markers import APART, CONTINUES, NOTHING, PICTURE, Markers, nothing, protect
from cstool.wikitext.quotes import without_quotes
from cstool.wikitext.scan import prefixed
from cstool.wikitext.tables import of_language
from cstool.wikitext.titles import CATEGORY, Namespaces, normal_prefix

# [[target|anchor]]; an anchor may contain single brackets. Possessive, to avoid backtracking. After
# a third bracket it is not a link, because a target cannot begin with `[`.
_LINK = (
    r"\[\[(?<!\[\[\[)([^\[\]|\n<>{}\x01-\x1f]++)"
    r"(?:\|((?>[^\[\]]++|\](?!\]))*+(?:\[(?!\[)(?>[^\[\]]++|\[(?!\[)|\](?!\](?!\])))*+)?+))?+\]\]"
)
# The mark of an interlanguage link, which removes the white space before it.
_LANGUAGE = "\x18"
_GONE = re.compile(rf"[ \n{CONTINUES}]*{_LANGUAGE}")
_REST = re.compile(r"[^\[\]\n]*\]\]")
_PREFIXES_KEPT = 1 << 12


class LinkParser:
    """The links of a wiki: its patterns, compiled once."""

    def __init__(self, namespaces: Namespaces) -> None:
        self.target = namespaces.target
        self.normalised = namespaces.normalised
        language = namespaces.site.language
        self.trail, self.prefix = trail, prefix = of_language("linktrails.tsv", language)[-1]
        # A prefix may begin at the start of a word, or where another link's trail may end.
        letter = trail.removesuffix("+")
        starts = f"(?:(?<!{prefix})|(?<={letter})(?!{letter}))"
        before = f"({starts}{prefix}*+|)" if prefix else "()"
        self.pattern = re.compile(before + _LINK + (f"((?:{trail})?)" if trail else "()"))
        names = frozenset(namespaces.names(CATEGORY))
        self._is_category = lru_cache(maxsize=_PREFIXES_KEPT)(
            lambda prefix: normal_prefix(prefix) in names
        )

    def without_categories(self, text: str) -> str:
        """Return the text without categories, and without the white space before them."""
        out: list[str] = []
        at = 0
        for start, colon in prefixed(text):
            if start < at or not self._is_category(text[start + 2 : colon]):
                continue
            category = _REST.match(text, colon + 1)
            if category is None:
                continue
            after = category.end()
            before = text[at:start]
            # White space before it is removed, so the rest of its line joins the line above; that
            # line may have been removed, so at a paragraph's end it does not.
            at_head = text[start - 1 : start] in ("", "\n")
            if at_head and text[after : after + 1] not in ("", "\n"):
                out += (before, APART)
            else:
                out += (before.rstrip(f" \n{CONTINUES}"), nothing(text, start, after))
            at = after
        return "".join([*out, text[at:]]) if out else text

    def mark(self, text: str, title: str, marks: Markers) -> str:
        """Return the text with its links replaced by marks; `title` is the page's own title."""
        text = self.pattern.sub(self._marker(title, marks), text)
        return _GONE.sub(NOTHING, text) if _LANGUAGE in text else text

    def _marker(self, title: str, marks: Markers) -> Callable[[re.Match[str]], str]:
        target_of = self.target

        def mark(match: re.Match[str]) -> str:
            prefix, raw, anchor, trail = match.groups()
            kind, target = target_of(raw)
            if anchor is None:
                anchor = own_anchor(raw)
                if "''" in anchor:  # apostrophes are markup only in an explicit anchor
                    marks.protects = True
                    anchor = protect(anchor)
            elif PICTURE in anchor or (not anchor and kind in ("here", "other", "project")):
                kind = "invalid"  # as is a link around a link, or with a pipe but no anchor
            elif "[" in anchor and "//" in anchor:
                anchor = marks.hole("address in a link")
            elif "<" in anchor and BOX.search(anchor):
                anchor = marks.hole("box in a link")
            elif "''" in anchor or "<" in anchor or "\n" in anchor or CONTINUES in anchor:
                anchor = without_breaks(without_quotes(anchor))
            if kind == "page" and (target != title or "#" in raw):
                shown = prefix + anchor + trail
                return marks.link(target, shown) if anchor else marks.hole("empty link")
            if kind == "invalid":
                return prefix + marks.hole("broken link") + trail
            if kind == "language":
                return prefix + _LANGUAGE + trail
            hidden = kind in ("category", "file")
            return prefix + trail if hidden else prefix + anchor + trail

        return mark


def own_anchor(raw: str) -> str:
    """Return the text of a link without an anchor: its target as written, with trailing spaces."""
    text = raw.lstrip(" ").removeprefix(":")
    if "%" in text:
        text = unquote(text)
    return decode_entities(text) if "&" in text else text
