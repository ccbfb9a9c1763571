"""Builds the switched sentences: labels in place of anchors, and spans in both texts.

Each sentence is cut before and after its linked mentions; a row joins these pieces again with
labels in place of anchors. So text outside the spans cannot change, and spans are sums of lengths.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import list_of_structs, numbers, ranges, strings
from cstool.arrays.replaced import PieceRows, replaced
from cstool.languages.fitting import FittedNames, fit
from cstool.languages.labels import LabelRules, Origin
from cstool.stages.switch.batch import BatchContext, SentenceBatch
from cstool.stages.switch.options import SourceRows
from cstool.stages.switch.sampling import (
    Candidates,
    LanguageSampling,
    MixedSentences,
    entities_of,
    rows_of,
)
from cstool.storage.schemas import SWITCHED, with_dictionaries

SOURCE = -1
# The column `language` of a row whose entities are in different languages.
MIXED = "mul"
# The schema of the rows before they are written: columns of few values as dictionaries.
WRITTEN = with_dictionaries(
    SWITCHED, ("language", "source_language", "name_language", "origin", "wiki")
)


class SwitchedRows(NamedTuple):
    """The rows to write.

    `sentences`, `languages`, `number`: index of the sentence, index of the language and number of
    entities of each row, `int64[rows]`. `mention`, `language` (SOURCE: the source language),
    `name` (index in `names`), `step` (of the search that found the name), and `why` (bits of the
    reasons for an adaptation): flat arrays of the entities.
    """

    sentences: Array
    languages: Array
    number: Array
    mention: Array
    language: Array
    name: Array
    step: Array
    why: Array
    names: pa.StringArray

    def chosen(self, rows: Array) -> "SwitchedRows":
        """Return the rows with these indexes, in this order."""
        firsts = np.cumsum(self.number) - self.number
        entities = ranges(firsts[rows], self.number[rows])
        return SwitchedRows(
            self.sentences[rows], self.languages[rows], self.number[rows], self.mention[entities],
            self.language[entities], self.name[entities], self.step[entities], self.why[entities],
            self.names,
        )  # fmt: skip


def joined(parts: list[SwitchedRows]) -> SwitchedRows:
    """Return all rows, part by part."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *(len(part.names) for part in parts[:-1])])
    moved = [p._replace(name=p.name + at) for p, at in zip(parts, before.tolist(), strict=True)]
    columns = zip(*moved, strict=True)
    return SwitchedRows(
        *(
            pa.concat_arrays(column) if isinstance(column[0], pa.Array) else np.concatenate(column)
            for column in columns
        )
    )


class NameOrigins(NamedTuple):
    """The code and the origin of a name, by the index of its language and the step of its search.

    `codes`, `origins`: the distinct ones; `code`, `origin`: int64[languages + 1, steps], indexes
    of these. The last row is for the anchors of source sentences.
    """

    codes: pa.Array
    origins: pa.Array
    code: Array
    origin: Array

    @staticmethod
    def of(rules: LabelRules, source_language: str) -> "NameOrigins":
        """Return the table for languages that are searched by these rules."""
        anchor: tuple[str, Origin] = (source_language, "anchor")
        table = [*rules.origins(), [anchor]]
        width = max(map(len, table))
        cells = [pair for steps in table for pair in [*steps, *[steps[0]] * (width - len(steps))]]
        columns = [strings(column).dictionary_encode() for column in zip(*cells, strict=True)]
        code, origin = (c.indices.to_numpy().reshape(len(table), width) for c in columns)
        return NameOrigins(columns[0].dictionary, columns[1].dictionary, code, origin)

    def columns(self, rows: SwitchedRows) -> tuple[pa.Array, pa.Array]:
        """Return the code and the origin of the name of each entity."""
        cells = self._cells(rows)
        return (
            coded(self.code.take(cells), self.codes),
            coded(self.origin.take(cells), self.origins),
        )

    def counts(self, rows: SwitchedRows) -> dict[str, int]:
        """Return the number of names by origin."""
        cells = np.bincount(self._cells(rows), minlength=self.origin.size)
        number = np.bincount(self.origin.ravel(), cells, len(self.origins)).astype(int)
        return {o: n for o, n in zip(self.origins.to_pylist(), number.tolist(), strict=True) if n}

    def _cells(self, rows: SwitchedRows) -> Array:
        """Return the index in the flat tables of each entity; SOURCE is the last language."""
        languages, width = self.code.shape
        language: Array = np.where(rows.language == SOURCE, languages - 1, rows.language)
        return language * width + rows.step


def sources(batch: SentenceBatch) -> SwitchedRows:
    """Return the source sentences as rows."""
    every = np.arange(batch.number)
    mention = np.arange(len(batch.start))
    own = np.full(len(mention), SOURCE)
    number = np.diff(batch.firsts)
    step, why = np.zeros(len(mention), np.uint8), np.zeros(len(mention), np.uint16)
    languages = np.full(batch.number, SOURCE)
    return SwitchedRows(every, languages, number, mention, own, mention, step, why, batch.anchors)


def with_sources(batch: SentenceBatch, rows: SwitchedRows, wanted: SourceRows) -> SwitchedRows:
    """Return the rows and those of the wanted source sentences, by sentence and language."""
    if wanted != "none":
        own = sources(batch)
        if wanted == "switched":
            own = own.chosen(np.unique(rows.sentences))
        rows = joined([own, rows])
    # Stable: fast for the sorted parts that the rows consist of.
    keys = rows.sentences * (int(rows.languages.max(initial=0)) + 2) + rows.languages
    return rows.chosen(np.argsort(keys, kind="stable"))


def switched(
    context: BatchContext, possible: Candidates, sampling: LanguageSampling
) -> tuple[SwitchedRows, Array]:
    """Return the rows in the drawn languages, and the languages that were drawn and rejected.

    The rows are in no particular order. A language is rejected if its adapted labels change too few
    anchors; then another one is drawn.
    """
    batch = context.batch
    may = possible.may.copy()
    parts: list[SwitchedRows] = []
    rejected: list[Array] = []
    pending = np.arange(batch.number)
    while len(pending):
        sentences, languages = rows_of(sampling.pick(may[pending], batch.ids[pending]))
        sentences = pending[sentences]
        rows = _name(context, sentences, languages)
        poor = _poor(context, rows)
        may[sentences[poor], languages[poor]] = False
        rejected.append(languages[poor])
        again = np.zeros(batch.number, bool)
        again[sentences[poor]] = True
        parts.append(rows.chosen(np.flatnonzero(~again[sentences])) if poor.any() else rows)
        pending = np.flatnonzero(again)
    return joined(parts), np.concatenate(rejected)


def mixed_rows(context: BatchContext, drawn: MixedSentences) -> tuple[SwitchedRows, int]:
    """Return the mixed rows, and the number of rows that change too few anchors."""
    own = np.full(len(drawn.sentences), len(context.store.languages))
    rows = _named(context, drawn.sentences, own, drawn.number, drawn.mention, drawn.language)
    poor = _poor(context, rows)
    return (rows.chosen(np.flatnonzero(~poor)) if poor.any() else rows), int(poor.sum())


def _name(context: BatchContext, sentences: Array, languages: Array) -> SwitchedRows:
    """Return rows for these sentences in these languages."""
    mention, row = entities_of(context.batch, sentences)
    kept = context.mentions.left[mention] == 0
    if not context.options.require_all:
        kept &= context.store.has(context.mentions.places[mention], languages[row])
    mention, row = mention[kept], row[kept]
    language = languages[row]
    number = np.bincount(row, minlength=len(sentences))
    return _named(context, sentences, languages, number, mention, language)


def _named(
    context: BatchContext,
    sentences: Array,
    languages: Array,
    number: Array,
    mention: Array,
    language: Array,
) -> SwitchedRows:
    """Return rows of these entities; `names` has a name for each, in their order."""
    store, contexts = context.store, context.mentions.around
    names, step = store.labels(context.mentions.places[mention], language)
    why = np.zeros(len(names), np.uint16)
    if context.options.fit and contexts is not None:
        names, why = fit(names, mention, language, contexts, store.languages)
    name = np.arange(len(names))
    return SwitchedRows(sentences, languages, number, mention, language, name, step, why, names)


def _poor(context: BatchContext, rows: SwitchedRows) -> Array:
    """Return which rows, with names as `_named` returns them, change too few anchors."""
    least = context.options.min_changed
    if not least:
        return np.zeros(len(rows.sentences), bool)
    anchors = context.batch.anchors.take(numbers(rows.mention))
    other = pc.not_equal(rows.names, anchors).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(rows.number)), rows.number)
    return np.bincount(row[other], minlength=len(rows.number)) < least


def reasons(rows: SwitchedRows) -> dict[str, int]:
    """Return the number of adapted labels by reason."""
    return FittedNames(rows.names, rows.why).counts()


def write(
    batch: SentenceBatch, rows: SwitchedRows, codes: list[str], origins: NameOrigins, wiki: str
) -> pa.RecordBatch:
    """Return the rows with the schema `WRITTEN`; `codes`: of the languages, the source last."""
    source_start, source_end = batch.start[rows.mention], batch.end[rows.mention]
    length = pc.utf8_length(rows.names).to_numpy().astype(np.int64)[rows.name]
    grown = length - (source_end - source_start)
    firsts = np.concatenate([[0], np.cumsum(rows.number)])
    before = np.concatenate([[0], np.cumsum(grown)])
    start = source_start + before[:-1] - np.repeat(before[firsts[:-1]], rows.number)
    spans = (batch.qid[rows.mention], source_start, source_end, start, start + length)
    take = numbers(rows.sentences)
    column = batch.rows.column
    wikis, sources = strings([wiki]), strings([codes[-1]])
    nothing = np.zeros(len(take), np.int64)
    return pa.RecordBatch.from_arrays(
        [
            column("id").take(take),
            coded(rows.languages % len(codes), strings(codes)),
            coded(nothing, sources),
            column("text").take(take),
            _texts(batch, rows),
            list_of_structs(
                rows.number,
                [*(s.astype(np.uint32) for s in spans), *origins.columns(rows)],
                WRITTEN.field("entities").type,
            ),
            column("page_id").take(take),
            column("title").take(take),
            coded(nothing, wikis),
        ],
        schema=WRITTEN,
    )


def coded(indexes: Array, values: pa.StringArray) -> pa.DictionaryArray:
    """Return `values[indexes]`, with those that occur in the order of their first occurrences."""
    number = len(indexes)
    first = np.full(len(values), number)
    first[indexes[::-1]] = np.arange(number)[::-1]  # of equal indexes, the last one counts
    order = np.argsort(first)[: np.count_nonzero(first < number)]
    place = np.empty(len(values), np.int64)
    place[order] = np.arange(len(order))
    return pa.DictionaryArray.from_arrays(
        numbers(place.take(indexes)), values.take(numbers(order))
    )


def _texts(batch: SentenceBatch, rows: SwitchedRows) -> pa.Array:
    """Return the text of each row: the pieces of its sentence with labels in place of anchors."""
    first = rows.sentences + 2 * batch.firsts[rows.sentences]
    count = 2 * np.diff(batch.firsts)[rows.sentences] + 1
    place = batch.sentence[rows.mention] + 2 * rows.mention + 1
    pieces = PieceRows(first, count, rows.number, place, rows.name)
    return replaced(batch.pieces, rows.names, pieces)
