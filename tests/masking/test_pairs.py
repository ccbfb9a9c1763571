"""Pairs of sentences from the same place and from others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.masking.pairs import EASY, FAR, HARD, NEAR, SAME, Place, pair_up
from cstool.parts.hashing import mix

Rows = list[tuple[int, int]]
rows = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40)), unique=True, max_size=60).map(
    sorted
)


def pairs_of(some: Rows, place: Place) -> tuple[list[tuple[int, int, int]], dict[str, int], int]:
    pages, positions = (np.array([r[i] for r in some], np.int64) for i in (0, 1))
    lots = mix(np.arange(len(some), dtype=np.uint64))
    found = pair_up(pages, positions, lots, place)
    pairs = found.pairs
    listed = [*zip(pairs.first.tolist(), pairs.second.tolist(), pairs.kind.tolist(), strict=True)]
    return listed, found.dropped, found.anchors


@pytest.mark.parametrize("place", ["neighbours", "page"])
@given(some=rows)
def test_each_pair_is_what_it_is_said_to_be(some: Rows, place: Place) -> None:
    listed, dropped, anchors = pairs_of(some, place)
    assert anchors + sum(dropped.values()) == len(some)
    kinds = {SAME, HARD, EASY} if place == "neighbours" else {SAME, EASY}
    of_anchor: dict[int, list[int]] = {}
    for a, b, kind in listed:
        of_anchor.setdefault(a, []).append(kind)
        (page, position), (other, there) = some[a], some[b]
        if kind == EASY:
            assert page != other
        elif kind == SAME and place == "neighbours":
            assert (page, position + NEAR) == (other, there)
        else:
            assert page == other
            assert abs(position - there) >= FAR
    assert len(of_anchor) == anchors
    assert all(sorted(found) == sorted(kinds) for found in of_anchor.values())


@given(some=rows)
def test_a_sentence_is_left_out_only_where_a_partner_is_missing(some: Rows) -> None:
    listed, _, _ = pairs_of(some, "neighbours")
    anchors = {a for a, _, _ in listed}
    for i, (page, position) in enumerate(some):
        near = (page, position + NEAR) in some
        far = any(p == page and abs(q - position) >= FAR for p, q in some)
        other = any(p != page for p, _ in some)
        assert (i in anchors) == (near and far and other)


def test_all_far_sentences_and_other_pages_are_drawn_alike() -> None:
    some = [(page, position) for page in range(400) for position in (0, 1, 30, 31, 60, 61)]
    listed, _, _ = pairs_of(some, "neighbours")
    hard = np.bincount([some[b][1] for a, b, kind in listed if kind == HARD and some[a][1] == 30])
    assert np.abs(hard[[0, 1, 60, 61]] - 100).max() < 40
    easy = np.bincount([some[b][0] for _, b, kind in listed if kind == EASY], minlength=400)
    expected = easy.sum() / 400
    assert ((easy - expected) ** 2 / expected).sum() == pytest.approx(399, abs=150)
