"""Puts the sentences of paragraphs that waited among those that were read before them.

The first phase counts the positions and paragraphs of a page as if paragraphs that wait had no
sentences. Here each waiting paragraph is inserted, and what follows it in its page is renumbered,
so that positions are those of the whole page.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, one_chunk, rows_at
from cstool.stages.extract.rows import BEYOND, LOST, ROWS_A_GROUP
from cstool.storage.counts import Counts
from cstool.storage.paragraphs import left_beside
from cstool.storage.parts import SideTable
from cstool.storage.schemas import POSITIONS_A_PAGE, SENTENCES, sentence_id

_OF_PAGE = np.uint64(32)


@dataclass
class Inserted:
    """The paragraphs of a slice that waited, in order, and what they contain.

    `pages`: the index of each one's page in the slice; `paragraphs`: the index in the page before
    which it is inserted; `sentences`, `parts`: the number of its sentences and of the paragraphs
    that it turned out to be.
    """

    pages: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)

    def add(self, page: int, paragraph: int, sentences: int, parts: int) -> None:
        """Add a paragraph, after all that precede it in the slice."""
        self.pages.append(page)
        self.paragraphs.append(paragraph)
        self.sentences.append(sentences)
        self.parts.append(parts)


def merged(read: pa.Table, late: pa.Table, late_of: Array, inserted: Inserted) -> pa.Table:
    """Return the rows of a slice in the order of the dump, with their positions in whole pages.

    `read`: rows of the first phase; `late`: those of the paragraphs that waited; `late_of`:
    int64[n], the index in `inserted` of each of these. Both are READ_SENTENCES in the order of the
    dump, with positions and paragraphs counted as in the first phase: the first sentence of a
    paragraph that waited has the position before which it is inserted.
    """
    if not inserted.pages:
        return read
    keys = _keys(np.array(inserted.pages), np.array(inserted.paragraphs))
    pages = np.array(inserted.pages)
    before = np.searchsorted(pages, np.arange(pages[-1] + 2))  # the first of each page
    totals = [np.concatenate([[0], np.cumsum(n)]) for n in (inserted.sentences, inserted.parts)]
    read_pages = _column(read, "page")
    # How many of the page's waiting paragraphs precede each row.
    upto = np.searchsorted(keys, _keys(read_pages, _column(read, "paragraph")), side="right")
    of_page = before[np.minimum(read_pages, len(before) - 1)]
    late_from = before[pages[late_of]]
    shifts = [
        np.concatenate([total[upto] - total[of_page], total[late_of] - total[late_from]])
        for total in totals
    ]
    rows = pa.concat_tables([read, late])
    position = _column(rows, "position") + shifts[0]
    paragraph = _column(rows, "paragraph") + shifts[1]
    order = np.lexsort((position, paragraph, _column(rows, "page")))
    rows = rows.set_column(*_field(rows, "position", position))
    rows = rows.set_column(*_field(rows, "paragraph", paragraph))
    return rows_at(rows, order)


def _keys(pages: Array, paragraphs: Array) -> Array:
    return pages.astype(np.uint64) << _OF_PAGE | paragraphs.astype(np.uint64)


def _field(rows: pa.Table, name: str, values: Array) -> tuple[int, pa.Field, pa.Array]:
    index = rows.schema.get_field_index(name)
    return index, rows.schema.field(index), numbers(values.astype(np.uint32))


def _column(rows: pa.Table, name: str) -> Array:
    # `to_numpy` would import pandas, if it is installed.
    values: Array = np.from_dlpack(one_chunk(rows.column(name)))
    return values.astype(np.int64)


def as_sentences(rows: pa.Table, counts: Counts) -> Iterator[pa.Table | SideTable]:
    """Yield rows of READ_SENTENCES as those of the stage's output, with their paragraphs.

    Rows beyond the largest position of a page are counted as dropped.
    """
    position = _column(rows, "position")
    if len(position) and position.max() >= POSITIONS_A_PAGE:
        kept = position < POSITIONS_A_PAGE
        _count_beyond(rows.filter(pa.array(~kept)), counts)
        rows, position = rows.filter(pa.array(kept)), position[kept]
    ids = numbers(sentence_id(_column(rows, "page_id"), position))
    for start in range(0, rows.num_rows, ROWS_A_GROUP):
        group = rows.slice(start, ROWS_A_GROUP).combine_chunks()
        of_group = ids.slice(start, ROWS_A_GROUP)
        columns = [of_group if name == "id" else group.column(name) for name in SENTENCES.names]
        yield pa.Table.from_arrays(columns, schema=SENTENCES)
        yield left_beside(of_group, group.column("paragraph"))


def _count_beyond(rows: pa.Table, counts: Counts) -> None:
    mentions = int(flat(one_chunk(rows.column("mentions")))[0][-1]) if rows.num_rows else 0
    for unit, number, reason in (
        ("sentences", rows.num_rows, BEYOND),
        ("mentions", mentions, LOST),
    ):
        tally = counts.tally(unit)
        tally.keep(-number)
        tally.drop(reason, number)
