"""Smoothed languages, held-out sentences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.training.sampling import SmoothedSampler, hold_out, smoothed_shares

languages = st.lists(st.sampled_from(["de", "fr", "sw"]), min_size=1, max_size=200)


def test_shares_are_those_of_the_paper() -> None:
    # Conneau and Lample 2019: q = p^α / Σ p^α; by hand for 90 and 10 rows, α = 0.5.
    assert smoothed_shares(np.array([90, 10]), 0.5) == pytest.approx([0.75, 0.25])
    assert smoothed_shares(np.array([90, 10]), 1.0) == pytest.approx([0.9, 0.1])
    assert smoothed_shares(np.array([90, 10, 0]), 0.0) == pytest.approx([0.5, 0.5, 0.0])


def test_an_epoch_draws_languages_by_their_shares() -> None:
    codes = ["de"] * 90_000 + ["sw"] * 10_000
    drawn = np.array([*SmoothedSampler(codes, 0.5)])
    assert (drawn < 90_000).mean() == pytest.approx(0.75, abs=0.005)


@given(codes=languages, alpha=st.floats(0, 1), seed=st.integers(0, 9))
def test_no_row_is_repeated_before_all_of_its_language_were_drawn(
    codes: list[str], alpha: float, seed: int
) -> None:
    sampler = SmoothedSampler(codes, alpha, seed)
    drawn = [*sampler]
    assert len(drawn) == len(sampler) == len(codes)
    for code in set(codes):
        rows = [i for i, c in enumerate(codes) if c == code]
        times = np.bincount([i for i in drawn if codes[i] == code], minlength=len(codes))[rows]
        assert times.max() - times.min() <= 1
    assert [*SmoothedSampler(codes, alpha, seed)] == drawn


def test_each_epoch_has_another_order() -> None:
    sampler = SmoothedSampler(["de"] * 500)
    first = [*sampler]
    sampler.set_epoch(1)
    second = [*sampler]
    assert first != second
    assert sorted(first) == sorted(second) == [*range(500)]


def test_each_round_of_a_language_has_another_order() -> None:
    sampler = SmoothedSampler(["de"] * 50 + ["fr"] * 950, alpha=0.0)
    drawn = [row for row in sampler if row < 50]
    assert len(drawn) > 400
    first, second = drawn[:50], drawn[50:100]
    assert first != second
    assert sorted(first) == sorted(second) == [*range(50)]


def test_no_rows_are_no_draws() -> None:
    assert [*SmoothedSampler([])] == []


@given(codes=languages, number=st.integers(0, 30))
def test_the_given_number_of_each_language_is_held_out(codes: list[str], number: int) -> None:
    train, held = hold_out([*range(len(codes))], codes, number)
    assert sorted([*train, *held]) == [*range(len(codes))]
    for code in set(codes):
        there = codes.count(code)
        assert sum(codes[i] == code for i in held) == min(number, there // 2)
