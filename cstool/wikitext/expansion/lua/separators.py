"""MediaWiki's messages with separators of texts, as they are without changes by a wiki."""

from collections.abc import Mapping
from functools import cache

from cstool.wikitext.expansion.lua import language_names
from cstool.wikitext.tables import rows


def separator(message: str, language: str) -> str | None:
    """Return the text of a message in a language, None if it is no message with a separator."""
    for code in (language, *language_names.fallbacks(language), "en"):
        text = _messages().get((code, message))
        if text is not None:
            # As MessageCache::get does.
            return text.replace("&#32;", " ").replace("&nbsp;", "\u00a0")
    return None


@cache
def _messages() -> Mapping[tuple[str, str], str]:
    return {(language, message): text for language, message, text in rows("separators.tsv")}
