"""What renders templates in the second phase of `extract`, in each worker."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cstool.dumps.xml import Site
from cstool.stages.extract.definition_store import DefinitionStore
from cstool.stages.extract.entity_items import ItemSources
from cstool.stages.extract.item_lookup import ItemLookup
from cstool.stages.extract.options import ExtractOptions
from cstool.wikitext.expansion.budget import Budget
from cstool.wikitext.page import PageReader, reader
from cstool.wikitext.rule_tables import Aliases

if TYPE_CHECKING:
    from cstool.wikitext.expansion.evaluate import Expander


@dataclass(frozen=True)
class TemplateSources:
    """What templates are rendered by, when all pages have been read.

    `aliases`: redirects to templates that have a rule. `store`: folder of the dump's definitions,
    None if they are not used. `overridden`: names of the rules that are not used, because they
    disagree with the definitions. `lua`: whether modules are run. `items`: those that modules ask
    for, None if they are not known. `digest`: of the definitions.
    """

    site: Site
    options: ExtractOptions
    aliases: Aliases = ()
    store: Path | None = None
    overridden: frozenset[str] = frozenset()
    lua: bool = False
    items: ItemSources | None = None
    digest: str = ""

    def identity(self) -> tuple[object, ...]:
        """Return what decides how templates are rendered, without the run's own parameters."""
        overridden = tuple(sorted(self.overridden))
        items = self.items and self.items.folder.described.fingerprint
        return self.site, self.aliases, self.digest, overridden, self.lua, items

    def reader(self) -> PageReader:
        """Return the reader of paragraphs that waited."""
        return reader(
            self.site,
            render=self.options.render,
            aliases=self.aliases,
            extra=self.options.rules,
            formulas=self.options.formulas,
            gaps=self.options.unit != "sentence",
            headings=self.options.headings != "none",
        )

    def expander(self) -> "PageExpander | None":
        """Return an expander of the dump's templates; None without a store."""
        if self.store is None:
            return None
        made = expander_of(self.store, self.site, self.items, self.identity(), lua=self.lua)
        return PageExpander(made)


@dataclass
class PageExpander:
    """Expands the calls of pages, one page after the other, within the limits of each page."""

    expander: "Expander"
    page_id: int = -1
    _budget: Budget = field(default_factory=Budget)

    def begin_page(self, page_id: int) -> None:
        """Begin with another page, which may use all that a page may."""
        self.page_id = page_id
        self._budget = Budget()

    def expand(self, source: str, title: str, *, starts_line: bool) -> str:
        """Return what a call shows on the page `title`; as `Expander.expand`."""
        return self.expander.expand(source, title, starts_line=starts_line, budget=self._budget)


@lru_cache(maxsize=1)
def expander_of(
    store: Path, site: Site, items: ItemSources | None, identity: tuple[object, ...], *, lua: bool
) -> "Expander":
    """Return the expander of a wiki's templates, with the definitions in a folder.

    `identity`: distinguishes the contents that a folder has in one run and the next.
    """
    # Not imported by runs that have no definitions: mwparserfromhell and lupa take 0.1 s to import.
    from cstool.wikitext.expansion.evaluate import Expander
    from cstool.wikitext.expansion.lua.lua_modules import LuaModules

    definitions = DefinitionStore(store, site)
    known = ItemLookup(items) if items else None
    return Expander(site, definitions, LuaModules(site, definitions, known) if lua else None)
