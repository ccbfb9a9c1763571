"""Pairs of sentences from the same paragraph or page, and from others."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.arrays.hashing import mix
from cstool.masking.pairs import EASY, HARD, KINDS, MOST_HARD, OTHERS, SAME, PairScope, pair_up

# The page, the paragraph and the number of each sentence; some are there several times.
Row = tuple[int, int, int]
Rows = list[Row]
_PLACES = st.tuples(st.integers(1, 4), st.integers(0, 6), st.integers(0, 9))
rows = st.lists(_PLACES, max_size=60).map(sorted)
places = pytest.mark.parametrize("place", ["paragraph", "page"])


def pairs_of(
    some: Rows, place: PairScope
) -> tuple[list[tuple[int, int, int]], dict[str, int], int]:
    pages, paragraphs, ids = (np.array([r[i] for r in some], np.int64) for i in range(3))
    lots = mix(np.arange(len(some), dtype=np.uint64))
    found = pair_up(pages, paragraphs, ids, lots, place)
    pairs = found.pairs
    listed = [*zip(pairs.first.tolist(), pairs.second.tolist(), pairs.kind.tolist(), strict=True)]
    return listed, found.dropped, found.anchors


def kind_of(a: Row, b: Row, place: PairScope) -> int | None:
    """The kind of a pair of two sentences, None when they are none."""
    if a[0] != b[0]:
        return EASY
    if a == b:
        return None
    if place == "paragraph":
        return SAME if a[1] == b[1] else HARD
    return SAME if a[1] != b[1] else None


@places
@given(some=rows)
def test_each_pair_has_its_kind(some: Rows, place: PairScope) -> None:
    listed, dropped, anchors = pairs_of(some, place)
    assert anchors + sum(dropped.values()) == len(some)
    assert len({a for a, _, _ in listed}) == anchors
    for a, b, kind in listed:
        assert a != b
        assert kind_of(some[a], some[b], place) == kind


@places
@given(some=rows)
def test_each_same_pair_has_four_others_with_as_many_hard_as_allowed(
    some: Rows, place: PairScope
) -> None:
    listed, _, _ = pairs_of(some, place)
    of_anchor: dict[int, Counter[int]] = {}
    partners: dict[int, list[int]] = {}
    for a, b, kind in listed:
        of_anchor.setdefault(a, Counter())[kind] += 1
        partners.setdefault(a, []).append(b)
    for a, kinds in of_anchor.items():
        hard = sum(kind_of(some[a], other, place) == HARD for other in some)
        hard = min(hard, MOST_HARD[place])
        assert [kinds[kind] for kind in range(len(KINDS))] == [1, hard, OTHERS - hard]
        easy = sum(kind_of(some[a], other, place) == EASY for other in some)
        assert len({*partners[a]}) == 1 + hard + min(easy, OTHERS - hard)  # none twice


@places
@given(some=rows)
def test_a_sentence_is_dropped_only_without_a_partner(some: Rows, place: PairScope) -> None:
    listed, _, _ = pairs_of(some, place)
    anchors = {a for a, _, _ in listed}
    for i, one in enumerate(some):
        of_kind = Counter(kind_of(one, other, place) for j, other in enumerate(some) if j != i)
        assert (i in anchors) == (of_kind[SAME] > 0 and of_kind[EASY] > 0)


@places
def test_partners_are_drawn_uniformly(place: PairScope) -> None:
    # Pages of four paragraphs of three sentences; the anchors are the fifth of each page.
    pages, each, at = 4000, 12, 4
    some = [(page, number // 3, number) for page in range(pages) for number in range(each)]
    listed, _, _ = pairs_of(some, place)
    drawn = {
        kind: np.bincount(
            [b % each for a, b, k in listed if k == kind and a % each == at], minlength=each
        )
        for kind in range(len(KINDS))
    }
    own, others = [3, 5], [0, 1, 2, 6, 7, 8, 9, 10, 11]
    if place == "paragraph":
        assert_alike(drawn[SAME][own], pages)
        assert_alike(drawn[HARD][others], 2 * pages)
        assert_alike(drawn[EASY], 2 * pages)
    else:
        assert_alike(drawn[SAME][others], pages)
        assert_alike(drawn[EASY], 4 * pages)


def assert_alike(seen: np.ndarray[tuple[int], np.dtype[np.int64]], number: int) -> None:
    """Chi-square, within five deviations of what chance does."""
    assert seen.sum() == number
    expected = number / len(seen)
    freedom = len(seen) - 1
    assert ((seen - expected) ** 2 / expected).sum() < freedom + 5 * (2 * freedom) ** 0.5
