"""Numbers as a language writes them: `{{formatnum:1234567.5}}` → 1.234.567,5 in German.

After Language::formatNum (MediaWiki REL1_39). Languages with digits of their own are left out:
which digits a wiki shows is a setting of the wiki.
"""

import re

from cstool.wikitext.tables import of_language

_NUMBER = re.compile(r"([0-9]{1,15})(?:\.([0-9]+))?")
_THOUSANDS = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+$)")


def formatted(number: str, language: str) -> str | None:
    """Return a plain number in a language's writing, None where we do not know it."""
    match = _NUMBER.fullmatch(number)
    group, decimal, minimum = of_language("numbers.tsv", language)[-1]
    if match is None or not group:
        return None
    whole, fraction = match.groups()
    if len(whole) >= int(minimum):
        whole = _THOUSANDS.sub(group, whole)
    return whole if fraction is None else f"{whole}{decimal}{fraction}"
