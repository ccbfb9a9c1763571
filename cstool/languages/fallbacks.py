"""Fallback languages for missing labels (mediawiki.org/wiki/Manual:Language#Fallback)."""

from functools import cache

from cstool.languages.codes import bcp47, current, languages
from cstool.languages.data_tables import rows


@cache
def _table() -> dict[str, tuple[str, ...]]:
    table = rows("cstool.languages", "fallbacks.tsv")
    return {code: tuple(others.split()) for code, others in table}


def chain(code: str) -> tuple[str, ...]:
    """Return the codes of the fallback languages, nearest first.

    These are MediaWiki's chains, as Wikibase uses them, with two exceptions. English, the last of
    each chain there, is a fallback only for varieties of English: an English name in a German
    sentence is not a switch. And if a code is for simplified or traditional characters, codes for
    the other kind are left out, because Wikibase converts between them and cstool does not.
    """
    others = _table().get(code, ())
    if code.startswith("en-"):
        others = (*others, "en")
    mine = _han(code)
    kept = [other for other in others if not mine or _han(other) in (None, mine)]
    return tuple(dict.fromkeys(c for c in map(current, kept) if c != code and c in languages()))


def same_language(code: str, other: str) -> bool:
    """Return whether two codes are varieties of one language, by the first subtag in BCP 47."""
    return bcp47(code).split("-")[0] == bcp47(other).split("-")[0]


def _han(code: str) -> str | None:
    """Return Hans or Hant if the code's tag has that subtag."""
    parts = bcp47(code).split("-")
    return next((part for part in parts if part in ("Hans", "Hant")), None)
