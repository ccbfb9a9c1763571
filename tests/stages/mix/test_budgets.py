"""How shares, budgets and smoothing divide a mixture."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.stages.mix.budgets import divided, language_sizes, source_sizes
from cstool.stages.mix.recipe import SourceRecipe, StageRecipe

SIZES = st.lists(st.integers(0, 10**12), min_size=1, max_size=8)


def stage(*sources: dict[str, Any], budget: int | None = None) -> StageRecipe:
    made = tuple(
        SourceRecipe(Path(f"c{i}"), f"c{i}", line=10 + i, **of) for i, of in enumerate(sources)
    )
    return StageRecipe("s", made, budget, line=9)


def sizes(of: StageRecipe, *available: int) -> list[int]:
    return source_sizes(of, available, "words", Path("r.toml"))


@given(st.integers(0, 10**12), SIZES)
def test_divided_numbers_add_up_and_are_in_proportion(total: int, weights: list[int]) -> None:
    parts = divided(total, weights)
    assert sum(parts) == (total if any(weights) else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < max(1, sum(weights))


@given(st.integers(0, 10**13), SIZES, st.none() | st.floats(0, 1))
def test_languages_give_what_is_wanted_in_proportion_as_far_as_they_have_it(
    wanted: int, available: list[int], smoothing: float | None
) -> None:
    parts = language_sizes(wanted, available, smoothing)
    assert sum(parts) == min(wanted, sum(available))
    assert all(part <= there for part, there in zip(parts, available, strict=True))
    exponent = 1 if smoothing is None else smoothing
    rates = [p / t**exponent for p, t in zip(parts, available, strict=True) if 0 < p < t]
    full = [p / t**exponent for p, t in zip(parts, available, strict=True) if 0 < p == t]
    for one in rates:  # within the rounding of each to a whole number
        assert one == pytest.approx(rates[0], rel=1e-6, abs=1)
        assert all(other <= one + 1 + 1e-6 * one for other in full)


def test_smoothing_gives_small_languages_more() -> None:
    available = [1000, 100, 10]
    assert language_sizes(111, available) == [100, 10, 1]
    assert language_sizes(111, available, 0.0) == [51, 50, 10]
    assert language_sizes(1110, available, 0.3) == available


def test_smoothed_sizes_are_exact_to_more_digits_than_a_floating_point_number_has() -> None:
    large, small = language_sizes(10**18, [10**19, 10**18], 0.3)
    assert abs(Fraction(large, small) ** 10 / 10**3 - 1) < Fraction(1, 10**16)


def test_shares_without_a_budget_use_as_much_as_each_source_has() -> None:
    of = stage({"share": 0.7}, {"share": 0.3})
    assert sizes(of, 700, 900) == [700, 300]
    assert sizes(of, 900, 30) == [70, 30]


def test_shares_are_proportions_of_the_budget() -> None:
    assert sizes(stage({"share": 3.0}, {"share": 1.0}, budget=1000), 800, 250) == [750, 250]


def test_sources_without_shares_give_all_or_what_the_budget_leaves() -> None:
    assert sizes(stage({}, {"budget": 5}, {}), 10, 20, 30) == [10, 5, 30]
    assert sizes(stage({}, {"budget": 5}, {}, budget=25), 10, 20, 30) == [5, 5, 15]


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=6), st.data())
def test_shares_never_need_more_than_there_is(shares: list[float], data: st.DataObject) -> None:
    available = [data.draw(st.integers(0, 10**12)) for _ in shares]
    of = stage(*({"share": share} for share in shares))
    taken = sizes(of, *available)
    assert all(size <= there for size, there in zip(taken, available, strict=True))
    whole = sum(shares)
    nearly_all = (
        (there + 1) * (1 + 1e-6) >= (sum(taken) + 1) * share / whole
        for there, share in zip(available, shares, strict=True)
    )
    assert all(nearly_all)


@pytest.mark.parametrize(
    ("of", "available", "message"),
    [
        (
            stage({"budget": 11}, {}),
            (10, 5),
            "r.toml, line 10: the budget of 'c0' in stage 's' is 11 words, but c0 has only 10 "
            "that the stage can use; give it a smaller budget",
        ),
        (
            stage({"share": 0.5}, {"share": 0.5}, budget=100),
            (80, 49),
            "r.toml, line 11: the share of 'c1' in stage 's' is 50 words, but c1 has only 49 that "
            "the stage can use; give the stage a smaller budget",
        ),
        (
            stage({}, {}, budget=100),
            (80, 19),
            "r.toml, line 9: stage 's' has a budget of 100 words, but its sources have only 99; "
            "change the budget of the stage or of its sources",
        ),
        (
            stage({"budget": 60}, {"budget": 50}, budget=100),
            (80, 80),
            "r.toml, line 9: stage 's' has a budget of 100 words, but its sources have budgets of "
            "110; change the budget of the stage or of its sources",
        ),
    ],
)
def test_a_budget_beyond_what_there_is_is_an_error(
    of: StageRecipe, available: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InputError) as raised:
        sizes(of, *available)
    assert str(raised.value) == message
