"""Sums of the numbers of a mixture."""

from hypothesis import given
from hypothesis import strategies as st

from cstool.storage.mixture import Mixture, MixtureNumbers, MixtureSource, MixtureStage
from cstool.storage.mixture_sums import (
    LeftOut,
    MixtureSum,
    by_corpus,
    by_language,
    by_stage,
    left_out,
    whole_of,
)

STAGES = [MixtureStage(name=name, folder=f"{i}-{name}") for i, name in enumerate("ab", 1)]
NUMBERS = st.builds(
    MixtureNumbers,
    stage=st.integers(1, 2),
    corpus=st.sampled_from(["x", "y"]),
    language=st.sampled_from(["de", "en+ja"]),
    rows=st.integers(0, 9),
    switched_rows=st.integers(0, 9),
    size=st.integers(0, 99),
    switched_size=st.integers(0, 99),
)


def mixture(*numbers: MixtureNumbers) -> Mixture:
    return Mixture(
        unit="words", seed=0, dedup="exact", format="cstool", stages=STAGES, numbers=[*numbers]
    )


@given(st.lists(NUMBERS, max_size=8))
def test_each_way_to_sum_has_the_same_total(numbers: list[MixtureNumbers]) -> None:
    one = mixture(*numbers)
    whole = whole_of(one)
    assert whole.size == sum(n.size for n in numbers)
    for sums in (by_stage(one), by_corpus(one), by_language(one)):
        assert MixtureSum(*map(sum, zip(*sums.values(), strict=True))) == whole or not sums


def test_a_stage_and_a_corpus_without_rows_are_listed() -> None:
    one = mixture(MixtureNumbers(stage=2, corpus="y", language="de", rows=1, size=2))
    one.sources = [MixtureSource(stage=1, corpus="x", kind="shard")]
    assert by_stage(one) == {1: MixtureSum(), 2: MixtureSum(1, 0, 2, 0)}
    assert [*by_corpus(one)] == [(1, "x"), (2, "y")]
    assert by_stage(one)[1].switched is None


def test_the_size_of_what_was_left_out_is_unknown_unless_it_was_counted() -> None:
    one = mixture(
        MixtureNumbers(
            stage=1, corpus="x", language="de", dropped={"a": 1, "b": 5}, dropped_size={"b": 50}
        ),
        MixtureNumbers(stage=1, corpus="x", language="fr", dropped={"a": 1}),
        MixtureNumbers(stage=1, corpus="y", language="fr", rows=3),
    )
    assert left_out(one) == {(1, "x"): {"b": LeftOut(5, 50), "a": LeftOut(2, None)}}
    assert [*left_out(one)[1, "x"]] == ["b", "a"]
