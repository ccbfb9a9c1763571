"""`cstool extract`: page XML → sentences with their wikilinks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa

from cstool.dumps.export import MAIN, Page
from cstool.dumps.pages import DEFAULT_PART_SIZE, Damage, PageSlice, open_pages, pages_of
from cstool.dumps.streams import absolute, describe_dump
from cstool.languages.codes import need_language
from cstool.parts.claims import refuse_damage
from cstool.parts.columns import list_of_structs
from cstool.parts.counts import Counts, largest, total
from cstool.parts.files import Batches
from cstool.parts.folder import Run, open_run
from cstool.parts.manifest import Manifest, Source
from cstool.parts.schemas import MENTION, POSITIONS_A_PAGE, SENTENCES, sentence_id
from cstool.running.options import RunOptions
from cstool.wikitext.page import reader
from cstool.wikitext.sentences import Mention, Sentence

_ROWS_A_GROUP = 20_000
_HOLES_KEPT = 1000


@dataclass(frozen=True)
class ExtractOptions:
    """What is extracted.

    `templates`: "known" renders the templates that we have a rule for, "none" none.
    `all_sentences` keeps those without a mention. `language` is said to be the text's, whatever
    the dump says. `keep_going` keeps what stands before a cut.
    """

    templates: Literal["known", "none"] = "known"
    all_sentences: bool = False
    language: str | None = None
    keep_going: bool = False


def extract(
    dumps: Sequence[str], out: Path, options: ExtractOptions, running: RunOptions
) -> Manifest:
    """Extract the sentences of page dumps of one wiki into `out`; return the manifest.

    Raises InputError for a dump that is damaged, empty or none, OutputError for `out`.
    """
    part_size = running.part_size or DEFAULT_PART_SIZE
    if options.language is not None:
        need_language(options.language, "--language")
    parameters = {
        "templates": options.templates,
        "all_sentences": options.all_sentences,
        "language": options.language,
        "part_size": part_size,
    }
    inputs = [describe_dump(dump) for dump in dumps]
    with open_run(
        out, stage="extract", parameters=parameters, inputs=inputs, options=running
    ) as run:
        if run.finished:
            refuse_damage(out, run.finished.counts, keep_going=options.keep_going)
        return run.finished or _fill(run, dumps, part_size, options)


def _fill(run: Run, dumps: Sequence[str], part_size: int, options: ExtractOptions) -> Manifest:
    damage = Damage() if options.keep_going else None
    dump = open_pages([absolute(dump) for dump in dumps], part_size, damage)
    made = run.map(read_pages, options, dump.tasks, SENTENCES, label="extract", size=dump.size)
    counts = total(m.counts for m in made)
    refuse_damage(run.out, counts, keep_going=options.keep_going)
    if damage:
        damage.count(counts)
    if "holes" in counts.details:
        counts.details["holes"] = largest(counts.details["holes"], _HOLES_KEPT)
    source = Source(dump.site.wiki, options.language or dump.site.language)
    return run.finish(made, counts, source=source)


def read_pages(slice_: PageSlice, options: ExtractOptions) -> Batches:
    """Yield the sentences of a slice's pages; count what is dropped, and why."""
    site = slice_.site
    if options.language:
        site = msgspec.structs.replace(site, language=options.language)
    counts = Counts()
    tally = counts.tally("pages")
    rows = _Rows(counts)
    damage = Damage() if options.keep_going else None
    read = reader(site, render=options.templates == "known")
    for page in pages_of(slice_, damage):
        reason = _why_not(page)
        if reason:
            tally.drop(reason)
            continue
        tally.keep()
        try:
            if options.all_sentences:
                sentences = list(enumerate(read.sentences(page.text or "", page.title)))
                rows.add(page, sentences, len(sentences))
            else:
                rows.add(page, *read.linked(page.text or "", page.title))
        except Exception as fault:
            fault.add_note(f"in the page {page.title!r}, id {page.id}")
            raise
        if len(rows.texts) >= _ROWS_A_GROUP:
            yield rows.take()
    if rows.texts:
        yield rows.take()
    if damage:
        damage.count(counts)
    rows.count()
    return counts


def _why_not(page: Page) -> str:
    """Return why a page is passed over, "" when it is not."""
    if page.namespace != MAIN:
        return "other namespace"
    if page.redirect is not None:
        return "redirect"
    if page.text is None:
        return "text deleted"
    if not page.text:
        return "text empty"
    return "" if page.model == "wikitext" else "not wikitext"


@dataclass
class _Rows:
    """Columns that fill up, page by page."""

    counts: Counts
    pages: list[Page] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # of each page
    positions: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)  # mentions of each row
    mentions: list[Mention] = field(default_factory=list)
    holes: Counter[str] = field(default_factory=Counter)

    def add(self, page: Page, sentences: list[tuple[int, Sentence]], number: int) -> None:
        """Add those of a page's sentences that have no holes; it has this number of them in all."""
        before = len(self.texts)
        holed = mentions_lost = beyond = 0
        for position, (text, mentions, holes) in sentences:
            if holes:
                holed += 1
                mentions_lost += len(mentions)
                self.holes.update(set(holes))
            elif position >= POSITIONS_A_PAGE:
                beyond += 1
                mentions_lost += len(mentions)
            else:
                self.positions.append(position)
                self.texts.append(text)
                self.lengths.append(len(mentions))
                self.mentions += mentions
        kept = len(self.texts) - before
        if kept:
            self.pages.append(page)
            self.rows.append(kept)
        tally = self.counts.tally("sentences")
        tally.keep(kept)
        tally.drop("no mention", number - len(sentences))
        tally.drop("hole", holed)
        tally.drop("more than 2^20 in a page", beyond)
        self.counts.tally("mentions").drop("in a dropped sentence", mentions_lost)

    def take(self) -> pa.RecordBatch:
        """Return the rows so far as a batch, and begin anew."""
        of_page = np.repeat(np.arange(len(self.pages)), self.rows)
        page_ids = np.array([page.id for page in self.pages], np.int64)[of_page]
        positions = np.array(self.positions, np.int64)
        revisions = np.array([page.revision_id for page in self.pages], np.int64)[of_page]
        titles = pa.array([page.title for page in self.pages], pa.string())
        batch = pa.RecordBatch.from_arrays(
            [
                pa.array(sentence_id(page_ids, positions)),
                pa.array(page_ids.astype(np.uint32)),
                pa.array(revisions),
                titles.take(pa.array(of_page)),
                pa.array(positions.astype(np.uint32)),
                pa.array(self.texts, pa.string()),
                self._take_mentions(),
            ],
            schema=SENTENCES,
        )
        for column in (self.pages, self.rows, self.positions, self.texts, self.lengths):
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
            spans = [places[shown] for places in spans]
            targets = tuple(compress(targets, shown))
        tally = self.counts.tally("mentions")
        tally.keep(int(shown.sum()))
        tally.drop("empty anchor", len(shown) - int(shown.sum()))
        self.mentions.clear()
        return list_of_structs(lengths, [*spans, targets], MENTION)

    def count(self) -> None:
        """Hand the numbers of holes to the counts: sentences that each name has cost."""
        self.counts.add("holes", self.holes)
