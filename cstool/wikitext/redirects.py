"""Redirects without a <redirect> element: pages whose text begins with `#REDIRECT [[…]]`.

After WikitextContent::getRedirectTargetAndText (MediaWiki REL1_39). The dumps of MediaWiki's own
export contain the element; Wikimedia's "Content File Exports" before October 2025 do not.
"""

import re
from functools import cache

import msgspec

from cstool.dumps.xml import Page
from cstool.wikitext.tables import of_language
from cstool.wikitext.titles import Namespaces, spaced

_MAGIC_WORD = "redirect"
_MODEL = "wikitext"
# PHP's white space: that which ltrim removes, and \s.
_BEFORE = r"[ \t\n\r\0\x0b]*+"
_SPACE = r"[ \t\n\r\f\x0b]*+"
_LINK = r"\[\[([^\[\]|\n]*+)(?:\|[^\n]*?)?\]\]"


def whole_page(page: Page, namespaces: Namespaces) -> Page:
    """Return the page with what its export may lack: its namespace and its `redirect`."""
    return read_redirect(namespaces.of_page(page), namespaces)


def read_redirect(page: Page, namespaces: Namespaces) -> Page:
    """Return the page with its `redirect`, from its text if the dump does not have the element."""
    if page.redirect is not None or not page.text or page.model != _MODEL:
        return page
    match = _pattern(namespaces.site.language).match(page.text)
    target = _target(match[1], namespaces) if match else None
    return page if target is None else msgspec.structs.replace(page, redirect=target)


def _target(raw: str, namespaces: Namespaces) -> str | None:
    """Return the full title that a target names; None if it is not the target of a redirect."""
    kind, title = namespaces.target(raw)
    if kind == "page":
        return title
    if kind in ("invalid", "here"):
        return None
    prefix = spaced(raw).lstrip(": ").partition(":")[0].rstrip()
    return f"{prefix}:{title}"


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """Return the pattern of a redirect's text in a language, which also has the English word."""
    words = [
        "".join(map(re.escape if int(sensitive) else _in_any_case, word))
        for id_, word, sensitive in of_language("magicwords.tsv", language)
        if id_ == _MAGIC_WORD
    ]
    return re.compile(f"{_BEFORE}(?:{'|'.join(words)}){_SPACE}:?{_SPACE}{_LINK}")


def _in_any_case(character: str) -> str:
    """Return the pattern of a letter in any case: as PCRE, and unlike Python, `İ` is no `i`."""
    cases = {c for c in (character, character.lower(), character.upper()) if len(c) == 1}
    return f"[{''.join(map(re.escape, sorted(cases)))}]"
