"""Counts what paragraphs and pages contain: sentences, gaps, entities, lengths, shares of names."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import flat, one_chunk
from cstool.storage.histograms import histogram, histogram_of_shares
from cstool.storage.statistics import DocumentNumbers
from cstool.storage.word_spans import are_words, number_by_row


def document_numbers(
    table: pa.Table | pa.RecordBatch, spans_in: str, switched: Array
) -> DocumentNumbers:
    """Return the numbers of rows of paragraphs or pages, except those of words.

    `spans_in`: the column of entities or mentions. `switched`: bool[n], which rows are no source
    rows. Words that were switched are among the characters in names, but not among the entities.
    """
    lengths = pc.utf8_length(one_chunk(table.column("text"))).to_numpy().astype(np.int64)
    offsets, spans = flat(one_chunk(table.column(spans_in)))
    sizes = spans.field("end").to_numpy().astype(np.int64) - spans.field("start").to_numpy()
    in_names = np.diff(np.concatenate([[0], np.cumsum(sizes)])[offsets])
    gaps = one_chunk(table.column("gaps")).to_numpy()
    sentences = pc.sum(pc.list_value_length(table.column("sentences"))).as_py() or 0
    number = np.diff(offsets)
    if spans_in == "entities":
        number = number - number_by_row(offsets, are_words(spans))
    shares = in_names[switched] / np.maximum(lengths[switched], 1)
    return DocumentNumbers(
        sentences=int(sentences),
        gaps=int(gaps.sum()),
        with_gaps=int((gaps > 0).sum()),
        characters=histogram(lengths).tolist(),
        entities=histogram(number).tolist(),
        shares=histogram_of_shares(shares).tolist(),
        name_characters=int(in_names[switched].sum()),
        switched_characters=int(lengths[switched].sum()),
    )
