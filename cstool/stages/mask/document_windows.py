"""Rows of paragraphs or pages as rows of windows, which are masked like sentences."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, list_of, numbers, strings
from cstool.arrays.hashing import U64
from cstool.masking.token_windows import Windows, cut_into_windows
from cstool.masking.tokens import Spans

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# The columns of a corpus that masking needs.
COLUMNS = ("id", "language", "source_language", "text", "entities", "wiki")
_PASS_SHIFT = 56


class WindowRows(NamedTuple):
    """Windows as rows.

    `rows`: the columns of a corpus. `draw`: uint64[n], by which windows of one id differ: the
    number of the window, and the pass; 0 for the first. `cut`: the number of entities that are
    not within a window. `places`: where the windows are in the texts.
    """

    rows: pa.RecordBatch
    draw: U64
    cut: int
    places: Windows

    @property
    def last(self) -> Array:
        """bool[n]: whether a window is the last one of its text."""
        last: Array = np.append(self.places.text[1:] != self.places.text[:-1], True)
        return last[: len(self.places.text)]


def windows_of(batch: pa.RecordBatch, tokenizer: "Tokenizer", longest: int) -> WindowRows:
    """Cut rows into windows of at most `longest` tokens, without special ones."""
    texts, sentences = batch.column("text").to_pylist(), batch.column("sentences").to_pylist()
    windows = cut_into_windows(tokenizer, texts, sentences, longest)
    offsets, entities = flat(batch.column("entities"))
    start, end = (entities.field(n).to_numpy().astype(np.int64) for n in ("start", "end"))
    row = np.repeat(np.arange(batch.num_rows), np.diff(offsets))
    spans, whole = windows.spans(Spans(row, start, end))
    kept = entities.filter(pa.array(whole))
    fields = dict(zip([field.name for field in kept.type], kept.flatten(), strict=True))
    fields |= {
        name: numbers(places.astype(np.uint32))
        for name, places in (("start", spans.start), ("end", spans.end))
    }
    moved = pa.StructArray.from_arrays([*fields.values()], fields=[*kept.type])
    number = np.bincount(spans.sentence, minlength=len(windows.text))
    take = numbers(windows.text)
    columns = {name: batch.column(name).take(take) for name in COLUMNS if name != "entities"}
    columns["text"] = strings(
        [
            texts[text][first:last]
            for text, first, last in zip(
                windows.text.tolist(), windows.start.tolist(), windows.end.tolist(), strict=True
            )
        ]
    )
    columns["entities"] = list_of(number, moved, batch.schema.field("entities").type)
    draw = windows.number.astype(np.uint64)
    if "pass" in batch.schema.names:
        passes = batch.column("pass").to_numpy().astype(np.uint64)[windows.text]
        draw |= passes << np.uint64(_PASS_SHIFT)
    rows = pa.RecordBatch.from_arrays([columns[n] for n in COLUMNS], names=[*COLUMNS])
    return WindowRows(rows, draw, int((~whole).sum()), windows)
