"""Spans cut out of a column of strings are the slices of each string."""

from unittest.mock import patch

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cstool.arrays.arrow import offsets_of, strings
from cstool.arrays.codepoints import begins_of, bounds_of_pieces, cut

LETTERS = st.text(st.sampled_from("ab é東😀"), max_size=12)


@st.composite
def texts_with_spans(draw: st.DrawFn) -> list[tuple[str, list[tuple[int, int]]]]:
    rows = []
    for text in draw(st.lists(LETTERS, max_size=6)):
        edges = draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
        rows.append((text, [*zip(edges[::2], edges[1::2], strict=False)]))
    return rows


@given(texts_with_spans(), st.integers(0, 3), st.integers(1, 40))
def test_the_pieces_of_texts_are_their_slices(
    rows: list[tuple[str, list[tuple[int, int]]]], before: int, at_once: int
) -> None:
    texts = strings(["é"] * before + [text for text, _ in rows]).slice(before)
    firsts = offsets_of([len(spans) for _, spans in rows]).to_numpy().astype(np.int64)
    starts, ends = (
        np.array([span[side] for _, spans in rows for span in spans], np.int64) for side in (0, 1)
    )
    with patch("cstool.arrays.codepoints._BYTES_AT_ONCE", at_once):
        pieces = cut(texts, bounds_of_pieces(begins_of(texts), firsts, starts, ends))
    expected = []
    for text, spans in rows:
        at = 0
        for start, end in spans:
            expected += [text[at:start], text[start:end]]
            at = end
        expected.append(text[at:])
    assert pieces.to_pylist() == expected
    assert isinstance(pieces, pa.StringArray)
