"""Counts that add up."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.storage.counts import OTHERS, Counts, Tally, imbalances, largest, total

NUMBERS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9), max_size=3)
COUNTS = st.builds(
    Counts,
    st.dictionaries(
        st.sampled_from(["pages", "mentions"]),
        st.builds(Tally, st.integers(0, 9), st.integers(0, 9), NUMBERS),
    ),
    st.dictionaries(st.sampled_from(["holes", "languages"]), NUMBERS),
)


@given(COUNTS, COUNTS, COUNTS)
@settings(max_examples=50)
def test_the_sum_does_not_depend_on_order_or_grouping(a: Counts, b: Counts, c: Counts) -> None:
    whole = total([a, b, c])
    assert whole == total([c, a, b]) == total([total([a, b]), c]) == total([a, total([b, c])])
    assert list(whole.tallies) == sorted(whole.tallies)
    assert total([whole]) == whole


def test_the_sum_does_not_change_its_terms() -> None:
    term = Counts({"pages": Tally(1, 1)}, {"holes": {"a": 1}})
    total([term, term])
    assert term == Counts({"pages": Tally(1, 1)}, {"holes": {"a": 1}})


def test_read_is_the_sum_of_written_and_dropped() -> None:
    counts = Counts()
    tally = counts.tally("pages")
    tally.keep(3)
    tally.drop("redirect", 2)
    tally.drop("never", 0)
    assert counts.tally("pages") == Tally(5, 3, {"redirect": 2})
    assert imbalances(counts) == []


def test_an_imbalance_is_reported_with_its_numbers() -> None:
    counts = Counts({"pages": Tally(1000, 3, {"redirect": 2}), "words": Tally(1, 1)})
    assert imbalances(counts) == ["pages: read 1,000 ≠ written 3 + dropped 2"]


@given(st.dictionaries(st.text(max_size=2), st.integers(0, 9)), st.integers(0, 5))
@settings(max_examples=50)
def test_the_largest_and_the_others_have_the_same_sum(numbers: dict[str, int], most: int) -> None:
    kept = largest(numbers, most)
    assert sum(kept.values()) == sum(numbers.values())
    assert len(kept) <= most + 1


def test_the_largest_come_first_and_ties_by_name() -> None:
    assert largest({"b": 2, "a": 2, "c": 5, "d": 1, "e": 1}, 3) == {
        "c": 5,
        "a": 2,
        "b": 2,
        OTHERS: 2,
    }
    assert list(largest({"b": 2, "a": 2, "c": 5}, 3)) == ["c", "a", "b"]


def test_others_are_added_when_reduced_again() -> None:
    assert largest({OTHERS: 9, "a": 5, "b": 3, "c": 2}, 2) == {OTHERS: 14, "a": 5}
