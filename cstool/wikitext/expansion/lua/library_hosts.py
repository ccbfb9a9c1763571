"""Python's functions for the kernel and for each library, by name, in the order of loading."""

from collections.abc import Mapping

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.definitions import Definitions
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.lua.host_frame import LuaFrames
from cstool.wikitext.expansion.lua.host_ustring import USTRING_HOST
from cstool.wikitext.expansion.lua.lua_values import Callback, text_of, unknown

_MODULE = 828


def kernel_functions(
    site: Site, definitions: Definitions, frames: LuaFrames
) -> Mapping[str, Callback]:
    """Return the functions of `kernel.lua`."""

    def module_title(name: bytes) -> str | None:
        title = parsed_title(text_of(name), site)
        return title.full if title and title.namespace == _MODULE else None

    def source(title: bytes) -> bytes | None:
        found = definitions.find(text_of(title))
        return found.text.encode() if found and found.model == "Scribunto" else None

    def find(text: bytes, part: bytes, first: float) -> int | None:
        at = text.find(part, int(first) - 1)
        return at + 1 if at >= 0 else None

    def missing(name: bytes) -> object:
        raise unknown(text_of(name))

    return {"module_title": module_title, "source": source, "find": find, "unknown": missing}


def library_functions(
    site: Site, definitions: Definitions, frames: LuaFrames
) -> Mapping[str, Mapping[str, Callback]]:
    """Return the functions of libraries, in the order in which they are loaded."""
    return {
        "frame": frames.functions(),
        "mw": frames.mw_functions(),
        "ustring": USTRING_HOST,
        "text": {},
        "html": {},
    }
