"""What renders templates in the second phase of `extract`, in each worker."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cstool.dumps.xml import Site
from cstool.stages.extract.definition_store import open_store
from cstool.stages.extract.options import ExtractOptions
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.lua.lua_modules import LuaModules
from cstool.wikitext.page import PageReader, reader
from cstool.wikitext.rule_tables import Aliases


@dataclass(frozen=True)
class TemplateSources:
    """What templates are rendered by, when all pages have been read.

    `aliases`: redirects to templates that have a rule. `store`: folder of the dump's definitions,
    None if they are not used. `overridden`: names of the rules that are not used, because they
    disagree with the definitions. `lua`: whether modules are run. `digest`: of the definitions.
    """

    site: Site
    options: ExtractOptions
    aliases: Aliases = ()
    store: Path | None = None
    overridden: frozenset[str] = frozenset()
    lua: bool = False

    digest: str = ""

    def identity(self) -> tuple[object, ...]:
        """Return what decides how templates are rendered, without the run's own parameters."""
        return self.site, self.aliases, self.digest, sorted(self.overridden), self.lua

    def reader(self) -> PageReader:
        """Return the reader of paragraphs that waited."""
        return reader(
            self.site,
            render=self.options.render,
            aliases=self.aliases,
            extra=self.options.rules,
            formulas=self.options.formulas,
        )

    def expander(self) -> Expander | None:
        """Return the expander of the dump's templates, one per process; None without a store."""
        return None if self.store is None else expander_of(self.store, self.site, lua=self.lua)


@lru_cache(maxsize=1)
def expander_of(store: Path, site: Site, *, lua: bool) -> Expander:
    """Return the expander of a wiki's templates, with the definitions in a folder."""
    definitions = open_store(store, site)
    return Expander(site, definitions, LuaModules(site, definitions) if lua else None)
