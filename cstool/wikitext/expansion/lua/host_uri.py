"""What `uri.lua` needs of Python: the addresses of pages and sections, from parser functions."""

from collections.abc import Callable, Mapping

from cstool.wikitext.expansion.frames import Frame
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.lua.lua_values import Callback, text_of

_FUNCTIONS = {b"local": "localurl", b"full": "fullurl", b"canonical": "canonicalurl"}


def uri_functions(frame: Callable[[], Frame]) -> Mapping[str, Callback]:
    """Return the functions of `uri.lua`; `frame` returns that of the current call."""

    def url(kind: bytes, page: bytes, query: bytes) -> str | None:
        title = text_of(page)
        if parsed_title(title, frame().site) is None:
            return None
        arguments = [title, text_of(query)] if query else [title]
        return frame().call_function(_FUNCTIONS[kind], arguments)

    return {
        "anchor": lambda text: frame().call_function("anchorencode", [text_of(text)]),
        "current_url": lambda: frame().call_function("fullurl", [frame().page]),
        "url": url,
    }
