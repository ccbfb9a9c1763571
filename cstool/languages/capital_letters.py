"""Capitals of words, by the rules of their languages (`capitals.tsv`)."""

import unicodedata
from functools import cache

from cstool.languages.data_tables import rows

# Georgian has capital letters only for text in capitals, which is rare.
_GEORGIAN = "\u10d0", "\u10ff"


@cache
def capitals(language: str) -> dict[str, str]:
    """Return a language's own capitals by lower-case letter, and the other settings of its row."""
    for code, first, inner in rows("cstool.languages", "capitals.tsv"):
        if code == language:
            own = dict(pair.split("=") for pair in first.split() if "=" in pair)
            return own | ({"first": first} if first == "no" else {}) | {"inner": inner}
    return {}


def in_capitals(text: str, language: str) -> str:
    """Return a text in capital letters; letters without case are not changed."""
    own = capitals(language)
    if any(_GEORGIAN[0] <= character <= _GEORGIAN[1] for character in text):
        return text
    for small, capital in own.items():
        if len(small) == 1:
            text = text.replace(small, capital)
    return unicodedata.normalize("NFC", text.upper())


def with_capital(text: str, language: str) -> str:
    """Return a text whose first letter is a capital, if the language's words begin with one."""
    own = capitals(language)
    if own.get("first") == "no":
        return text
    for small, capital in own.items():
        if small not in ("first", "inner") and text.startswith(small):
            return capital + text[len(small) :]
    return unicodedata.normalize("NFC", text[:1].title() + text[1:])
