"""Languages by code: which MediaWiki knows, their names, and the languages they fall back to.

After LanguageNameUtils and LanguageFallback (MediaWiki REL1_39), with the names of Unicode CLDR as
in the extension CLDR. Names that CLDR lacks in a language are unknown, because the extension adds
some.
"""

import re
from functools import cache

from cstool.languages import codes, data_tables
from cstool.wikitext.tables import rows

_BUILT_IN = re.compile("[a-z0-9-]{2,}")
# What a code cannot contain: it is safe in HTML and in titles of pages.
_INVALID = re.compile(r"[:/\\\0&<>'\"#\[\]{}|\x01-\x1f\x7f]|%[0-9A-Fa-f]{2}")
_LONGEST = 128
# Codes in Names.php without a file of messages.
_WITHOUT_MESSAGES = frozenset(
    [
        "aa",
        "als",
        "bat-smg",
        "be-x-old",
        "cho",
        "es-419",
        "fiu-vro",
        "ho",
        "hz",
        "kj",
        "mh",
        "mus",
        "ng",
        "no",
        "roa-rup",
        "shi-latn",
        "shi-tfng",
        "simple",
        "tly-cyrl",
        "uz-cyrl",
        "uz-latn",
        "zh-classical",
        "zh-min-nan",
        "zh-yue",
    ]
)
# Tags of codes that are not those of labels in Wikidata.
_TAGS = {"no": "no", "simple": "en-simple"}


def is_valid(code: str) -> bool:
    """Return whether a text can be a code of a language."""
    return not _INVALID.search(code) and len(code.encode()) <= _LONGEST


def is_valid_builtin(code: str) -> bool:
    """Return whether a text has the form of a code that MediaWiki uses itself."""
    return _BUILT_IN.fullmatch(code) is not None


def is_supported(code: str) -> bool:
    """Return whether MediaWiki has messages in a language."""
    return code in _autonyms() and code not in _WITHOUT_MESSAGES


def is_known(code: str) -> bool:
    """Return whether MediaWiki has a name of a language."""
    return is_valid_builtin(code) and (code in _autonyms() or code in _in_english())


def name(code: str, in_language: str) -> str | None:
    """Return the name of a language in a language, in its own if that is "".

    "": MediaWiki has none; None: it may have one.
    """
    code = code.lower()
    if in_language in ("", code):
        own = _autonyms().get(code)
        if own is not None or not in_language:
            return own or ""
    if not is_valid(in_language) or in_language == "en":
        return _in_english().get(code) or _autonyms().get(code, "")
    if code in _in_english():
        return _in(in_language).get(code)
    return _autonyms().get(code, "")


def names(in_language: str, include: str) -> dict[str, str] | None:
    """Return names by code, None if they are unknown.

    `include`: "all", "mwfile" for languages with messages, anything else for those of MediaWiki.
    """
    if in_language and in_language != "en" and is_valid(in_language):
        return None  # CLDR has not all names in any other language
    found = {**_in_english(), **_autonyms()} if in_language and include == "all" else _autonyms()
    table = {code: name(code, in_language) or "" for code in found}
    if include == "mwfile":
        return {code: text for code, text in table.items() if is_supported(code)}
    return table


@cache
def fallbacks(code: str) -> tuple[str, ...]:
    """Return the codes of the languages that a language falls back to, nearest first."""
    if code == "en" or not is_valid_builtin(code):
        return ()
    table = data_tables.rows("cstool.languages", "fallbacks.tsv")
    found = next((others.split() for row, others in table if row == code), [])
    return (*found, *(["en"] if "en" not in found else []))


def bcp47(code: str) -> str:
    """Return the BCP 47 tag of a code, as LanguageCode::bcp47."""
    code = code.lower()
    tag = _TAGS.get(code) or codes.bcp47(code).lower()
    parts = tag.split("-")
    for number, part in enumerate(parts):
        if number and parts[number - 1] != "x":
            parts[number] = {2: part.upper(), 4: part.capitalize()}.get(len(part), part)
    return "-".join(parts)


@cache
def _autonyms() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("autonyms.tsv")}


@cache
def _in_english() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("further_languages.tsv")} | codes.names()


@cache
def _in(language: str) -> dict[str, str]:
    text = next((names for code, names in rows("language_names.tsv") if code == language), "")
    return dict(pair.split("=", maxsplit=1) for pair in text.split("|") if pair)
