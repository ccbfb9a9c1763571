"""The second phase of `extract`: reads the paragraphs of a slice that waited, and merges all."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.dumps.xml import Page
from cstool.errors import InputError
from cstool.execution.cpu_limit import TookTooLong, at_most, many_limits
from cstool.execution.crash_notes import noter
from cstool.execution.gc import seldom_collecting
from cstool.stages.extract.merge import Inserted, as_sentences, merged
from cstool.stages.extract.renderers import TemplateSources
from cstool.stages.extract.rows import READ_SENTENCES, ROWS_A_GROUP, SentenceRows
from cstool.stages.extract.waiting import waiting_in
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.wikitext.pending import ParagraphText, PendingParagraph


class ReadPart(NamedTuple):
    """The output of the first phase for a slice: its part, and its side table if there is one.

    `pages`: the number of pages that were read.
    """

    part: Path
    waiting: Path
    pages: int


# Limit of CPU time, a safety net: the limits on the steps of a page are reached long before.
_PARAGRAPH_SECONDS = 600.0


def render_paragraphs(read: ReadPart, sources: TemplateSources) -> Batches:
    """Yield the rows of a slice, in the order of the dump, and the paragraphs of these.

    Return the counts of the paragraphs that waited; what the first phase read is counted there.
    """
    with seldom_collecting(), many_limits():
        return (yield from _render_paragraphs(read, sources))


def _render_paragraphs(read: ReadPart, sources: TemplateSources) -> Batches:
    counts = Counts()
    rows = SentenceRows(counts)
    late: list[pa.RecordBatch] = []
    late_of: list[int] = []
    inserted = Inserted()
    reader = ParagraphReader(sources)
    for index, page, waiting in waiting_in(read.waiting):
        found = reader.read(page, waiting)
        first, paragraph = waiting.first, waiting.paragraph
        kept = rows.add(index, page, found.sentences, first=first, paragraph=paragraph)
        late_of += [len(inserted.pages)] * kept
        inserted.add(index, paragraph, found.sentences.number, found.paragraphs)
        if rows.rows >= ROWS_A_GROUP:
            late.append(rows.take())
    if rows.rows:
        late.append(rows.take())
    rows.count()
    table = pa.Table.from_batches(late, READ_SENTENCES)
    table = merged(read_part(read.part), table, np.array(late_of, np.int64), inserted)
    options = sources.options
    if options.unit == "sentence":
        yield from as_sentences(table, counts)
    else:
        from cstool.stages.extract.units import as_units  # imports pyarrow.compute

        yield from as_units(table, options, read.pages, counts)
    return counts


class ParagraphReader:
    """Reads the paragraphs of a slice that waited, in the order of its pages."""

    def __init__(self, sources: TemplateSources) -> None:
        self._reader = sources.reader()
        self._expander = sources.expander()
        self._overridden = sources.overridden
        self._every = sources.options.every
        self._note = noter()

    def read(self, page: Page, waiting: PendingParagraph) -> ParagraphText:
        """Return the sentences of a paragraph. Raises InputError if that takes too long."""
        if self._note:
            self._note(f"page {page.title!r}, id {page.id}")
        if self._expander and page.id != self._expander.page_id:
            self._expander.begin_page(page.id)
        try:
            with at_most(_PARAGRAPH_SECONDS):
                return self._reader.read_paragraph(
                    waiting,
                    page.title,
                    self._expander,
                    every=self._every,
                    overridden=self._overridden,
                )
        except TookTooLong as fault:
            raise InputError(
                f"{page.title!r} (page {page.id}): rendering the templates of a paragraph takes "
                f"more than {_PARAGRAPH_SECONDS:g} s of CPU time; report the page, and extract "
                "with --templates rules"
            ) from fault
        except Exception as fault:
            fault.add_note(f"in the page {page.title!r}, id {page.id}")
            raise
