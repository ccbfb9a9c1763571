"""Chooses the rows to write: source sentences and switched ones, with the names of their entities.

`row_columns` makes the columns of these rows.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import coded, numbers, ranges, strings
from cstool.languages.fitting import FittedNames, fit
from cstool.languages.labels import DICTIONARY, LabelRules, Origin
from cstool.stages.switch.batch import BatchContext
from cstool.stages.switch.draws import in_drawn_sentences
from cstool.stages.switch.options import SourceRows
from cstool.stages.switch.row_filter import with_mark
from cstool.stages.switch.sampling import (
    Candidates,
    LanguageSampling,
    MixedSentences,
    entities_of,
    rows_of,
)
from cstool.stages.switch.word_draws import WordNames, words_in_rows

SOURCE = -1
# The step of the search for a name, if it is the translation of a word.
WORD = 255


class SwitchedRows(NamedTuple):
    """The rows to write.

    `sentences`, `languages`, `passes`, `number`: index of the sentence, index of the language,
    number of the pass and number of entities of each row, `int64[rows]`; `equal`, `marked`: number
    of names left out because they equal their anchors or contain a mark. `span`, `language`
    (SOURCE: the source language), `name` (index in `names`), `step` (of the search that found the
    name), and `why` (bits of the reasons for an adaptation): flat arrays of the entities, words
    among them.
    """

    sentences: Array
    languages: Array
    passes: Array
    equal: Array
    marked: Array
    number: Array
    span: Array
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
            self.sentences[rows], self.languages[rows], self.passes[rows], self.equal[rows],
            self.marked[rows], self.number[rows], self.span[entities], self.language[entities],
            self.name[entities], self.step[entities], self.why[entities], self.names,
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
    of these. The last row is for the anchors of source sentences, the last step for the words of a
    dictionary.
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
        codes = [*rules.targets, source_language]
        cells = [
            pair
            for code, steps in zip(codes, table, strict=True)
            for pair in [*steps, *[steps[0]] * (width - len(steps)), (code, DICTIONARY)]
        ]
        width += 1
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
        cells: Array = language * width + np.minimum(rows.step, width - 1)
        return cells


def sources(context: BatchContext) -> SwitchedRows:
    """Return the source sentences as rows, with their linked mentions."""
    batch = context.batch
    every = np.arange(batch.number)
    mention = np.arange(len(batch.start))
    own = np.full(len(mention), SOURCE)
    number = np.diff(batch.firsts)
    step, why = np.zeros(len(mention), np.uint8), np.zeros(len(mention), np.uint16)
    languages, none = np.full(batch.number, SOURCE), np.zeros(batch.number, np.int64)
    return SwitchedRows(
        every, languages, none, none, none, number, context.spans.mention, own, mention, step, why,
        batch.anchors,
    )  # fmt: skip


def wanted_sources(number: int, switched_ones: Array, wanted: SourceRows) -> Array:
    """Return the indexes of the source sentences to write.

    `number`: of all; `switched_ones`: the indexes of those that are switched.
    """
    there = np.zeros(number, bool)
    there[switched_ones] = True
    if wanted in ("switched", "unswitched"):
        return np.flatnonzero(there == (wanted == "switched"))
    return np.arange(number if wanted == "all" else 0)


def with_sources(context: BatchContext, rows: SwitchedRows, wanted: SourceRows) -> SwitchedRows:
    """Return the rows and those of the wanted source sentences, in their order."""
    if wanted != "none":
        number = context.batch.number
        own = sources(context).chosen(wanted_sources(number, rows.sentences, wanted))
        rows = joined([own, rows])
    return rows.chosen(in_order(rows.sentences, rows.languages, rows.passes))


def in_order(sentences: Array, languages: Array, passes: Array) -> Array:
    """Return the order of rows: by sentence, pass, and language, SOURCE first."""
    keys = sentences * (int(passes.max(initial=0)) + 1) + passes
    keys = keys * (int(languages.max(initial=0)) + 2) + languages
    # Stable: fast for the sorted parts that the rows consist of.
    order: Array = np.argsort(keys, kind="stable")
    return order


def switched(
    context: BatchContext, possible: Candidates, sampling: LanguageSampling
) -> tuple[SwitchedRows, Array]:
    """Return the rows in the drawn languages, and the languages that were drawn and rejected.

    The rows are in no particular order. A language is rejected if its adapted labels change too few
    anchors; then another one is drawn, unless sentences are drawn as well: their share would grow.
    """
    batch = context.batch
    may = possible.may.copy()
    parts: list[SwitchedRows] = []
    rejected: list[Array] = []
    pending = np.arange(batch.number)
    while len(pending):
        sentences, languages = rows_of(sampling.pick(may[pending], batch.ids[pending]))
        sentences = pending[sentences]
        rows = name_rows(context, sentences, languages)
        poor = change_too_little(context, rows)
        may[sentences[poor], languages[poor]] = False
        rejected.append(languages[poor])
        again = np.zeros(batch.number, bool)
        if context.options.sentence_rate < 1:
            parts.append(rows.chosen(np.flatnonzero(~poor)))
            break
        again[sentences[poor]] = True
        parts.append(rows.chosen(np.flatnonzero(~again[sentences])) if poor.any() else rows)
        pending = np.flatnonzero(again)
    return joined(parts), np.concatenate(rejected)


def mixed_rows(context: BatchContext, drawn: MixedSentences) -> tuple[SwitchedRows, int]:
    """Return the mixed rows, and the number of rows that change too few anchors."""
    own = np.full(len(drawn.sentences), len(context.store.languages))
    row = np.repeat(np.arange(len(own)), drawn.number)
    rows = _named(context, drawn.sentences, own, row, drawn.mention, drawn.language)
    if drawn.words is not None:
        rows = _with_words(context, rows, drawn.words)
    poor = change_too_little(context, rows)
    return (rows.chosen(np.flatnonzero(~poor)) if poor.any() else rows), int(poor.sum())


def name_rows(context: BatchContext, sentences: Array, languages: Array) -> SwitchedRows:
    """Return rows for these sentences in these languages."""
    mention, row = entities_of(context.batch, sentences)
    kept = context.mentions.left[mention] == 0
    if not context.options.require_all:
        kept &= context.store.has(context.mentions.places[mention], languages[row])
    mention, row = mention[kept], row[kept]
    if context.options.sentence_rate < 1:
        kept = in_drawn_sentences(context, mention, languages[row])
        mention, row = mention[kept], row[kept]
    rows = _named(context, sentences, languages, row, mention, languages[row])
    if context.words is None:
        return rows
    return _with_words(context, rows, words_in_rows(context, context.words, sentences, languages))


def _with_words(context: BatchContext, rows: SwitchedRows, words: WordNames) -> SwitchedRows:
    """Return rows with words among their entities, in the order of the text."""
    number = len(words.word)
    span = np.concatenate([rows.span, context.spans.word[words.word]])
    row = np.concatenate([np.repeat(np.arange(len(rows.number)), rows.number), words.row])
    order = np.argsort(row * (len(context.spans.start) + 1) + span, kind="stable")
    step = np.full(number, WORD, np.uint8)
    return rows._replace(
        number=np.bincount(row, minlength=len(rows.number)),
        span=span[order],
        language=np.concatenate([rows.language, words.language])[order],
        name=np.concatenate([rows.name, len(rows.names) + np.arange(number)])[order],
        step=np.concatenate([rows.step, step])[order],
        why=np.concatenate([rows.why, np.zeros(number, np.uint16)])[order],
        names=pa.concat_arrays([rows.names, words.names]),
    )


def _named(
    context: BatchContext,
    sentences: Array,
    languages: Array,
    row: Array,
    mention: Array,
    language: Array,
) -> SwitchedRows:
    """Return rows of these linked mentions; `names` has a name for each, in their order.

    `row`: the row of each entity.
    """
    store, contexts, options = context.store, context.mentions.around, context.options
    names, step = store.labels(context.mentions.places[mention], language)
    why = np.zeros(len(names), np.uint16)
    if options.fits_context and contexts is not None:
        names, why = fit(names, mention, language, contexts, store.languages)
    equal, marked = _left_out(context, names, mention)
    size = len(sentences)
    equal_in, marked_in = (np.bincount(row[some], minlength=size) for some in (equal, marked))
    if len(equal) + len(marked):
        kept = np.ones(len(names), bool)
        kept[equal] = kept[marked] = False
        names = names.filter(pa.array(kept))
        row, mention, language, step, why = (
            column[kept] for column in (row, mention, language, step, why)
        )
    return SwitchedRows(
        sentences, languages, np.full(size, context.number), equal_in, marked_in,
        np.bincount(row, minlength=size), context.spans.mention[mention], language,
        np.arange(len(names)), step, why,
        names,
    )  # fmt: skip


def _left_out(context: BatchContext, names: pa.StringArray, mention: Array) -> tuple[Array, Array]:
    """Return the indexes of the names that are not put into text.

    Those beside an anchor that they equal, and others that contain a mark.
    """
    options, nothing = context.options, np.zeros(0, np.int64)
    equal = marked = nothing
    if options.style == "annotate" and not options.repeat:
        anchors = context.batch.anchors.take(numbers(mention))
        equal = np.flatnonzero(pc.equal(names, anchors).to_numpy(zero_copy_only=False))
    if options.marks and options.marks_in_text == "drop":
        marked = np.setdiff1d(np.flatnonzero(with_mark(names, options.marks)), equal)
    return equal, marked


def change_too_little(context: BatchContext, rows: SwitchedRows) -> Array:
    """Return which rows, with names as `name_rows` returns them, have none or change too few."""
    least = context.options.min_changed
    if not least:
        return np.asarray(rows.number == 0)
    anchors = context.spans.anchors.take(numbers(rows.span))
    names = rows.names if context.words is None else rows.names.take(numbers(rows.name))
    other = pc.not_equal(names, anchors).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(rows.number)), rows.number)
    return np.bincount(row[other], minlength=len(rows.number)) < least


def reasons(rows: SwitchedRows) -> dict[str, int]:
    """Return the number of adapted labels by reason."""
    return FittedNames(rows.names, rows.why).counts()
