"""Python's functions for the kernel and for each library, by name, in the order of loading."""

import json
from collections.abc import Mapping

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.definitions import Definitions
from cstool.wikitext.expansion.frames import Frame
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.lua.bytecode import is_safe
from cstool.wikitext.expansion.lua.host_frame import LuaFrames
from cstool.wikitext.expansion.lua.host_hash import HASH_HOST
from cstool.wikitext.expansion.lua.host_language import language_functions, message_functions
from cstool.wikitext.expansion.lua.host_site import site_functions
from cstool.wikitext.expansion.lua.host_text import TableMaker, text_functions, to_lua
from cstool.wikitext.expansion.lua.host_title import title_functions
from cstool.wikitext.expansion.lua.host_uri import uri_functions
from cstool.wikitext.expansion.lua.host_ustring import USTRING_HOST
from cstool.wikitext.expansion.lua.host_wikibase import Wikibase, wikibase_functions
from cstool.wikitext.expansion.lua.lua_values import Callback, LuaFaultError, text_of, unknown

_MODULE = 828


def kernel_functions(
    site: Site, definitions: Definitions, frames: LuaFrames, table: TableMaker
) -> Mapping[str, Callback]:
    """Return the functions of `kernel.lua`."""

    def module_title(name: bytes) -> str | None:
        title = parsed_title(text_of(name), site)
        return title.full if title and title.namespace == _MODULE else None

    def source(title: bytes) -> bytes | None:
        found = definitions.find(text_of(title))
        return found.text.encode() if found and found.model == "Scribunto" else None

    def json_page(name: bytes) -> object:
        title = parsed_title(text_of(name), site)
        found = definitions.find(title.full) if title else None
        if found is None:
            raise unknown(f"page {text_of(name)}")
        if found.model != "json":
            raise LuaFaultError(
                f"bad argument #1 to 'mw.loadJsonData' ('{text_of(name)}' is not a valid JSON page)"
            )
        try:
            return to_lua(json.loads(found.text), table)
        except (ValueError, RecursionError):
            return None

    return {
        "read_page": frames.read_page,
        "page_reads": frames.page_reads,
        "module_title": module_title,
        "source": source,
        "json_page": json_page,
        "find": _find,
        "check": _check,
        "unknown": _unknown,
    }


def _find(text: bytes, part: bytes, first: float) -> int | None:
    at = text.find(part, int(first) - 1)
    return at + 1 if at >= 0 else None


def _check(dump: bytes) -> None:
    if not is_safe(dump):
        raise unknown("module with many parameters before ...")


def _unknown(name: bytes) -> object:
    raise unknown(text_of(name))


def library_functions(
    site: Site,
    definitions: Definitions,
    frames: LuaFrames,
    wikibase: Wikibase,
    table: TableMaker,
) -> Mapping[str, Mapping[str, Callback]]:
    """Return the functions of libraries, in the order in which they are loaded."""

    def language() -> str:
        return site.language

    def frame() -> Frame:
        return frames.current

    return {
        "frame": frames.functions(),
        "mw": frames.mw_functions(),
        "ustring": USTRING_HOST,
        "text": text_functions(language, table),
        "html": {},
        "site": site_functions(lambda: site),
        "title": title_functions(site, definitions, lambda: frames.current.page),
        "language": language_functions(site),
        "uri": uri_functions(frame),
        "hash": HASH_HOST,
        "message": message_functions(site),
        "wikibase": wikibase_functions(wikibase, frame),
    }
