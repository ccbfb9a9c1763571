"""The languages in which Wikibase's client looks for a label.

After LanguageFallbackChainFactory and LanguageWithConversion (Wikibase, lib/includes): a language
and its variants, its fallbacks in MediaWiki and their variants, `mul`, and English.
"""

from cstool.languages import data_tables
from cstool.wikitext.variants import variants_of

# Languages whose own list of fallbacks has English, which then precedes `mul`: `$fallback` in
# MediaWiki's files of messages (REL1_39).
_TO_ENGLISH = frozenset({"bi", "en-ca", "en-gb", "jam", "pih", "sco"})
# Variants of languages whose converters are newer than `variants.tsv`.
_NEWER_VARIANTS = {
    "mni": ("mni", "mni-beng"),
    "sh": ("sh", "sh-latn", "sh-cyrl"),
    "wuu": ("wuu", "wuu-hans", "wuu-hant"),
    "zgh": ("zgh", "zgh-latn"),
}


def label_languages(code: str) -> tuple[str, ...]:
    """Return the languages of a wiki's labels, first its own, without variants."""
    table = data_tables.rows("cstool.languages", "fallbacks.tsv")
    fallbacks = next((others.split() for row, others in table if row == code), [])
    explicit = ("en",) if code in _TO_ENGLISH else ()
    return tuple(dict.fromkeys((code, *fallbacks, *explicit, "mul", "en")))


def converted_from(code: str) -> tuple[str, ...]:
    """Return the variants whose labels Wikibase converts into this one; none for most codes."""
    language = code.partition("-")[0]
    variants = variants_of(language) or _NEWER_VARIANTS.get(language, ())
    return tuple(other for other in variants if other != code) if code in variants else ()
