"""The format `entitycs`: the columns of the published EntityCS data set."""

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import booleans, flat, one_chunk
from cstool.storage.word_spans import are_words, number_by_row

ENTITYCS = pa.schema(
    [
        ("id", pa.int64()),
        ("language", pa.string()),
        ("en_sentence", pa.string()),
        ("cs_sentence", pa.string()),
    ]
)


def marked_up(table: pa.Table) -> pa.Table:
    """Return switched rows with entities in `<e>…</e>` instead of spans.

    Words that were switched are not marked, as they are no entities. `en_sentence` is the source
    sentence, also if it is not English.
    """
    offsets, spans = flat(one_chunk(table.column("entities")))
    entities = ~are_words(spans)
    bounds = [0, *np.cumsum(number_by_row(offsets, entities)).tolist()]
    spans = spans.filter(booleans(entities))
    sides = {}
    for side, start, end in (
        ("source_text", "source_start", "source_end"),
        ("text", "start", "end"),
    ):
        starts, ends = spans.field(start).to_pylist(), spans.field(end).to_pylist()
        sides[side] = [
            _mark(text, starts[a:b], ends[a:b])
            for text, a, b in zip(
                table.column(side).to_pylist(), bounds[:-1], bounds[1:], strict=True
            )
        ]
    return pa.table(
        [
            table.column("id"),
            table.column("language"),
            pa.array(sides["source_text"], pa.string()),
            pa.array(sides["text"], pa.string()),
        ],
        schema=ENTITYCS,
    )


def _mark(text: str, starts: list[int], ends: list[int]) -> str:
    out = []
    at = 0
    for start, end in zip(starts, ends, strict=True):
        out += [text[at:start], "<e>", text[start:end], "</e>"]
        at = end
    return "".join([*out, text[at:]])
