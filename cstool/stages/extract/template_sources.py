"""Between the phases of `extract`: collects the definitions of templates, and checks the rules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pyarrow as pa

from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import Damage, PageSlice, pages_of
from cstool.dumps.streams import absolute
from cstool.dumps.xml import Site
from cstool.errors import InputError
from cstool.stages.extract.definition_store import (
    DEFINED,
    DEFINITIONS_FOLDER,
    STORE_FOLDER,
    TITLES_FOLDER,
    DefinitionLog,
    store_definitions,
)
from cstool.stages.extract.entity_items import EntityFolder, index_items
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.renderers import TemplateSources
from cstool.stages.extract.rule_agreement import disagreeing_rules
from cstool.stages.extract.waiting import WAITING_FOLDER
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import FileRead
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.wikitext.expansion.lua.version import lua_version
from cstool.wikitext.redirects import whole_page
from cstool.wikitext.rule_tables import Aliases, aliases_of, rules_of
from cstool.wikitext.site_identity import whole_site
from cstool.wikitext.titles import namespaces_of

_FURTHER = "template-pages"
_NAMES_SHOWN = 10
_NOTHING = pa.schema([("none", pa.bool_())])


@dataclass(frozen=True)
class TemplatePages:
    """Further dumps of which only templates and modules were read.

    `made`: their parts, which have only side tables; `read`: the files' fingerprints, by index.
    `damage`: what the main process could not read, if the readable part is kept.
    """

    made: list[FinishedPart]
    read: dict[int, FileRead] = field(default_factory=dict)
    damage: Damage = field(default_factory=Damage)

    def counts(self) -> Iterator[Counts]:
        """Yield the counts of what could not be read."""
        yield from (made.counts for made in self.made)
        yield _counted(self.damage)


def read_template_pages(
    run: Run, dumps: Sequence[str], site: Site, options: ExtractOptions
) -> TemplatePages:
    """Read the templates and modules of further dumps of the wiki.

    Raises InputError for a dump of another wiki, and as `open_pages` does.
    """
    if not dumps:
        return TemplatePages([])
    paths = [absolute(dump) for dump in dumps]
    damage = Damage()
    dump = open_pages(
        paths,
        run.options.part_size,
        damage if options.keep_going else None,
        largest_text=options.largest_page,
        namespaces=DEFINED,
        site_of=partial(whole_site, wiki=options.wiki, language=options.language),
    )
    if dump.site.wiki != site.wiki:
        raise InputError(
            f"{dumps[0]}: is a dump of {dump.site.wiki}, but the pages are of {site.wiki}; give "
            "the templates of the same wiki with --template-pages"
        )
    tasks = (replace(task, file=f"{_FURTHER}/{task.file}") for task in dump.tasks)
    spec = PartSpec(_NOTHING, label="extract: templates", phase=_FURTHER)
    how = site, options.keep_going
    made = run.map(read_definitions, how, tasks, spec, size=dump.size)
    read = {i: dump.read[p] for i, p in enumerate(paths) if p in dump.read}
    return TemplatePages(made, read, damage)


def read_definitions(slice_: PageSlice, how: tuple[Site, bool]) -> Batches:
    """Yield the templates and modules of a slice as a side table; the part has no rows.

    `how`: the wiki, and whether to keep the readable part of a damaged dump. Return counts of what
    could not be read.
    """
    site, keep_going = how
    log = DefinitionLog()
    namespaces = namespaces_of(site)
    damage = Damage()
    for page in pages_of(slice_, damage if keep_going else None):
        log.add(whole_page(page, namespaces))
    yield from log.beside()
    return _counted(damage)


def _counted(damage: Damage) -> Counts:
    """Return the counts of damage, empty if there is none."""
    counts = Counts()
    if damage.messages:
        damage.count(counts)
    return counts


def template_sources(
    run: Run,
    site: Site,
    options: ExtractOptions,
    read: Sequence[FinishedPart],
    further: TemplatePages | None,
    entities: EntityFolder | None,
    on_message: Callable[[str], None],
) -> TemplateSources:
    """Return what renders templates, when all pages have been read.

    `read`: the parts of the first phase; `further`: those of further dumps; `entities`: the items
    that modules may ask for.
    """
    sources = TemplateSources(site, options)
    files = [m.part.file for m in read]
    if further is None:
        redirects = [pair for file in files for pair in _redirects(run, file)]
        return replace(sources, aliases=_aliases(redirects, sources))
    files += [m.part.file for m in further.made]
    stored = store_definitions(
        run.work(STORE_FOLDER),
        [run.work(DEFINITIONS_FOLDER) / file for file in files],
        [run.work(TITLES_FOLDER) / file for file in files],
    )
    sources = replace(sources, aliases=_aliases(stored.redirects, sources))
    if not stored.number:
        if any((run.work(WAITING_FOLDER) / m.part.file).is_file() for m in read):
            where = "the pages read with --limit have" if options.limit else "the dump has"
            on_message(
                f"{where} no templates, so only those with a rule are rendered: give a dump that "
                "has them with --template-pages"
            )
        return sources
    sources = replace(
        sources, store=stored.folder, digest=stored.digest, lua=lua_version() is not None
    )
    if stored.modules and not sources.lua:
        on_message(
            f"{_number(stored.modules, 'module')} (Lua) in the dump cannot be run without lupa: "
            "templates that call one leave holes"
        )
    if stored.modules and sources.lua and entities:
        sources = replace(sources, items=index_items(run, entities, site, on_message))
    overridden = disagreeing_rules(run, read, sources, run.work(WAITING_FOLDER))
    if overridden:
        names = sorted(overridden)
        shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
        on_message(
            f"the rules of {_number(len(names), 'template')} disagree with the definitions in the "
            f"dump, which are used: {shown}"
        )
    return replace(sources, overridden=overridden)


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _redirects(run: Run, file: str) -> list[tuple[str, str]]:
    path = run.work(DEFINITIONS_FOLDER) / file
    if not path.is_file():
        return []
    table = read_part(path, ["title", "redirect"])
    return [*zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True)]


def _aliases(redirects: Sequence[tuple[str, str]], sources: TemplateSources) -> Aliases:
    """Return the redirects whose target is a template with a rule."""
    options = sources.options
    rules = rules_of(sources.site.language, render=options.render, extra=options.rules)
    return aliases_of(redirects, rules) if redirects else ()
