"""Words that parser functions know as options, in a wiki's language: `#default`, `R`, `NOSEP`."""

from functools import cache

from cstool.wikitext.tables import of_language


def is_word(text: str, id_: str, language: str) -> bool:
    """Return whether a text is a word of MediaWiki's id in this language or English."""
    exact, folded = _spellings(id_, language)
    return text in exact or text.casefold() in folded


@cache
def _spellings(id_: str, language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that are case-sensitive, and the others in small letters."""
    words = [row for row in of_language("magicwords.tsv", language) if row[0] == id_]
    exact = {word for _, word, sensitive in words if sensitive == "1"}
    folded = {word.casefold() for _, word, sensitive in words if sensitive == "0"}
    return frozenset(exact), frozenset(folded)
