"""Whose names stand in when a language lacks one (mediawiki.org/wiki/Manual:Language#Fallback)."""

from functools import cache

from cstool.languages.codes import bcp47, current, languages
from cstool.languages.data_tables import rows


@cache
def _table() -> dict[str, tuple[str, ...]]:
    table = rows("cstool.languages", "fallbacks.tsv")
    return {code: tuple(others.split()) for code, others in table}


def chain(code: str) -> tuple[str, ...]:
    """Return the codes whose labels stand in for a missing one, nearest first.

    MediaWiki's chains, as Wikibase takes them, but for two things. English, which ends each of
    them there, stands in for varieties of English only: an English name in a German sentence is
    no switch. And where a code names simplified or traditional characters, those that name the
    others are left out: Wikibase converts them, we do not.
    """
    others = _table().get(code, ())
    if code.startswith("en-"):
        others = (*others, "en")
    mine = _han(code)
    kept = [other for other in others if not mine or _han(other) in (None, mine)]
    return tuple(dict.fromkeys(c for c in map(current, kept) if c != code and c in languages()))


def same_language(code: str, other: str) -> bool:
    """Whether two codes name varieties of one language, by their tags' first part."""
    return bcp47(code).split("-")[0] == bcp47(other).split("-")[0]


def _han(code: str) -> str | None:
    """Return Hans or Hant where the code's tag names one."""
    parts = bcp47(code).split("-")
    return next((part for part in parts if part in ("Hans", "Hant")), None)
