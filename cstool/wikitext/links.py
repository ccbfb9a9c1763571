"""Wikilinks: `[[Target|anchor]]trail` → a marked anchor; files and categories are removed.

After Parser::handleInternalLinks2 and the languages' $linkTrail (MediaWiki REL1_39).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

from cstool.wikitext.braces import closings
from cstool.wikitext.character_references import decode_entities
from cstool.wikitext.inline import without_breaks
from cstool.wikitext.markers import APART, CONTINUES, NOTHING, PICTURE, Markers, nothing, protect
from cstool.wikitext.quotes import without_quotes
from cstool.wikitext.scan import prefixed
from cstool.wikitext.tables import of_language
from cstool.wikitext.titles import CATEGORY, FILE, Namespaces

# [[target|anchor]]; an anchor may contain single brackets. Possessive, to avoid backtracking. After
# a third bracket it is not a link, because a target cannot begin with `[`.
_LINK = (
    r"\[\[(?<!\[\[\[)([^\[\]|\n<>{}\x01-\x1f]++)"
    r"(?:\|((?>[^\[\]]++|\](?!\]))*+(?:\[(?!\[)(?>[^\[\]]++|\[(?!\[)|\](?!\](?!\])))*+)?+))?+\]\]"
)
# The mark of an interlanguage link, which removes the white space before it.
_LANGUAGE = "\x18"
_GONE = re.compile(rf"[ \n{CONTINUES}]*{_LANGUAGE}")
_WHITE = f" \t\n{CONTINUES}"
_HEADS = ("\n", CONTINUES)
_REST = re.compile(r"[^\[\]\n]*\]\]")
_SPACES = re.compile("[ _]+")
# A picture whose caption contains no markup but links, like nearly all captions.
_FILE = re.compile(r"\[\[[^\[\]\n]*+(?:\[\[[^\[\]\n]*+\]\][^\[\]\n]*+)*+\]\](?!\])")
# Options of pictures that are displayed as blocks (Parser::makeImage), by their magic words.
_BLOCK_OPTIONS = frozenset(
    {"img_thumbnail", "img_framed", "img_left", "img_right", "img_center", "img_none"}
)
_PREFIXES_KEPT = 1 << 12
_THUMB_OPTION = "img_manualthumb"


class LinkParser:
    """The links of a wiki: its patterns, compiled once."""

    def __init__(self, namespaces: Namespaces) -> None:
        self.target = namespaces.target
        self.plain_title = namespaces.plain_title
        language = namespaces.site.language
        self.trail, self.prefix = trail, prefix = of_language("linktrails.tsv", language)[-1]
        # A prefix may begin at the start of a word, or where another link's trail may end.
        letter = trail.removesuffix("+")
        starts = f"(?:(?<!{prefix})|(?<={letter})(?!{letter}))"
        before = f"({starts}{prefix}*+|)" if prefix else "()"
        self.pattern = re.compile(before + _LINK + (f"((?:{trail})?)" if trail else "()"))
        words = [(id_, word) for id_, word, _ in of_language("magicwords.tsv", language)]
        self._blocks = {word for id_, word in words if id_ in _BLOCK_OPTIONS}
        self._thumbs = tuple(word[:-2] for id_, word in words if id_ == _THUMB_OPTION)
        self._hidden = {
            name: number for number in (FILE, CATEGORY) for name in namespaces.names(number)
        }
        self._hidden_number = lru_cache(maxsize=_PREFIXES_KEPT)(self._number_of_hidden)

    def _number_of_hidden(self, prefix: str) -> int | None:
        """Return the namespace of files or of categories that a link's prefix names."""
        return self._hidden.get(_SPACES.sub(" ", prefix).strip().lower())

    def without_files(self, text: str, marks: Markers) -> str:
        """Return the text without pictures and their captions, and without categories.

        A picture beside the text, which ends a paragraph, leaves a mark, and so does one within it.
        """
        joins = CONTINUES in text
        ends: dict[int, int] | None = None
        out: list[str] = []
        at = 0
        for start, colon in prefixed(text):
            if start < at:
                continue
            number = self._hidden_number(text[start + 2 : colon])
            if number is None:
                continue
            after = colon + 1
            if number == CATEGORY:
                category = _REST.match(text, after)
                if category:
                    after = category.end()
                    before = text[at:start]
                    # White space before it is removed, so the rest of its line joins the line
                    # above; that line may have been removed, so at a paragraph's end it does not.
                    at_head = text[start - 1 : start] in ("", "\n")
                    if at_head and text[after : after + 1] not in ("", "\n"):
                        out += (before, APART)
                    else:
                        out += (before.rstrip(f" \n{CONTINUES}"), nothing(text, start, after))
                    at = after
                continue
            plain = _FILE.match(text, start)
            end = plain.end() if plain else None
            if end is None:  # over several lines, or unclosed: match all brackets, once
                ends = closings(text) if ends is None else ends
                end = ends.get(start)
            out.append(text[at:start])
            if end is None:
                out.append(marks.hole("unclosed [["))
                at = after
            else:
                at_head = text[start - 1 : start] in _HEADS
                is_block = (joins or not at_head) and self._is_block(text[after : end - 2])
                at = end + _ends_within(text, start, end)
                if is_block:
                    out.append(APART if at_head else f"{APART}\n{APART}")
                else:
                    out.append(PICTURE)
        out.append(text[at:])
        return "".join(out)

    def _is_block(self, options: str) -> bool:
        """Return whether a picture is displayed as a block, which ends the paragraph."""
        return any(
            option.strip(_WHITE) in self._blocks or option.startswith(self._thumbs)
            for option in options.split("|")[1:]
        )

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


def _ends_within(text: str, start: int, end: int) -> bool:
    """Return whether the first of three brackets ends an inner link: `[[File:x|[http://…]]]`."""
    return text.startswith("]", end) and text.count("[", start, end) > text.count("]", start, end)
