"""Run Lua modules, as MediaWiki's extension Scribunto does."""

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.definitions import Definitions
from cstool.wikitext.expansion.frames import Modules


def lua_version() -> str | None:
    """Return what runs modules, with its version; None if it is not installed."""
    return None


def lua_modules(site: Site, definitions: Definitions) -> Modules | None:
    """Return what runs the modules of a wiki; None if it is not installed."""
    del site, definitions
    return None
