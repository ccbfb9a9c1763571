"""The steps from pages to the corpus, from the counts in manifests."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cstool.report.html.funnel import all_steps, main_way
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import Ancestor, Source, lineage_of


def extracted(wiki: str, kept: int, dropped: dict[str, int]) -> Ancestor:
    tally = Tally(kept + sum(dropped.values()), kept, dropped)
    return Ancestor("extract", "1", {}, [], Counts({"pages": tally}), Source(wiki, wiki[:2]))


def test_the_main_steps_are_in_order_and_add_up(pipeline: Path) -> None:
    steps = main_way(lineage_of([pipeline / "corpus"]))
    assert [step.stage for step in steps] == [
        "extract", "extract", "extract", "link", "switch", "switch", "shard",
    ]  # fmt: skip
    for step in steps:
        assert step.read == step.kept + sum(step.dropped.values())
    links = steps[2:4]
    assert links[0].kept == links[1].read
    assert steps[1].kept == steps[4].read


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 99)), min_size=1))
def test_wikis_are_added_up(dropped: list[dict[str, int]]) -> None:
    stages = [extracted(f"w{n}wiki", n, reasons) for n, reasons in enumerate(dropped)]
    [step] = main_way(stages)
    assert step.kept == sum(range(len(dropped)))
    assert step.read == step.kept + sum(sum(reasons.values()) for reasons in dropped)
    assert sum(step.dropped.values()) == step.read - step.kept
    assert 0 <= step.share <= 1
    assert [one.read for one in all_steps(stages)] == [step.read]


def test_only_the_largest_reasons_are_listed() -> None:
    [step] = main_way([extracted("enwiki", 1, {f"reason {n}": n for n in range(1, 100)})])
    assert len(step.dropped) == 31
    assert step.most_dropped()[0] == ("reason 99", 99)
    assert sum(step.dropped.values()) == sum(range(100))
