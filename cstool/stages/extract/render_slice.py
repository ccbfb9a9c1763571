"""The second phase of `extract`: reads the paragraphs of a slice that waited, and merges all."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.dumps.xml import Site
from cstool.execution.crash_notes import noter
from cstool.execution.gc import seldom_collecting
from cstool.stages.extract.definition_store import open_store
from cstool.stages.extract.merge import Inserted, as_sentences, merged
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.rows import READ_SENTENCES, SentenceRows
from cstool.stages.extract.waiting import waiting_in
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.lua.modules import LuaModules
from cstool.wikitext.page import PageReader, reader
from cstool.wikitext.rule_tables import Aliases


@dataclass(frozen=True)
class TemplateSources:
    """What templates are rendered by, when all pages have been read.

    `aliases`: redirects to templates that have a rule. `store`: folder of the dump's definitions,
    None if they are not used. `overridden`: names of the rules that are not used, because they
    disagree with the definitions. `lua`: whether modules are run.
    """

    site: Site
    options: ExtractOptions
    aliases: Aliases = ()
    store: Path | None = None
    overridden: frozenset[str] = frozenset()
    lua: bool = False

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


@dataclass(frozen=True)
class ReadPart:
    """The output of the first phase for a slice: its part, and its side table if there is one."""

    part: Path
    waiting: Path


def render_paragraphs(read: ReadPart, sources: TemplateSources) -> Batches:
    """Yield the sentences of a slice, in the order of the dump, and the paragraphs of these.

    Return the counts of the paragraphs that waited; what the first phase read is counted there.
    """
    with seldom_collecting():
        return (yield from _render_paragraphs(read, sources))


def _render_paragraphs(read: ReadPart, sources: TemplateSources) -> Batches:
    counts = Counts()
    rows = SentenceRows(counts)
    inserted = Inserted()
    late_of: list[int] = []
    reader_, expander = sources.reader(), sources.expander()
    every = sources.options.all_sentences
    note = noter()
    for index, page, waiting in waiting_in(read.waiting):
        if note:
            note(f"page {page.title!r}, id {page.id}")
        try:
            found = reader_.read_paragraph(
                waiting, page.title, expander, every=every, overridden=sources.overridden
            )
        except Exception as fault:
            fault.add_note(f"in the page {page.title!r}, id {page.id}")
            raise
        first, paragraph = waiting.first, waiting.paragraph
        kept = rows.add(
            index, page, found.sentences, found.number, first=first, paragraph=paragraph
        )
        late_of += [len(inserted.pages)] * kept
        inserted.add(index, paragraph, found.number, found.paragraphs)
    late = pa.Table.from_batches([rows.take()] if rows.texts else [], READ_SENTENCES)
    rows.count()
    table = merged(read_part(read.part), late, np.array(late_of, np.int64), inserted)
    yield from as_sentences(table, counts)
    return counts
