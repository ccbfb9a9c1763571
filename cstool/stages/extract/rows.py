"""Builds rows from the sentences of pages, and their counts.

Rows of both phases: `page` is the index of the page in its slice. In the first phase, positions and
paragraphs are counted as if the paragraphs that wait had no sentences (`stages/extract/merge.py`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import list_of_structs, numbers, strings
from cstool.dumps.xml import Page
from cstool.storage.counts import Counts
from cstool.storage.schemas import MENTION
from cstool.wikitext.sentences import LinkSpan, Sentence

ROWS_A_GROUP = 20_000
HOLE = "hole"
NO_MENTION = "no mention"
LOST = "in a dropped sentence"
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
    ]
)


@dataclass
class SentenceRows:
    """Column buffers that are filled page by page, or paragraph by paragraph."""

    counts: Counts
    pages: list[tuple[int, Page]] = field(default_factory=list)  # with the index in the slice
    rows: list[int] = field(default_factory=list)  # number of rows of each entry of `pages`
    positions: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)  # number of mentions of each row
    mentions: list[LinkSpan] = field(default_factory=list)
    holes: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        index: int,
        page: Page,
        sentences: Sequence[tuple[int, int, Sentence]],
        number: int,
        *,
        first: int = 0,
        paragraph: int = 0,
    ) -> int:
        """Add the sentences of a page that have no holes; return their number, count the others.

        `sentences` with their positions and paragraphs, to which `first` and `paragraph` are added;
        `number`: of all sentences, including those without a mention that were not returned.
        """
        before = len(self.texts)
        with_holes = mentions_lost = 0
        for position, of_page, (text, mentions, holes) in sentences:
            if holes:
                with_holes += 1
                mentions_lost += len(mentions)
                self.holes.update(set(holes))
            else:
                self.positions.append(first + position)
                self.paragraphs.append(paragraph + of_page)
                self.texts.append(text)
                self.lengths.append(len(mentions))
                self.mentions += mentions
        kept = len(self.texts) - before
        if kept:
            self.pages.append((index, page))
            self.rows.append(kept)
        tally = self.counts.tally("sentences")
        tally.keep(kept)
        tally.drop(NO_MENTION, number - len(sentences))
        tally.drop(HOLE, with_holes)
        self.counts.tally("mentions").drop(LOST, mentions_lost)
        return kept

    def take(self) -> pa.RecordBatch:
        """Return the collected rows (READ_SENTENCES); clear the buffers."""
        of_row = np.repeat(np.arange(len(self.pages)), self.rows)
        indexes = np.array([index for index, _ in self.pages], np.uint32)[of_row]
        page_ids = np.array([page.id for _, page in self.pages], np.uint32)[of_row]
        revisions = np.array([page.revision_id for _, page in self.pages], np.int64)[of_row]
        titles = strings([page.title for _, page in self.pages])
        batch = pa.RecordBatch.from_arrays(
            [
                numbers(indexes),
                numbers(page_ids),
                numbers(revisions),
                titles.take(numbers(of_row)),
                numbers(np.array(self.paragraphs, np.uint32)),
                numbers(np.array(self.positions, np.uint32)),
                strings(self.texts),
                self._take_mentions(),
            ],
            schema=READ_SENTENCES,
        )
        for column in (
            self.pages, self.rows, self.positions, self.paragraphs, self.texts, self.lengths
        ):  # fmt: skip
            column.clear()
        return batch

    def _take_mentions(self) -> pa.ListArray:
        starts, ends, targets = zip(*self.mentions, strict=True) if self.mentions else ((), (), ())
        lengths = np.array(self.lengths, np.int64)
        spans = [np.array(starts, np.uint32), np.array(ends, np.uint32)]
        shown = np.not_equal(*spans)
        if not shown.all():
            row = np.repeat(np.arange(len(lengths)), lengths)
            lengths = np.bincount(row[shown], minlength=len(lengths))
            spans = [bounds[shown] for bounds in spans]
            targets = tuple(compress(targets, shown))
        tally = self.counts.tally("mentions")
        tally.keep(int(shown.sum()))
        tally.drop("empty anchor", len(shown) - int(shown.sum()))
        self.mentions.clear()
        return list_of_structs(lengths, [*spans, targets], MENTION)

    def count(self) -> None:
        """Add the holes to the counts: the number of sentences that each template dropped."""
        self.counts.add("holes", self.holes)
