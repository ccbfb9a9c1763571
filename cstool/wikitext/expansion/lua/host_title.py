"""What `title.lua` needs of Python: parsed titles, and their pages in a dump.

After Scribunto_LuaTitleLibrary (REL1_39).
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.definitions import Definition, Definitions
from cstool.wikitext.expansion.full_titles import FullTitle, made_title, parsed_title
from cstool.wikitext.expansion.lua.lua_values import Callback, text_of, unknown

_KNOWN = frozenset({10, 828})
_JSON = ".json"


def title_functions(
    site: Site, definitions: Definitions, page: Callable[[], str]
) -> Mapping[str, Callback]:
    """Return the functions of `title.lua`; `page` returns the title of the page that is read."""

    def find(name: bytes) -> tuple[FullTitle, Definition | None]:
        title = parsed_title(text_of(name), site)
        if title is None or title.interwiki or title.namespace not in _KNOWN:
            raise unknown(f"page {text_of(name)}")
        return title, definitions.find(title.full)

    def is_page(name: bytes) -> bool:
        title = parsed_title(page(), site)
        return title is not None and title.full == text_of(name)

    def exists(name: bytes) -> bool:
        if is_page(name):
            return True
        known = definitions.exists(text_of(name))
        if known is None:
            raise unknown(f"page {text_of(name)}")
        return known

    def is_redirect(name: bytes) -> bool:
        if is_page(name):
            return False
        found = find(name)[1]
        return found is not None and found.redirect is not None

    def content_model(name: bytes) -> str:
        if is_page(name):
            return "wikitext"
        title, found = find(name)
        return found.model if found else _model(title)

    def redirect_target(name: bytes) -> object:
        found = find(name)[1]
        target = found.redirect if found else None
        return _fields(parsed_title(target, site) if target else None)

    def content(name: bytes) -> str | None:
        found = find(name)[1]
        return found.text if found else None

    return {
        "new": lambda text, namespace: _fields(parsed_title(text_of(text), site, int(namespace))),
        "make": lambda *parts: _fields(_made(site, int(parts[0]), *map(text_of, parts[1:]))),
        "current": lambda: _fields(parsed_title(page(), site)),
        "exists": exists,
        "is_redirect": is_redirect,
        "content_model": content_model,
        "redirect_target": redirect_target,
        "content": content,
        "unknown": _unknown,
    }


def _unknown(name: bytes) -> object:
    raise unknown(text_of(name))


def _made(site: Site, namespace: int, text: str, fragment: str, interwiki: str) -> FullTitle | None:
    """Return a title from its parts, None if they are not valid (Title::makeTitleSafe)."""
    prefix = made_title(namespace, "", site).prefix
    raw = f"{prefix}:{text}" if prefix else text
    if interwiki:
        raw = f"{interwiki}:{raw}"
    if fragment:
        raw += f"#{fragment}"
    return parsed_title(raw, site)


def _model(title: FullTitle) -> str:
    if title.namespace != 828:
        return "wikitext"
    return "json" if title.text.endswith(_JSON) else "Scribunto"


def _fields(title: FullTitle | None) -> object:
    """Return whether there is a title, and the parameters of `made` in `title.lua`."""
    if title is None:
        return False
    return (
        True,
        title.namespace,
        title.text.encode(),
        title.fragment.encode(),
        title.interwiki.encode(),
        title.prefix.encode(),
        _partial_url(title).encode(),
    )


def _partial_url(title: FullTitle) -> str:
    """Return a title without its namespace as part of a URL (Title::getPartialURL)."""
    return re.sub("%3A", ":", quote(title.text.replace(" ", "_"), safe=";@$!*(),/~"))
