"""The source text of rows and windows, for the strategy input-only."""

from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa

from cstool.arrays.arrow import flat
from cstool.errors import InputError
from cstool.masking.original_tokens import SwitchedSpan, SwitchedTexts
from cstool.masking.token_windows import Windows

# The column that input-only needs beyond those of other strategies.
SOURCE_TEXT = "source_text"


def switched_texts(batch: pa.RecordBatch, name: str) -> SwitchedTexts:
    """Return the texts of rows. Raises InputError, with `name`, if names are not in their place."""
    offsets, entities = flat(batch.column("entities"))
    columns = [entities.field(field).to_pylist() for field in SwitchedSpan._fields]
    spans = [*map(SwitchedSpan, *columns)]
    bounds = offsets.tolist()
    of_row = [spans[first:end] for first, end in pairwise(bounds)]
    texts, sources = (batch.column(column).to_pylist() for column in ("text", SOURCE_TEXT))
    switched = SwitchedTexts.of(texts, sources, of_row)
    if unequal := switched.unequal():
        row = batch.column("id")[unequal[0]].as_py()
        raise InputError(
            f"{name}: row {row}: text and source_text differ outside of the entities, so words "
            "have no counterpart; make the corpus again with this version of cstool"
        )
    return switched


def in_windows(switched: SwitchedTexts, windows: Windows) -> SwitchedTexts:
    """Return the windows of texts, and what is in their place in the source texts.

    A span that is cut by the edge of a window has no source text there.
    """
    places = zip(windows.text.tolist(), windows.start.tolist(), windows.end.tolist(), strict=True)
    rows = [_window(switched, *place) for place in places]
    return SwitchedTexts([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


def _window(
    switched: SwitchedTexts, text: int, start: int, end: int
) -> tuple[str, str, list[SwitchedSpan]]:
    spans = switched.spans[text]
    inside = [span for span in spans if span.start < end and span.end > start]
    source_start = _in_source(spans, start)
    source_end = _in_source(spans, end)
    if inside and inside[0].start < start:
        source_start = inside[0].source_end
    if inside and inside[-1].end > end:
        source_end = max(source_start, inside[-1].source_start)
    moved = [
        SwitchedSpan(
            max(span.start, start) - start,
            min(span.end, end) - start,
            max(span.source_start, source_start) - source_start,
            max(0, min(span.source_end, source_end) - source_start),
        )
        for span in inside
    ]
    source = switched.sources[text][source_start:source_end]
    return switched.texts[text][start:end], source, moved


def _in_source(spans: Sequence[SwitchedSpan], place: int) -> int:
    """Return the place in the source text of one that is not within a span."""
    passed = [span for span in spans if span.end <= place]
    return place + (passed[-1].source_end - passed[-1].end if passed else 0)
