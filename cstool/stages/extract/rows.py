"""Builds rows from the sentences of pages, and their counts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import list_of_structs, numbers, strings
from cstool.dumps.xml import Page
from cstool.storage.counts import Counts
from cstool.storage.paragraphs import left_beside
from cstool.storage.parts import SideTable
from cstool.storage.schemas import MENTION, POSITIONS_A_PAGE, SENTENCES, sentence_id
from cstool.wikitext.pending import PageText
from cstool.wikitext.sentences import LinkSpan

ROWS_A_GROUP = 20_000
HOLE = "hole"
NO_MENTION = "no mention"
LOST = "in a dropped sentence"


@dataclass
class SentenceRows:
    """Column buffers that are filled page by page."""

    counts: Counts
    pages: list[Page] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # number of rows of each page
    positions: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)  # number of mentions of each row
    mentions: list[LinkSpan] = field(default_factory=list)
    holes: Counter[str] = field(default_factory=Counter)

    def add(self, page: Page, reading: PageText) -> int:
        """Add the sentences of a page that have no holes, return their number; count the others."""
        before = len(self.texts)
        with_holes = mentions_lost = beyond = 0
        for position, paragraph, (text, mentions, holes) in reading.sentences:
            if holes:
                with_holes += 1
                mentions_lost += len(mentions)
                self.holes.update(set(holes))
            elif position >= POSITIONS_A_PAGE:
                beyond += 1
                mentions_lost += len(mentions)
            else:
                self.positions.append(position)
                self.paragraphs.append(paragraph)
                self.texts.append(text)
                self.lengths.append(len(mentions))
                self.mentions += mentions
        kept = len(self.texts) - before
        if kept:
            self.pages.append(page)
            self.rows.append(kept)
        tally = self.counts.tally("sentences")
        tally.keep(kept)
        tally.drop(NO_MENTION, reading.number - len(reading.sentences))
        tally.drop(HOLE, with_holes)
        tally.drop("more than 2^20 in a page", beyond)
        self.counts.tally("mentions").drop(LOST, mentions_lost)
        return kept

    def take(self) -> Iterator[pa.RecordBatch | SideTable]:
        """Yield the collected rows and their paragraphs; clear the buffers."""
        of_page = np.repeat(np.arange(len(self.pages)), self.rows)
        page_ids = np.array([page.id for page in self.pages], np.int64)[of_page]
        positions = np.array(self.positions, np.int64)
        revisions = np.array([page.revision_id for page in self.pages], np.int64)[of_page]
        titles = strings([page.title for page in self.pages])
        ids = numbers(sentence_id(page_ids, positions))
        paragraphs = numbers(np.array(self.paragraphs, np.uint32))
        yield pa.RecordBatch.from_arrays(
            [
                ids,
                numbers(page_ids.astype(np.uint32)),
                numbers(revisions),
                titles.take(numbers(of_page)),
                numbers(positions.astype(np.uint32)),
                strings(self.texts),
                self._take_mentions(),
            ],
            schema=SENTENCES,
        )
        yield left_beside(ids, paragraphs)
        for column in (
            self.pages, self.rows, self.positions, self.paragraphs, self.texts, self.lengths
        ):  # fmt: skip
            column.clear()

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
