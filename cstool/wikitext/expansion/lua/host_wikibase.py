"""What `wikibase.lua` needs of Python: items of Wikidata."""

from collections.abc import Callable, Mapping
from typing import Protocol

from cstool.wikitext.expansion.frames import Frame
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.lua.lua_values import Callback, text_of, unknown
from cstool.wikitext.expansion.lua.term_languages import converted_from, label_languages


class Wikibase(Protocol):
    """What is known of items. Each method raises LookupError if it does not know the answer."""

    def entity(self, title: str, wiki: str) -> str | None:
        """Return the identifier (`Q42`) of the page with a full title in a wiki (`dewiki`)."""

    def exists(self, entity: str) -> bool:
        """Return whether there is such an entity."""

    def term(self, kind: str, entity: str, language: str) -> str | None:
        """Return the "label" or "description" in exactly this language."""

    def sitelink(self, entity: str, wiki: str) -> str | None:
        """Return the title of the page about an item in a wiki."""


class NoWikibase:
    """Knows nothing."""

    def entity(self, title: str, wiki: str) -> str | None:
        """Raise LookupError."""
        raise LookupError(title)

    def exists(self, entity: str) -> bool:
        """Raise LookupError."""
        raise LookupError(entity)

    def term(self, kind: str, entity: str, language: str) -> str | None:
        """Raise LookupError."""
        raise LookupError(entity)

    def sitelink(self, entity: str, wiki: str) -> str | None:
        """Raise LookupError."""
        raise LookupError(entity)


def wikibase_functions(wikibase: Wikibase, frame: Callable[[], Frame]) -> Mapping[str, Callback]:
    """Return the functions of `wikibase.lua`; `frame` returns that of the current call."""

    def entity() -> str | None:
        return wikibase.entity(frame().page, frame().site.wiki)

    def entity_of_title(title: bytes, wiki: bytes) -> str | None:
        text, site = text_of(title), frame().site
        if text_of(wiki) == site.wiki:
            parsed = parsed_title(text, site)
            if parsed is None:
                return None
            text = parsed.full
        return wikibase.entity(text, text_of(wiki))

    def term(kind: bytes, item: bytes) -> tuple[bytes | None, bytes | None]:
        for language in label_languages(frame().site.language):
            found = _term(wikibase, text_of(kind), text_of(item).upper(), language)
            if found is not None:
                return found.encode(), language.encode()
        return None, None

    def term_in(kind: bytes, item: bytes, language: bytes) -> str | None:
        return _term(wikibase, text_of(kind), text_of(item).upper(), text_of(language))

    return {
        "unknown": _unknown,
        "wiki": lambda: frame().site.wiki,
        "entity": _known("getEntityIdForCurrentPage", entity),
        "entity_of_title": _known("getEntityIdForTitle", entity_of_title),
        "exists": _known("entityExists", lambda item: wikibase.exists(text_of(item).upper())),
        "term": _known("getLabel", term),
        "term_in": _known("getLabelByLang", term_in),
        "sitelink": _known(
            "getSitelink",
            lambda item, wiki: wikibase.sitelink(text_of(item).upper(), text_of(wiki)),
        ),
    }


def _term(wikibase: Wikibase, kind: str, item: str, language: str) -> str | None:
    """Return a term in a language. Raises LookupError if it is converted from a variant of it."""
    found = wikibase.term(kind, item, language)
    others = converted_from(language) if found is None else ()
    if any(wikibase.term(kind, item, other) is not None for other in others):
        raise LookupError(item)
    return found


def _unknown(name: bytes) -> object:
    raise unknown(text_of(name))


def _known(name: str, function: Callback) -> Callback:
    """Return the function, for which what is not known is unknown to the module."""

    def call(*arguments: object) -> object:
        try:
            return function(*arguments)
        except LookupError:
            raise unknown(f"mw.wikibase.{name}") from None

    return call
