"""The external sort of items, and its cost for any order of the input."""

from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.execution.options import RunOptions
from cstool.stages.entities import sort
from cstool.stages.entities.sort import cut_evenly
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.storage.sorted_runs import Group
from tests.support import item, rows_of, wikidata_json

GROUPS = st.lists(
    st.tuples(st.integers(1, 1 << 32), st.integers(0, 1 << 20), st.integers(1, 1 << 20)),
    min_size=1,
    max_size=60,
).map(
    lambda found: [
        Group("run", i, low, min(low + width, (1 << 32) - 1), size)
        for i, (low, width, size) in enumerate(found)
        if low < 1 << 32
    ]
)


@given(GROUPS, st.integers(1, 1 << 22))
def test_cuts_cover_every_group_and_increase(groups: list[Group], size: int) -> None:
    cuts = cut_evenly(groups, size)
    assert all(a < b for a, b in pairwise(cuts))
    assert not groups or cuts[0] == min(g.low for g in groups)
    assert not groups or cuts[-1] == max(g.high for g in groups) + 1


def test_ranges_are_even_when_every_run_spans_all() -> None:
    groups = [Group(f"run{i}", 0, 1 + i % 7, 10**8 - i % 5, 1 << 20) for i in range(1000)]
    widths = [b - a for a, b in pairwise(cut_evenly(groups, 10 << 20))]
    assert len(widths) == 100
    assert max(widths) < 1.01 * min(widths)


def run(folder: Path, qids: list[int], part_size: int = 1 << 12) -> pl.DataFrame:
    folder.mkdir()
    dump = folder / "d.json"
    lines = [item(q, {"en": f"{q} at {i}"}) for i, q in enumerate(qids)]
    dump.write_text(wikidata_json(lines), encoding="utf-8")
    running = RunOptions(jobs=1, part_size=part_size, quiet=True)
    entities(str(dump), folder / "out", EntitiesOptions(), running)
    return rows_of(folder / "out")


@pytest.fixture
def merges(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Record the merges."""
    found: list[Any] = []
    merge = sort.merge_runs

    def watched(task: sort.MergeTask, parameters: None) -> Any:
        found.append(task)
        return merge(task, parameters)

    monkeypatch.setattr(sort, "merge_runs", watched)
    return found


def test_a_nearly_sorted_dump_is_not_merged_first(tmp_path: Path, merges: list[Any]) -> None:
    qids = [block + i for block in range(1, 2000, 40) for i in Random(block).sample(range(40), 40)]
    assert run(tmp_path / "a", qids)["qid"].to_list() == sorted(qids)
    assert not merges


def test_an_unsorted_dump_is_merged_with_the_same_result(
    tmp_path: Path, merges: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    qids = Random(1).sample(range(1, 10**9), 1500) * 2
    Random(2).shuffle(qids)
    merged = run(tmp_path / "a", qids)
    assert len(merges) > 2
    monkeypatch.setattr(sort, "MOST_READS", 1e9)
    assert merged.equals(run(tmp_path / "b", qids))
    assert merged["qid"].to_list() == sorted(set(qids))
    last = {q: f"{q} at {i}" for i, q in enumerate(qids)}
    assert [labels[0]["value"] for labels in merged["labels"]] == [last[q] for q in sorted(last)]


def test_a_range_does_not_grow_with_the_part_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sort, "LARGEST_RANGE", 1 << 12)
    run(tmp_path / "a", list(range(1, 2000)), part_size=1 << 30)
    # A run's row groups tell no more than their ends: one of them is what can be cut finest.
    assert len(list((tmp_path / "a/out").glob("part-*.parquet"))) > 2
