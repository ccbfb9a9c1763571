"""Histograms of lengths: every number has one bucket, and quantiles are close."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.storage.histograms import BOUNDS, SHARES, histogram, histogram_of_shares, quantile

numbers = st.lists(st.integers(0, 4_000_000), min_size=1, max_size=60)


@given(numbers, numbers)
def test_histograms_can_be_added(one: list[int], other: list[int]) -> None:
    both = histogram(np.array([*one, *other]))
    assert both.sum() == len(one) + len(other)
    assert (histogram(np.array(one)) + histogram(np.array(other)) == both).all()


@given(numbers, st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_a_quantile_is_within_a_bucket_of_the_exact_one(drawn: list[int], share: float) -> None:
    exact = sorted(drawn)[max(0, int(np.ceil(share * len(drawn))) - 1)]
    found = quantile(histogram(np.array(drawn)).tolist(), share)
    assert found is not None
    assert abs(found - exact) <= 1 + 0.1 * exact


def test_small_numbers_have_buckets_of_their_own() -> None:
    assert BOUNDS[:17] == tuple(range(17))
    assert quantile(histogram(np.array([0, 3, 3, 9])).tolist(), 0.5) == 3
    assert quantile([], 0.5) is None


@pytest.mark.parametrize(("share", "bucket"), [(0.0, 0), (0.049, 0), (0.05, 1), (1.0, SHARES - 1)])
def test_shares_are_in_twentieths(share: float, bucket: int) -> None:
    assert np.flatnonzero(histogram_of_shares(np.array([share]))).tolist() == [bucket]
