"""Three-letter language codes of ISO 639-3, which other data uses, as codes of Wikimedia."""

from functools import cache

from cstool.languages.codes import current, from_bcp47, is_known
from cstool.languages.data_tables import rows


@cache
def _codes() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("cstool.languages", "iso639.tsv")}


def from_iso639(code: str) -> str | None:
    """Return Wikimedia's code for a code of ISO 639-3 in lower case (`deu`: `de`), or None.

    Languages without a two-letter code have the same code in both (`gsw`).
    """
    return _codes().get(code) or (code if len(code) == 3 and is_known(code) else None)


def language_code(tag: str) -> str | None:
    """Return the code of a language given in any form, or None.

    A code of Wikimedia, in any case, a BCP 47 tag, or a code of ISO 639-3 that is none of these.
    """
    code = tag.lower().replace("_", "-")
    if is_known(code):
        return current(code)
    return from_bcp47(code) or from_iso639(code)
