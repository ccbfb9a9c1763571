"""Inline markup: HTML tags, external links, behaviour switches, character references.

After Sanitizer::internalRemoveHtmlTags, Parser::handleExternalLinks and MagicWordFactory's
double-underscore words (MediaWiki REL1_39).
"""

import re
from functools import cache

from cstool.wikitext.character_references import decode_entities
from cstool.wikitext.extension_tags import names, tags
from cstool.wikitext.markers import APART, CONTINUES, HEADING_MARK, INVISIBLE, NOTHING, Markers
from cstool.wikitext.tables import of_language
from cstool.wikitext.titles import PROTOCOLS
from cstool.wikitext.variants import pieces, variants_of

INLINE = re.compile(rf"</?(?:{'|'.join(tags()['html']['inline'])})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_BREAK = re.compile(rf"</?(?:{'|'.join(tags()['html']['break'])})(?=[\s/>])[^<>]*>", re.IGNORECASE)
# Boxes, whose content is not running text.
BOX = re.compile(r"<(/?)(?:div|center)(?=[\s/>])[^<>]*>", re.IGNORECASE)
# The characters of an address (Parser::EXT_LINK_URL_CLASS): `&lt;` and a space of any kind end it.
_SPACES = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ADDRESS = rf"(?:[^\[\]<>\"\x00-\x20\x7f\ufffd&{_SPACES}]|&(?!(?:lt|gt);))"
_EXTERNAL = re.compile(
    rf"\[(?:{PROTOCOLS})(?:\[[0-9a-f:.]+\]|{_ADDRESS}){_ADDRESS}*+[{_SPACES}]*+([^\]]*+)\]",
    re.IGNORECASE,
)
# Not only letters, because Indic scripts have vowel signs. Japanese may use full-width low lines.
_SWITCH = re.compile(r"__[^\W\d_][^\s\[\]{}|<>]*?__|＿＿\w+?＿＿")
_DEEPEST_CONVERTER = 5
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_TAG = re.compile(r"</?([a-z][^\s/<>]*)[^<>]*>", re.IGNORECASE)
_BROKEN_TAG = re.compile(
    rf"</?([a-zA-Z]+[1-6]?)(?=[\s/{CONTINUES}{HEADING_MARK}])"
    rf"[^<>\n{CONTINUES}]*[\n{CONTINUES}][^<>]*>"
)
_LINE = re.compile(rf"[^\n{CONTINUES}]+")


def without_breaks(text: str) -> str:
    """Return an anchor on one line: line breaks become spaces."""
    text = _BREAK.sub(" ", text) if "<" in text else text
    return text.replace("\n", " ").replace(CONTINUES, " ")


def without_switches(text: str, language: str) -> str:
    """Return a page's text without behaviour switches: `__NOTOC__` in all languages of the wiki."""
    if "__" not in text and "＿" not in text:
        return text
    kept: list[str] = []
    at = 0
    match = _SWITCH.search(text)
    while match:
        known = match[0].lower() in _switches(language)
        if known:
            kept.append(text[at : match.start()])
            at = match.end()
        # The end of an unknown word may begin a switch: __O__TOC__.
        match = _SWITCH.search(text, match.end() if known else match.end() - 2)
    return "".join([*kept, text[at:]])


def plain(text: str, marks: Markers, language: str) -> str:
    """Return lines of text without inline markup; breaks become new lines."""
    if "[" in text:
        text = _LINE.sub(lambda line: _without_urls(line[0], marks), text)
    if "<" in text:
        text = INLINE.sub("", _BREAK.sub("\n", text))
        text = _TAG.sub(lambda tag: _stray(tag, marks), text)
    if "-{" in text and variants_of(language):
        text = _without_converters(text, marks, language)
    if "&" in text:
        text = decode_entities(text)
    text = text.replace(NOTHING, "").replace(APART, "").replace("\u00a0", " ")
    return _INVISIBLE.sub("", text) if not text.isascii() else text


def _without_converters(text: str, marks: Markers, language: str) -> str:
    """Return a line with `-{…}-` replaced by what it shows, inner ones first."""
    for _ in range(_DEEPEST_CONVERTER):
        parts = pieces(text, language)
        if len(parts) == 1:
            break
        text = "".join(marks.hole("-{…}-") if part is None else part for part in parts)
    if "-{" in text:
        text = text.replace("-{", marks.hole("stray -{"))
    # A closing bracket is kept, for the splitter.
    return text.replace("}-", "}" + marks.hole("stray }-")) if "}-" in text else text


def is_known(tag: re.Match[str]) -> bool:
    """Return whether a tag, by its name, is one; else it is text.

    After Sanitizer::internalRemoveHtmlTags.
    """
    return tag[1].lower() in names()


def with_whole_tags(text: str) -> str:
    """Return lines of wikitext in which tags that extend over lines are on one line."""
    return _BROKEN_TAG.sub(_joined_tag, text)


def _joined_tag(tag: re.Match[str]) -> str:
    """Return a tag on one line, unless it is text."""
    return tag[0].replace("\n", " ").replace(CONTINUES, " ") if is_known(tag) else tag[0]


def _stray(tag: re.Match[str], marks: Markers) -> str:
    """Return what replaces a tag that is left when pairs of tags are read."""
    return marks.hole(f"tag {tag[0][:20]}") if is_known(tag) else tag[0]


def _without_urls(line: str, marks: Markers) -> str:
    """Return a line with external links replaced by their texts."""
    # No link ends after the last "]"; searching there would cost a scan for each "[".
    end = line.rfind("]") + 1
    if not end:
        return line
    shown = _EXTERNAL.sub(lambda m: m[1] or marks.hole("numbered external link"), line[:end])
    return shown + line[end:]


@cache
def _switches(language: str) -> frozenset[str]:
    return frozenset(name.lower() for (name,) in of_language("switches.tsv", language))
