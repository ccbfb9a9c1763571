"""The new sentences: names put where anchors stood, and spans on both sides.

Each sentence is cut before and behind its linked mentions; a row is these pieces again, with names
in place of anchors. So what is outside the spans cannot change, and spans are sums of lengths.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, list_of_structs, numbers, ranges
from cstool.languages.fitting import FittedNames, fit
from cstool.stages.switch.batch import MentionInfo, SentenceBatch
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.sampling import Candidates, MixedSentences, entities_of, pick, rows_of
from cstool.storage.label_store import LabelStore
from cstool.storage.schemas import SPANS, SWITCHED

SOURCE = -1
# What `language` says of a row whose entities are each in a language of its own.
MIXED = "mul"


class SwitchedRows(NamedTuple):
    """Rows to write: each one's sentence, language and number of entities.

    And of the entities, flat: `mention`, `language` (SOURCE: the text's own), `name`, and `why` it
    is not as it is in the store.
    """

    sentences: Array
    languages: Array
    number: Array
    mention: Array
    language: Array
    name: pa.Array
    why: Array

    def chosen(self, rows: Array) -> "SwitchedRows":
        """Return some of the rows, in this order."""
        firsts = np.cumsum(self.number) - self.number
        at = ranges(firsts[rows], self.number[rows])
        return SwitchedRows(
            self.sentences[rows], self.languages[rows], self.number[rows], self.mention[at],
            self.language[at], self.name.take(numbers(at)), self.why[at],
        )  # fmt: skip


def joined(parts: list[SwitchedRows]) -> SwitchedRows:
    """Return the rows of all, sorted by sentence, then language."""
    columns = zip(*parts, strict=True)
    rows = SwitchedRows(
        *(
            pa.concat_arrays(column) if isinstance(column[0], pa.Array) else np.concatenate(column)
            for column in columns
        )
    )
    return rows.chosen(np.lexsort((rows.languages, rows.sentences)))


def sources(read: SentenceBatch) -> SwitchedRows:
    """Return the sentences themselves as rows."""
    every = np.arange(read.number)
    mention = np.arange(len(read.start))
    own = np.full(len(mention), SOURCE)
    number = np.diff(read.firsts)
    why = np.zeros(len(mention), np.uint16)
    return SwitchedRows(
        every, np.full(read.number, SOURCE), number, mention, own, read.anchors, why
    )


def switched(
    read: SentenceBatch,
    seen: MentionInfo,
    store: LabelStore,
    found: Candidates,
    lots: Array,
    most: int | None,
    options: SwitchOptions,
) -> tuple[SwitchedRows, Array]:
    """Return the rows in the languages that are drawn, and the languages that were drawn in vain.

    A language is drawn in vain when its names, once they fit, change too little; another one is
    drawn for it.
    """
    may = found.may.copy()
    parts: list[SwitchedRows] = []
    vain: list[Array] = []
    pending = np.arange(read.number)
    while len(pending):
        sentences, languages = rows_of(pick(may[pending], lots[pending], most))
        sentences = pending[sentences]
        rows = _name(read, seen, store, sentences, languages, options)
        poor = _poor(read, rows, options)
        may[sentences[poor], languages[poor]] = False
        vain.append(languages[poor])
        again = np.zeros(read.number, bool)
        again[sentences[poor]] = True
        parts.append(rows.chosen(np.flatnonzero(~again[sentences])) if poor.any() else rows)
        pending = np.flatnonzero(again)
    return joined(parts), np.concatenate(vain)


def mixed_rows(
    read: SentenceBatch,
    seen: MentionInfo,
    store: LabelStore,
    drawn: MixedSentences,
    options: SwitchOptions,
) -> tuple[SwitchedRows, int]:
    """Return the rows that are mixed, and how many change too little."""
    fitted = _names(seen, store, drawn.mention, drawn.language, options)
    own = np.full(len(drawn.sentences), len(store.languages))
    rows = SwitchedRows(drawn.sentences, own, drawn.number, drawn.mention, drawn.language, *fitted)
    poor = _poor(read, rows, options)
    return (rows.chosen(np.flatnonzero(~poor)) if poor.any() else rows), int(poor.sum())


def _name(
    read: SentenceBatch,
    seen: MentionInfo,
    store: LabelStore,
    sentences: Array,
    languages: Array,
    options: SwitchOptions,
) -> SwitchedRows:
    """Return rows for these sentences in these languages."""
    mention, row = entities_of(read, sentences)
    kept = seen.left[mention] == 0
    if not options.require_all:
        kept &= store.has(seen.places[mention], languages[row])
    mention, row = mention[kept], row[kept]
    language = languages[row]
    fitted = _names(seen, store, mention, language, options)
    number = np.bincount(row, minlength=len(sentences))
    return SwitchedRows(sentences, languages, number, mention, language, *fitted)


def _names(
    seen: MentionInfo, store: LabelStore, mention: Array, language: Array, options: SwitchOptions
) -> FittedNames:
    names = store.labels(seen.places[mention], language).cast(pa.string())
    if not options.fit or seen.around is None:
        return FittedNames(names, np.zeros(len(names), np.uint16))
    return fit(names, mention, language, seen.around, store.languages)


def _poor(read: SentenceBatch, rows: SwitchedRows, options: SwitchOptions) -> Array:
    """Return the rows that change fewer anchors than they must."""
    if not options.min_changed:
        return np.zeros(len(rows.sentences), bool)
    anchors = read.anchors.take(numbers(rows.mention))
    other = pc.not_equal(rows.name, anchors).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(rows.number)), rows.number)
    return np.bincount(row[other], minlength=len(rows.number)) < options.min_changed


def reasons(rows: SwitchedRows) -> dict[str, int]:
    """Return how many names were made to fit, by reason."""
    return FittedNames(rows.name, rows.why).counts()


def write(read: SentenceBatch, rows: SwitchedRows, codes: list[str]) -> pa.RecordBatch:
    """Return the rows as they are written; `codes`: of the languages, the source's at the end."""
    source_start, source_end = read.start[rows.mention], read.end[rows.mention]
    length = pc.utf8_length(rows.name).to_numpy(zero_copy_only=False).astype(np.int64)
    grown = length - (source_end - source_start)
    firsts = np.concatenate([[0], np.cumsum(rows.number)])
    before = np.concatenate([[0], np.cumsum(grown)])
    start = source_start + before[:-1] - np.repeat(before[firsts[:-1]], rows.number)
    spans = (read.qid[rows.mention], source_start, source_end, start, start + length)
    take = numbers(rows.sentences)
    column = read.batch.column
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
            _texts(read, rows),
            list_of_structs(rows.number, [s.astype(np.uint32) for s in spans], SPANS),
            column("page_id").take(take),
            column("title").take(take),
        ],
        schema=SWITCHED,
    )


def _texts(read: SentenceBatch, rows: SwitchedRows) -> pa.Array:
    """Return each row's text: its sentence's pieces, names in place of anchors."""
    number = 2 * np.diff(read.firsts)[rows.sentences] + 1
    piece = ranges(rows.sentences + 2 * read.firsts[rows.sentences], number)
    row = np.repeat(np.arange(len(rows.number)), rows.number)
    within = rows.mention - read.firsts[rows.sentences[row]]
    place = (np.cumsum(number) - number)[row] + 2 * within + 1
    piece[place] = len(read.pieces) + np.arange(len(rows.name))
    pieces = pa.concat_arrays([read.pieces, rows.name]).take(numbers(piece))
    return pc.binary_join(list_of(number, pieces, pa.list_(pa.string())), "")
