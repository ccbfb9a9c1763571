"""The second phase of `extract`: reads the paragraphs of a slice that waited, and merges all."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.errors import InputError
from cstool.execution.cpu_limit import TookTooLong, at_most
from cstool.execution.crash_notes import noter
from cstool.execution.gc import seldom_collecting
from cstool.stages.extract.merge import Inserted, as_sentences, merged
from cstool.stages.extract.renderers import TemplateSources
from cstool.stages.extract.rows import READ_SENTENCES, SentenceRows
from cstool.stages.extract.waiting import waiting_in
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches


class ReadPart(NamedTuple):
    """The output of the first phase for a slice: its part, and its side table if there is one."""

    part: Path
    waiting: Path


# Limit of CPU time, a safety net: the limits on the steps of a page are reached long before.
_PARAGRAPH_SECONDS = 600.0


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
        if expander and page.id != expander.page_id:
            expander.begin_page(page.id)
        try:
            with at_most(_PARAGRAPH_SECONDS):
                found = reader_.read_paragraph(
                    waiting, page.title, expander, every=every, overridden=sources.overridden
                )
        except TookTooLong as fault:
            raise InputError(
                f"page {page.title!r}, id {page.id}: rendering the templates of a paragraph takes "
                f"more than {_PARAGRAPH_SECONDS:g} s of CPU time; report the page, and extract "
                "with --templates rules"
            ) from fault
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
