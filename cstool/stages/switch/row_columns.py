"""The columns of the rows that `switch` writes: texts, and spans in them.

Each source row is cut before and after its linked mentions; a row joins these pieces again, with
names in place of anchors or beside them. So text outside the spans cannot change, and spans are
sums of lengths.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import (
    coded,
    flat,
    list_of,
    list_of_structs,
    nullable,
    numbers,
    ranges,
    strings,
)
from cstool.arrays.replaced import PieceRows, replaced
from cstool.stages.switch.batch_spans import BatchSpans
from cstool.stages.switch.insertion import Insertion
from cstool.stages.switch.rewrite import SOURCE, WORD, NameOrigins, SwitchedRows
from cstool.stages.switch.sentence_batch import SentenceBatch, in_rows
from cstool.storage.schemas import PASS_FIELD, UNIT_FIELDS, with_dictionaries

# Columns of few values, which are written as dictionaries.
_CODED = ("language", "source_language", "name_language", "origin", "wiki")


@dataclass(frozen=True)
class RowWriter:
    """What is the same for all rows.

    `schema`: of the columns, with dictionaries; `codes`: of the languages, the source last.
    """

    schema: pa.Schema
    codes: list[str]
    origins: NameOrigins
    wiki: str
    insertion: Insertion

    @staticmethod
    def of(
        schema: pa.Schema, codes: list[str], origins: NameOrigins, wiki: str, insertion: Insertion
    ) -> "RowWriter":
        """Return a writer of rows with this schema."""
        return RowWriter(with_coded(schema), codes, origins, wiki, insertion)

    def columns(
        self, batch: SentenceBatch, spans: BatchSpans, rows: SwitchedRows
    ) -> pa.RecordBatch:
        """Return the columns of the rows."""
        pieces = _pieces(spans, rows, self.insertion)
        take = numbers(rows.sentences)
        column = batch.rows.column
        wikis, sources = strings([self.wiki]), strings([self.codes[-1]])
        nothing = np.zeros(len(take), np.int64)
        qids = spans.qid[rows.span].astype(np.uint32)
        is_word = rows.step == WORD
        places = pieces.source_start, pieces.source_end, pieces.start, pieces.end
        columns = {
            "id": column("id").take(take),
            "language": coded(rows.languages % len(self.codes), strings(self.codes)),
            "source_language": coded(nothing, sources),
            "source_text": column("text").take(take),
            "text": _texts(spans, rows, pieces),
            "entities": list_of_structs(
                rows.number,
                [
                    nullable(qids, ~is_word) if is_word.any() else qids,
                    *(place.astype(np.uint32) for place in places),
                    *self.origins.columns(rows),
                ],
                self.schema.field("entities").type,
            ),
            "page_id": column("page_id").take(take),
            "title": column("title").take(take),
            "wiki": coded(nothing, wikis),
        }
        if PASS_FIELD.name in self.schema.names:
            columns[PASS_FIELD.name] = numbers(rows.passes.astype(np.uint8))
        if "sentences" in self.schema.names:
            columns["sentences"] = _moved_sentences(batch, rows, pieces)
            columns["gaps"] = column("gaps").take(take)
        return pa.RecordBatch.from_arrays([*columns.values()], schema=self.schema)


def with_coded(schema: pa.Schema) -> pa.Schema:
    """Return the schema with dictionaries in columns of few values."""
    return with_dictionaries(schema, _CODED)


class _Pieces(NamedTuple):
    """What stands at the places of anchors; all but `texts` are int64 arrays.

    For each entity: `source_start`, `source_end` of its anchor in the source text; `start`, `end`
    of the name in the row's text; `stop`, the end of all that stands for the anchor. `texts`: what
    may stand there, `which`: its index.
    """

    source_start: Array
    source_end: Array
    start: Array
    end: Array
    stop: Array
    texts: pa.StringArray
    which: Array


def _pieces(spans: BatchSpans, rows: SwitchedRows, insertion: Insertion) -> _Pieces:
    source_start, source_end = spans.start[rows.span], spans.end[rows.span]
    length = pc.utf8_length(rows.names).to_numpy().astype(np.int64)[rows.name]
    texts, which, before = rows.names, rows.name, np.zeros_like(length)
    whole = length
    if not insertion.plain:
        own = np.flatnonzero(rows.language != SOURCE)
        anchors = spans.anchors.take(numbers(rows.span[own]))
        put = insertion.texts(anchors, rows.names.take(numbers(rows.name[own])))
        which = rows.name.copy()
        which[own] = len(texts) + np.arange(len(own))
        texts = pa.concat_arrays([texts, put])
        anchor = (source_end - source_start)[own]
        before[own] = insertion.before(anchor)
        whole = length + before
        whole[own] += insertion.after(anchor)
    grown = whole - (source_end - source_start)
    firsts = np.concatenate([[0], np.cumsum(rows.number)])
    total = np.concatenate([[0], np.cumsum(grown)])
    place = source_start + total[:-1] - np.repeat(total[firsts[:-1]], rows.number)
    start = place + before
    return _Pieces(source_start, source_end, start, start + length, place + whole, texts, which)


def _texts(spans: BatchSpans, rows: SwitchedRows, pieces: _Pieces) -> pa.Array:
    """Return the text of each row: the pieces of its source, with others in place of anchors."""
    first = spans.first_piece[rows.sentences]
    count = spans.first_piece[rows.sentences + 1] - first
    place, which, number = spans.piece[rows.span], pieces.which, rows.number
    if (place < 0).any():  # mentions of source rows, which are not changed
        own = place >= 0
        row = np.repeat(np.arange(len(number)), number)
        place, which, number = place[own], which[own], np.bincount(row[own], minlength=len(number))
    return replaced(spans.pieces, pieces.texts, PieceRows(first, count, number, place, which))


def _moved_sentences(batch: SentenceBatch, rows: SwitchedRows, pieces: _Pieces) -> pa.ListArray:
    """Return where the sentences of each row start in its text.

    A start moves with the last entity whose anchor begins before it.
    """
    offsets, starts = flat(batch.rows.column("sentences"))
    number = np.diff(offsets)[rows.sentences]
    source = starts.to_numpy().astype(np.int64)[ranges(offsets[rows.sentences], number)]
    row = np.repeat(np.arange(len(number)), number)
    entity_row = np.repeat(np.arange(len(number)), rows.number)
    found = np.searchsorted(in_rows(entity_row, pieces.source_start), in_rows(row, source))
    moved = source.copy()
    some = np.flatnonzero(found > (np.cumsum(rows.number) - rows.number)[row])
    last = found[some] - 1
    moved[some] = pieces.stop[last] + np.maximum(source[some] - pieces.source_end[last], 0)
    values = numbers(moved.astype(np.uint32))
    return list_of(number, values, UNIT_FIELDS[0].type)
