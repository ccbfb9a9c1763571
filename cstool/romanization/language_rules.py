"""The languages whose letters uroman romanizes by rules of their own."""

from functools import cache

from cstool.languages.codes import bcp47, codes_in
from cstool.languages.data_tables import rows


@cache
def _lcodes() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("cstool.romanization", "uroman_languages.tsv")}


def uroman_lcode(language: str) -> str:
    """Return the code (ISO 639-3) of uroman's rules for a language, "" if it has none.

    `language`: a code as in the column `language`. Text in several languages (`en+ja`) has the
    rules of none.
    """
    codes = codes_in(language)
    return _lcodes().get(bcp47(codes[0]).split("-")[0], "") if len(codes) == 1 else ""
