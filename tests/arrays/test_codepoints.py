"""Spans cut out of a column of strings are the slices of each string."""

from itertools import pairwise

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


@given(texts_with_spans(), st.integers(0, 3))
def test_the_pieces_of_texts_are_their_slices(
    rows: list[tuple[str, list[tuple[int, int]]]], before: int
) -> None:
    texts = strings(["é"] * before + [text for text, _ in rows]).slice(before)
    firsts = offsets_of([len(spans) for _, spans in rows]).to_numpy().astype(np.int64)
    starts, ends = (
        np.array([span[side] for _, spans in rows for span in spans], np.int64) for side in (0, 1)
    )
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


@given(st.text(st.sampled_from("ab é東😀"), min_size=1, max_size=30), st.data())
def test_a_few_pieces_of_a_long_text_are_its_slices(piece: str, data: st.DataObject) -> None:
    text = piece * (2000 // len(piece))
    places = st.lists(st.integers(0, len(text)), max_size=5)
    bounds = [*sorted(data.draw(places)), len(text)]
    pieces = cut(strings([text]), np.array(bounds, np.int64))
    assert pieces.to_pylist() == [text[a:b] for a, b in pairwise(bounds)]
