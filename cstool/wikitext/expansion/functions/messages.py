"""Messages of MediaWiki that modules show: words between the items of lists, durations.

After Message and Language::formatDuration (MediaWiki REL1_39). Data: messages.tsv. A wiki can
replace a message, which is rare for these.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from cstool.wikitext.expansion.functions import language_names
from cstool.wikitext.expansion.functions.language_forms import LanguageForms
from cstool.wikitext.expansion.functions.number_forms import formatted_number
from cstool.wikitext.expansion.functions.plural_rules import plural_form
from cstool.wikitext.tables import rows

_PLURAL = re.compile(r"\{\{plural: *\$1\|([^{}]*)\}\}", re.IGNORECASE)
# Languages with other intervals (LanguageZh_hans::formatDuration).
_OWN_DURATIONS = frozenset({"zh"})
# References in messages that MediaWiki resolves (MessageCache::get).
_SPACES = {"&#32;": " ", "&nbsp;": "\u00a0", "&#160;": "\u00a0", "&shy;": "\u00ad"}
_REFERENCE = re.compile("|".join(_SPACES))


def message(key: str, language: str) -> str | None:
    """Return the text of a message in a language, None if it is unknown."""
    table = _messages()
    for code in (language, *language_names.fallbacks(language), "en"):
        if (code, key) in table:
            return table[code, key]
    return None


@cache
def _messages() -> dict[tuple[str, str], str]:
    return {
        (code, key): _REFERENCE.sub(lambda match: _SPACES[match[0]], text)
        for code, key, text in rows("messages.tsv")
    }


def duration(parts: Iterable[tuple[str, int]], language: str, forms: LanguageForms) -> str | None:
    """Return a duration in words, None if that is unknown.

    `parts`: names of intervals (`hours`) and their numbers.
    """
    if language.split("-", maxsplit=1)[0] in _OWN_DURATIONS:
        return None
    items: list[str] = []
    for name, count in parts:
        text = message(f"duration-{name}", language)
        number = formatted_number(str(count), forms)
        if text is None or number is None:
            return None
        text = _PLURAL.sub(
            lambda match, count=count: plural_form(  # type: ignore[misc]
                count, [form.strip() for form in match[1].split("|")], language
            ),
            text,
        )
        if "{{" in text:
            return None
        items.append(text.replace("$1", number))
    return _listed(items, language)


def _listed(items: Sequence[str], language: str) -> str:
    """Return a list in words (Language::listToText)."""
    comma, conjunction, space = (
        message(key, language) or "" for key in ("comma-separator", "and", "word-separator")
    )
    if len(items) < 2:
        return "".join(items)
    return comma.join(items[:-1]) + conjunction + space + items[-1]
