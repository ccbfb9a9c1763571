"""The rows of a part of `switch`: batches of linked rows in, batches of switched rows out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, slices_of
from cstool.dictionaries.dictionary_store import DictionaryStore
from cstool.errors import InputError
from cstool.languages.labels import LabelRules
from cstool.stages.switch.batch import BatchContext, study, with_grammar
from cstool.stages.switch.batch_words import ROW_RATE
from cstool.stages.switch.counts import Outcomes, count_rows
from cstool.stages.switch.draws import MIXED, drawn
from cstool.stages.switch.insertion import Insertion
from cstool.stages.switch.long_rows import accepted, rows_in_turns
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.rewrite import (
    NameOrigins,
    SwitchedRows,
    joined,
    mixed_rows,
    sources,
    switched,
    with_sources,
)
from cstool.stages.switch.round_robin import census, in_sample
from cstool.stages.switch.row_columns import RowWriter
from cstool.stages.switch.row_filter import select_rows
from cstool.stages.switch.sampling import LanguageSampling, candidates, mixed
from cstool.stages.switch.sentence_batch import SentenceBatch
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts
from cstool.storage.label_store import LabelStore
from cstool.storage.parts import Batches
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import TALLIES, UNIT_FIELDS, Unit
from cstool.storage.segments import batches_by_group

# Approximate number of rows per batch of output.
_ROWS_AT_ONCE = 6 * 4096
# Bytes of text per batch of output, in both columns, if rows are longer than sentences.
_BYTES_AT_ONCE = 64 << 20
# Columns of linked rows that are read.
_READ = [
    *("id", "page_id", "title", "text"),
    *(f"mentions.list.element.{name}" for name in ("start", "end", "qid")),
]
_UNIT_COLUMNS = tuple(field.name for field in UNIT_FIELDS)


@dataclass(frozen=True)
class SwitchWork:
    """The parameters of the workers.

    `fingerprint`: of the run; it makes the cached store of another run unequal. `rows`: number of
    rows in total; `unit`: what they are; `dictionary`: the folder of its store.
    """

    linked: str
    store: str
    fingerprint: str
    wiki: str
    source_language: str
    rows: int
    sampling: LanguageSampling
    options: SwitchOptions
    unit: Unit = "sentence"
    dictionary: str | None = None

    @property
    def codes(self) -> list[str]:
        """The codes of the languages by their indexes; the last is the source language."""
        return [*self.sampling.codes, MIXED, self.source_language]

    @property
    def schema(self) -> pa.Schema:
        """The schema of the rows that are written."""
        return RowKind(self.unit, passes=self.options.passes).schema

    @property
    def _rows_of_one(self) -> int:
        """The largest number of rows that are written for one that is read."""
        languages = len(self.sampling.codes)
        each = 1 if self.options.mix else min(self.sampling.most or languages, languages)
        return 1 + each * self.options.passes

    @property
    def at_once(self) -> int:
        """The number of rows per batch."""
        return max(64, _ROWS_AT_ONCE // self._rows_of_one)

    @property
    def bytes_at_once(self) -> int:
        """The number of bytes of text per batch."""
        return _BYTES_AT_ONCE // (2 * self._rows_of_one)

    def languages_at_once(self, batch: SentenceBatch) -> int | None:
        """The number of rows to write at a time if the batch is one long text; else None."""
        size = int(batch.rows.column("text").nbytes)
        if self.unit == "sentence" or batch.number > 1 or size <= self.bytes_at_once:
            return None
        return max(1, _BYTES_AT_ONCE // (2 * size))


def switch_part(file: str, work: SwitchWork) -> Batches:
    """Yield the source and switched rows of a part."""
    counts = Counts()
    if work.dictionary is not None:
        counts.tally("words")
    store = _store(work)
    rules = LabelRules.of(work.sampling.codes, work.options.fallback, work.options.labels)
    origins = NameOrigins.of(rules, work.source_language)
    insertion = Insertion.of(work.options)
    writer = RowWriter.of(work.schema, work.codes, origins, work.wiki, insertion)
    for table in _batches(work, file):
        context = _prepare(table, store, work, counts)
        counts.tally(TALLIES[work.unit]).keep(context.batch.number)
        counts.tally(f"source {TALLIES[work.unit]}")
        if context.batch.number:
            for rows in _rows_of(context, work, counts):
                count_rows(rows, work.codes, origins, counts)
                yield writer.columns(context.batch, context.spans, rows)
    return counts


def _rows_of(context: BatchContext, work: SwitchWork, counts: Counts) -> Iterator[SwitchedRows]:
    """Yield the rows of a batch in their order; count its mentions and source rows by outcome."""
    at_once = work.languages_at_once(context.batch)
    outcomes = Outcomes(context)
    found: Iterable[SwitchedRows]
    if at_once is None:
        found = [_short_rows(context, work, outcomes, counts)]
    else:
        found = _long_rows(context, work, outcomes, counts, at_once)
    for rows in found:
        outcomes.add_rows(rows)
        yield rows
    outcomes.count(counts, TALLIES[work.unit])


def _short_rows(
    context: BatchContext, work: SwitchWork, outcomes: Outcomes, counts: Counts
) -> SwitchedRows:
    """Return all rows of a batch."""
    parts = []
    for one, sampling in _passes(context, work):
        if work.options.mix:
            mixing, languages = mixed(one, sampling)
            rows, poor = mixed_rows(one, mixing)
            _count_poor(np.full(poor, len(sampling.codes)), work, counts)
        else:
            languages = candidates(one)
            rows, rejected = switched(one, languages, sampling)
            _count_poor(rejected, work, counts)
        outcomes.add(one, languages)
        outcomes.switched[rows.sentences] = True
        parts.append(rows)
    return with_sources(context, joined(parts), work.options.source_rows)


def _long_rows(
    context: BatchContext, work: SwitchWork, outcomes: Outcomes, counts: Counts, at_once: int
) -> Iterator[SwitchedRows]:
    """Yield the rows of a batch of one text, in `at_once` languages at a time."""
    wanted, own = work.options.source_rows, sources(context)
    if wanted == "all":
        yield own
    for one, sampling in _passes(context, work):
        if work.options.mix:
            mixing, languages = mixed(one, sampling)
            rows, poor = mixed_rows(one, mixing)
            found: Iterator[SwitchedRows] = iter([rows] if len(rows.sentences) else [])
            _count_poor(np.full(poor, len(sampling.codes)), work, counts)
        else:
            languages = candidates(one)
            chosen, rejected = accepted(one, languages, sampling, at_once)
            found = rows_in_turns(one, chosen, at_once)
            _count_poor(rejected, work, counts)
        outcomes.add(one, languages)
        for rows in found:
            if wanted == "switched" and not outcomes.switched.any():
                yield own
            outcomes.switched[:] = True
            yield rows
    if wanted == "unswitched" and not outcomes.switched.any():
        yield own


def _passes(
    context: BatchContext, work: SwitchWork
) -> Iterator[tuple[BatchContext, LanguageSampling]]:
    for number in range(work.options.passes):
        sampling = replace(work.sampling, number=number)
        one = drawn(context, number, sampling.codes)
        if one.words is not None:
            one.words.note(np.flatnonzero(~one.rows_drawn[one.words.sentence]), ROW_RATE)
        yield one, sampling


def _count_poor(languages: Array, work: SwitchWork, counts: Counts) -> None:
    """Count the rows that change too little, by their languages."""
    by_language = Counter(work.codes[language] for language in languages.tolist())
    counts.add("rows that change too little", by_language)


def census_part(file: str, work: SwitchWork) -> Batches:
    """Yield the possible languages of the sampled rows of a part."""
    store = _store(work)
    for table in _batches(work, file):
        ids = table.column("id").to_numpy().astype(np.uint64)
        sample = table.filter(booleans(in_sample(ids, work.rows, work.options.seed)))
        context = drawn(_prepare(sample, store, work, Counts()), 0, work.sampling.codes)
        if context.batch.number:
            yield census(context.batch.ids, candidates(context).may)
    return Counts()


def _batches(work: SwitchWork, file: str) -> Iterator[pa.RecordBatch]:
    linked = open_part(Path(work.linked) / file)
    if work.unit == "sentence":
        yield from linked.iter_batches(work.at_once, columns=_READ, use_threads=False)
        return
    for batch in batches_by_group(linked, work.at_once, [*_READ, *_UNIT_COLUMNS]):
        sizes = pc.binary_length(batch.column("text")).to_numpy()
        for start, end in slices_of(np.cumsum(sizes, dtype=np.int64), work.bytes_at_once):
            yield batch.slice(start, end - start)


@lru_cache(maxsize=1)
def _open(folder: str, fingerprint: str, languages: tuple[str, ...]) -> LabelStore:
    del fingerprint
    return LabelStore(Path(folder), languages)


def _store(work: SwitchWork) -> LabelStore:
    """Return the label store, opened once per process."""
    return _open(work.store, work.fingerprint, work.sampling.codes)


@lru_cache(maxsize=1)
def _open_dictionary(folder: str, fingerprint: str, languages: tuple[str, ...]) -> DictionaryStore:
    del fingerprint
    return DictionaryStore(Path(folder), languages)


def _dictionary(work: SwitchWork) -> DictionaryStore | None:
    """Return the dictionary of words, opened once per process."""
    if work.dictionary is None:
        return None
    return _open_dictionary(work.dictionary, work.fingerprint, work.sampling.codes)


def _prepare(
    table: pa.RecordBatch, store: LabelStore, work: SwitchWork, counts: Counts
) -> BatchContext:
    """Return the rows that pass the filters, and their mentions; count the others."""
    table, dropped = select_rows(table, work.options, work.source_language, counts)
    try:
        batch = SentenceBatch.of(table)
    except InputError as error:
        raise InputError(f"{work.linked}: {error}") from error
    mentions = study(batch, store, work.options, work.source_language)
    if work.options.inflected == "skip-sentence" and (odd := with_grammar(batch, mentions)).any():
        dropped["an anchor carries grammar"] += int(odd.sum())
        batch = SentenceBatch.of(table.filter(booleans(~odd)))
        mentions = study(batch, store, work.options, work.source_language)
    for reason, number in dropped.items():
        counts.tally(TALLIES[work.unit]).drop(reason, number)
    return BatchContext.of(batch, mentions, store, _dictionary(work), work.options)
