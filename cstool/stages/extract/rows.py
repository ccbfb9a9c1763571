"""Builds rows from the sentences of pages, and their counts.

Rows of both phases: `page` is the index of the page in its slice; `kind` is that of
`SentenceColumns`, since paragraphs and pages also need gaps and headings. In the first phase,
positions and paragraphs are counted as if the paragraphs that wait had no sentences
(`stages/extract/merge.py`).
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import list_of_structs, numbers, rows_at, strings, strings_of
from cstool.dumps.xml import Page
from cstool.storage.counts import Counts
from cstool.storage.schemas import MENTION
from cstool.wikitext.sentence_columns import PageSentences, SentenceColumns

ROWS_A_GROUP = 20_000
HOLE = "hole"
NO_MENTION = "no mention"
LOST = "in a dropped sentence"
BEYOND = "more than 2^20 in a page"
READ_SENTENCES = pa.schema(
    [
        ("page", pa.uint32()),
        ("page_id", pa.uint32()),
        ("revision_id", pa.int64()),
        ("title", pa.string()),
        ("paragraph", pa.uint32()),
        ("position", pa.uint32()),
        ("text", pa.string()),
        ("mentions", MENTION),
        ("kind", pa.uint8()),
    ]
)


class _Added(NamedTuple):
    """Sentences that were added at once: their page, with its index in the slice, and number.

    `first` and `paragraph` are added to their positions and the indices of their paragraphs.
    """

    slice_index: int
    page: Page
    rows: int
    first: int
    paragraph: int


def _columns() -> list[bytearray]:
    return [bytearray() for _ in SentenceColumns._fields]


@dataclass
class SentenceRows:
    """Column buffers that are filled page by page, or paragraph by paragraph."""

    counts: Counts
    rows: int = 0
    added: list[_Added] = field(default_factory=list)
    columns: list[bytearray] = field(default_factory=_columns)  # as in SentenceColumns
    holes: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        index: int,
        page: Page,
        sentences: PageSentences,
        *,
        first: int = 0,
        paragraph: int = 0,
    ) -> int:
        """Add the rows of a page, and count its sentences; return the number of rows.

        `first` and `paragraph` are added to their positions and paragraphs.
        """
        rows, kept = sentences.columns.rows, sentences.columns.sentences
        if rows:
            self.added.append(_Added(index, page, rows, first, paragraph))
            self.rows += rows
            for column, more in zip(self.columns, sentences.columns, strict=True):
                column.extend(more)
        mentions_lost = 0
        for names, mentions in sentences.of_holes():
            mentions_lost += mentions
            self.holes.update(set(names))
        tally = self.counts.tally("sentences")
        with_holes = len(sentences.holed)
        tally.keep(kept)
        tally.drop(NO_MENTION, sentences.number - kept - with_holes)
        tally.drop(HOLE, with_holes)
        self.counts.tally("mentions").drop(LOST, mentions_lost)
        return rows

    def take(self) -> pa.RecordBatch:
        """Return the collected rows (READ_SENTENCES); clear the buffers."""
        taken = SentenceColumns(*self.columns)  # type: ignore[arg-type]
        of_row = np.repeat(np.arange(len(self.added)), [one.rows for one in self.added])
        firsts, paragraphs = (
            np.array(base, np.uint32)[of_row]
            for base in ([one.first for one in self.added], [one.paragraph for one in self.added])
        )
        pages = [one.page for one in self.added]
        titles = strings([page.title for page in pages])
        batch = pa.RecordBatch.from_arrays(
            [
                numbers(np.array([one.slice_index for one in self.added], np.uint32)[of_row]),
                numbers(np.array([page.id for page in pages], np.uint32)[of_row]),
                numbers(np.array([page.revision_id for page in pages], np.int64)[of_row]),
                rows_at(titles, of_row),
                numbers(np.frombuffer(taken.paragraphs, np.uint32) + paragraphs),
                numbers(np.frombuffer(taken.positions, np.uint32) + firsts),
                strings_of(np.frombuffer(taken.sizes, np.int32), taken.texts),
                self._mentions(taken),
                numbers(np.frombuffer(taken.kinds, np.uint8)),
            ],
            schema=READ_SENTENCES,
        )
        self.rows = 0
        self.added = []
        self.columns = _columns()
        return batch

    def _mentions(self, taken: SentenceColumns) -> pa.ListArray:
        targets = strings_of(np.frombuffer(taken.target_sizes, np.int32), taken.targets)
        spans = [np.frombuffer(taken.starts, np.uint32), np.frombuffer(taken.ends, np.uint32)]
        self.counts.tally("mentions").keep(len(targets))
        lengths = np.frombuffer(taken.mentions, np.uint32)
        return list_of_structs(lengths, [*spans, targets], MENTION)

    def count(self) -> None:
        """Add the holes to the counts: the number of sentences that each template dropped."""
        self.counts.add("holes", self.holes)
