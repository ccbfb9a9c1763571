"""Switching: the published rules as a simple loop, and exact spans."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.switch.options import Recipe, SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.storage.manifest import need_stage
from tests.conftest import Sample
from tests.stages.switch import published as published_rules
from tests.support import rows_of


def labels_of(folder: Path) -> dict[int, dict[str, str]]:
    return published_rules.labels_of(rows_of(folder).to_dicts())


@pytest.fixture(scope="module")
def published(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, switched as published."""
    out = tmp_path_factory.mktemp("published") / "switched"
    run(pipeline, out, "entitycs")
    return out


def test_the_sample_is_switched_by_the_published_rules(pipeline: Path, published: Path) -> None:
    labels = labels_of(pipeline / "entities")
    languages = need_stage(published, "switch").parameters["languages"]
    told = [
        row
        for sentence in rows_of(pipeline / "linked").to_dicts()
        for row in published_rules.published(sentence, labels, languages)
    ]
    assert rows_of(published).to_dicts() == told
    assert len(told) > 2000


@pytest.mark.parametrize("recipe", ["default", "entitycs"])
def test_spans_slice_to_anchor_and_label_and_nothing_else_changes(
    pipeline: Path, published: Path, recipe: str
) -> None:
    labels = labels_of(pipeline / "entities")
    switched = published if recipe == "entitycs" else pipeline / "switched"
    for row in rows_of(switched).to_dicts():
        at = source_at = 0
        for e in row["entities"]:
            assert row["text"][at : e["start"]] == row["source_text"][source_at : e["source_start"]]
            shown = row["text"][e["start"] : e["end"]]
            if row["language"] == row["source_language"]:
                assert shown == row["source_text"][e["source_start"] : e["source_end"]]
            elif recipe == "entitycs":
                assert shown == labels[e["qid"]][row["language"]]
            else:
                names = {name.casefold() for name in labels[e["qid"]].values()}
                assert any(shown.casefold() in name for name in names), (shown, names)
            at, source_at = e["end"], e["source_end"]
        assert row["text"][at:] == row["source_text"][source_at:]


def run(pipeline: Path, out: Path, recipe: Recipe = "default", **options: Any) -> pl.DataFrame:
    running = RunOptions(jobs=1, quiet=True)
    given = SwitchOptions.of(recipe, **options)
    switch(pipeline / "linked", pipeline / "entities", out, given, running)
    return rows_of(out)


def test_another_seed_makes_another_choice_of_the_same_size(pipeline: Path, tmp_path: Path) -> None:
    one = run(pipeline, tmp_path / "one", seed=1)
    two = run(pipeline, tmp_path / "two", seed=2)
    assert len(one) == len(two)
    assert one["language"].to_list() != two["language"].to_list()


def test_languages_are_drawn_evenly(pipeline: Path, tmp_path: Path) -> None:
    rows = run(pipeline, tmp_path, languages="de,fr,es,it,ru,zh", max_languages=1)
    drawn = rows.filter(pl.col("language") != "en")["language"].value_counts()["count"]
    assert len(drawn) == 6
    assert drawn.min() > 0.6 * drawn.mean()  # type: ignore[operator]


def test_the_choice_does_not_depend_on_the_order_of_the_codes(
    pipeline: Path, tmp_path: Path
) -> None:
    one = run(pipeline, tmp_path / "one", languages="de,fr,es,ru,zh,ja", max_languages=2)
    two = run(pipeline, tmp_path / "two", languages="ja,zh,ru,es,fr,de,de", max_languages=2)
    assert one.equals(two)


def test_all_takes_every_language_that_has_a_label(pipeline: Path, tmp_path: Path) -> None:
    rows = run(pipeline, tmp_path, languages="all", max_languages=1000)
    assert rows["language"].n_unique() > 93
    assert "mul" not in rows["language"].unique()


@pytest.mark.parametrize("code", ["xx-nowhere", "german", "mul", ""])
def test_an_unknown_language_is_named(pipeline: Path, tmp_path: Path, code: str) -> None:
    with pytest.raises(InputError, match="--languages"):
        run(pipeline, tmp_path / "out", languages=code)
    assert not (tmp_path / "out").exists()


def test_pages_and_revisions_are_credited(pipeline: Path) -> None:
    credited = pl.read_parquet(pipeline / "switched/_attribution/*.pq")
    sentences = rows_of(pipeline / "linked").select(credited.columns).unique()
    assert credited.sort("page_id").equals(sentences.sort("page_id"))


def test_entities_without_a_languages_labels_are_refused(
    sample: Sample, pipeline: Path, tmp_path: Path
) -> None:
    quiet = RunOptions(jobs=1, quiet=True)
    few = EntitiesOptions(languages="de")
    entities(str(sample.wikidata), tmp_path / "entities", few, quiet)
    with pytest.raises(InputError, match="made without labels in fr; make the folder again"):
        switch(
            pipeline / "linked",
            tmp_path / "entities",
            tmp_path / "o",
            SwitchOptions("de,fr"),
            quiet,
        )
