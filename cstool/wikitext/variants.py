"""Markup for language variants: `-{zh-hans:联邦州; zh-hant:邦}-`.

After LanguageConverter and ConverterRule (MediaWiki REL1_39), for a reader who has not chosen a
variant: the language itself, else the first of its fallbacks. Other languages have no such markup.
"""

import re
from functools import cache

from cstool.wikitext.tables import rows

_CONVERTER = re.compile(r"-\{([^{}]*)\}-")
_HIDDEN = frozenset({"H", "T", "-"})
_SHOWN = frozenset({"", "A", "S"})


@cache
def variants_of(language: str) -> tuple[str, ...]:
    """Return a language's variants, the displayed ones first; none for most languages."""
    shown, others = _variants(language)
    return shown + others


@cache
def _variants(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the variants of which the first available one is displayed, and the others."""
    for code, shown, others in rows("variants.tsv"):
        if code == language:
            return tuple(shown.split()), tuple(others.split())
    return (), ()


def pieces(text: str, language: str) -> list[str | None]:
    """Return the text in pieces, with -{…}- replaced by its displayed text (None: unknown)."""
    parts = _CONVERTER.split(text)
    return [_shown(part, language) if i % 2 else part for i, part in enumerate(parts)]


def _shown(content: str, language: str) -> str | None:
    flag, bar, rest = content.rpartition("|")
    flag = flag.strip() if bar else ""
    if flag in _HIDDEN:
        return ""
    if flag == "R":
        return rest
    return _chosen(rest, language) if flag in _SHOWN and "=>" not in rest else None


def _chosen(rest: str, language: str) -> str:
    """Return the text of the displayed variant; content that names no variant is text."""
    starts = list(_names(language).finditer(rest))
    if not starts or rest[: starts[0].start()].strip():
        return rest
    ends = [match.start() for match in starts[1:]] + [len(rest)]
    texts = {
        match[1]: rest[match.end() : end].strip().removesuffix(";")
        for match, end in zip(starts, ends, strict=True)
    }
    return next((texts[variant] for variant in _variants(language)[0] if texts.get(variant)), "")


@cache
def _names(language: str) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in variants_of(language))
    return re.compile(rf"(?:^|;)\s*({names})\s*:")
