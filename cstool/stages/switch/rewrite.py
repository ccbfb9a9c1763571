"""Builds the switched sentences: labels in place of anchors, and spans in both texts.

Each sentence is cut before and after its linked mentions; a row joins these pieces again with
labels in place of anchors. So text outside the spans cannot change, and spans are sums of lengths.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, list_of_structs, numbers, ranges
from cstool.languages.fitting import FittedNames, fit
from cstool.stages.switch.batch import BatchContext, SentenceBatch
from cstool.stages.switch.sampling import Candidates, MixedSentences, entities_of, pick, rows_of
from cstool.storage.schemas import SPANS, SWITCHED

SOURCE = -1
# The column `language` of a row whose entities are in different languages.
MIXED = "mul"


class SwitchedRows(NamedTuple):
    """The rows to write.

    `sentences`, `languages`, `number`: index of the sentence, index of the language and number of
    entities of each row, `int64[rows]`. `mention`, `language` (SOURCE: the source language),
    `name`, and `why` (bits of the reasons for an adaptation): flat arrays of the entities.
    """

    sentences: Array
    languages: Array
    number: Array
    mention: Array
    language: Array
    name: pa.Array
    why: Array

    def chosen(self, rows: Array) -> "SwitchedRows":
        """Return the rows with these indexes, in this order."""
        firsts = np.cumsum(self.number) - self.number
        entities = ranges(firsts[rows], self.number[rows])
        return SwitchedRows(
            self.sentences[rows], self.languages[rows], self.number[rows], self.mention[entities],
            self.language[entities], self.name.take(numbers(entities)), self.why[entities],
        )  # fmt: skip


def joined(parts: list[SwitchedRows]) -> SwitchedRows:
    """Return all rows, sorted by sentence, then language."""
    columns = zip(*parts, strict=True)
    rows = SwitchedRows(
        *(
            pa.concat_arrays(column) if isinstance(column[0], pa.Array) else np.concatenate(column)
            for column in columns
        )
    )
    return rows.chosen(np.lexsort((rows.languages, rows.sentences)))


def sources(batch: SentenceBatch) -> SwitchedRows:
    """Return the source sentences as rows."""
    every = np.arange(batch.number)
    mention = np.arange(len(batch.start))
    own = np.full(len(mention), SOURCE)
    number = np.diff(batch.firsts)
    why = np.zeros(len(mention), np.uint16)
    return SwitchedRows(
        every, np.full(batch.number, SOURCE), number, mention, own, batch.anchors, why
    )


def switched(
    context: BatchContext, possible: Candidates, random_keys: Array, most: int | None
) -> tuple[SwitchedRows, Array]:
    """Return the rows in the drawn languages, and the languages that were drawn and rejected.

    A language is rejected if its adapted labels change too few anchors; then another one is drawn.
    """
    batch = context.batch
    may = possible.may.copy()
    parts: list[SwitchedRows] = []
    rejected: list[Array] = []
    pending = np.arange(batch.number)
    while len(pending):
        sentences, languages = rows_of(pick(may[pending], random_keys[pending], most))
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
    fitted = _names(context, drawn.mention, drawn.language)
    own = np.full(len(drawn.sentences), len(context.store.languages))
    rows = SwitchedRows(drawn.sentences, own, drawn.number, drawn.mention, drawn.language, *fitted)
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
    fitted = _names(context, mention, language)
    number = np.bincount(row, minlength=len(sentences))
    return SwitchedRows(sentences, languages, number, mention, language, *fitted)


def _names(context: BatchContext, mention: Array, language: Array) -> FittedNames:
    store, contexts = context.store, context.mentions.around
    names = store.labels(context.mentions.places[mention], language).cast(pa.string())
    if not context.options.fit or contexts is None:
        return FittedNames(names, np.zeros(len(names), np.uint16))
    return fit(names, mention, language, contexts, store.languages)


def _poor(context: BatchContext, rows: SwitchedRows) -> Array:
    """Return which rows change fewer anchors than required."""
    least = context.options.min_changed
    if not least:
        return np.zeros(len(rows.sentences), bool)
    anchors = context.batch.anchors.take(numbers(rows.mention))
    other = pc.not_equal(rows.name, anchors).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(rows.number)), rows.number)
    return np.bincount(row[other], minlength=len(rows.number)) < least


def reasons(rows: SwitchedRows) -> dict[str, int]:
    """Return the number of adapted labels by reason."""
    return FittedNames(rows.name, rows.why).counts()


def write(batch: SentenceBatch, rows: SwitchedRows, codes: list[str]) -> pa.RecordBatch:
    """Return the rows with the schema `SWITCHED`; `codes`: of the languages, the source last."""
    source_start, source_end = batch.start[rows.mention], batch.end[rows.mention]
    length = pc.utf8_length(rows.name).to_numpy(zero_copy_only=False).astype(np.int64)
    grown = length - (source_end - source_start)
    firsts = np.concatenate([[0], np.cumsum(rows.number)])
    before = np.concatenate([[0], np.cumsum(grown)])
    start = source_start + before[:-1] - np.repeat(before[firsts[:-1]], rows.number)
    spans = (batch.qid[rows.mention], source_start, source_end, start, start + length)
    take = numbers(rows.sentences)
    column = batch.rows.column
    language = pa.array(codes, pa.string()).take(numbers(rows.languages % len(codes)))
    source = pa.DictionaryArray.from_arrays(
        numbers(np.zeros(len(take), np.int32)), pa.array(codes[-1:], pa.string())
    )
    return pa.RecordBatch.from_arrays(
        [
            column("id").take(take),
            language,
            source.cast(pa.string()),
            column("text").take(take),
            _texts(batch, rows),
            list_of_structs(rows.number, [s.astype(np.uint32) for s in spans], SPANS),
            column("page_id").take(take),
            column("title").take(take),
        ],
        schema=SWITCHED,
    )


def _texts(batch: SentenceBatch, rows: SwitchedRows) -> pa.Array:
    """Return the text of each row: the pieces of its sentence with labels in place of anchors."""
    number = 2 * np.diff(batch.firsts)[rows.sentences] + 1
    piece = ranges(rows.sentences + 2 * batch.firsts[rows.sentences], number)
    row = np.repeat(np.arange(len(rows.number)), rows.number)
    within = rows.mention - batch.firsts[rows.sentences[row]]
    anchor = (np.cumsum(number) - number)[row] + 2 * within + 1
    piece[anchor] = len(batch.pieces) + np.arange(len(rows.name))
    pieces = pa.concat_arrays([batch.pieces, rows.name]).take(numbers(piece))
    return pc.binary_join(list_of(number, pieces, pa.list_(pa.string())), "")
