"""Numbers and beginnings of paragraphs and pages."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import flat, one_chunk
from cstool.storage.histograms import histogram, histogram_of_shares
from cstool.storage.statistics import DocumentNumbers


def slices_of(ends: Array, most: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows, half-open, each of about `most` or of one row.

    `ends`: the cumulative sizes of the rows.
    """
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield start, end
        start = end


def document_numbers(table: pa.Table, switched: Array) -> DocumentNumbers:
    """Return the numbers of rows, except those of words; `switched`: bool[n], no source row."""
    lengths = pc.utf8_length(one_chunk(table.column("text"))).to_numpy().astype(np.int64)
    offsets, spans = flat(one_chunk(table.column("entities")))
    sizes = spans.field("end").to_numpy().astype(np.int64) - spans.field("start").to_numpy()
    in_names = np.diff(np.concatenate([[0], np.cumsum(sizes)])[offsets])
    gaps = table.column("gaps").to_numpy()
    sentences = pc.sum(pc.list_value_length(table.column("sentences"))).as_py() or 0
    shares = in_names[switched] / np.maximum(lengths[switched], 1)
    return DocumentNumbers(
        sentences=int(sentences),
        gaps=int(gaps.sum()),
        with_gaps=int((gaps > 0).sum()),
        characters=histogram(lengths).tolist(),
        entities=histogram(np.diff(offsets)).tolist(),
        shares=histogram_of_shares(shares).tolist(),
        name_characters=int(in_names[switched].sum()),
        switched_characters=int(lengths[switched].sum()),
    )


def beginning(row: dict[str, Any], longest: int, *, annotated: bool) -> dict[str, Any]:
    """Return a row cut before the last sentence that starts within `longest` characters.

    If only the first one does, it is kept as a whole. `whole` has the characters of a source text
    that was cut. All rows of a source text are cut before the same sentence: its start in
    `source_text` is that in `text` without what was put in before it. `annotated`: whether names
    stand beside their anchors, in marks.
    """
    text, source, spans = row["text"], row["source_text"], row["entities"]
    if len(source) <= longest or len(row["sentences"]) < 2:
        return row
    grown: list[int] = [
        span["end"] - span["start"] - (span["source_end"] - span["source_start"]) * (not annotated)
        for span in spans
    ]
    marks = (len(text) - len(source) - sum(grown)) // len(spans) if spans else 0

    def in_source(place: int) -> int:
        before = takewhile(lambda n: spans[n]["end"] <= place, range(len(spans)))
        return place - sum(grown[n] + marks for n in before)

    starts = [*takewhile(lambda start: in_source(start) <= longest, row["sentences"][1:])]
    cut = starts[-1] if starts else row["sentences"][1]
    end = _before_heading(text, row["sentences"], cut)
    source_end = in_source(end)
    kept = [span for span in spans if span["end"] <= end]
    return row | {
        "text": text[:end].rstrip(),
        "source_text": source[:source_end].rstrip(),
        "entities": kept,
        "whole": len(source),
    }


def _before_heading(text: str, sentences: list[int], cut: int) -> int:
    """Return where the sentence before `cut` ends: a heading may stand after it."""
    last = sentences[bisect_left(sentences, cut) - 1]
    blank = text.find("\n\n", last, cut)
    return cut if blank < 0 else blank
