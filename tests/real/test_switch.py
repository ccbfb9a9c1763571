"""Switching on real pages and items, against the published rules told again as a loop."""

from pathlib import Path

import pytest

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import LinkOptions, link
from cstool.stages.switch.options import Recipe, SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.titles.stage import titles
from cstool.storage.manifest import need_stage
from tests.stages.switch.published import labels_of, published
from tests.support import rows_of

QUIET = RunOptions(jobs=1, quiet=True)


@pytest.fixture(scope="module")
def linked(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the real items, and the real English sentences, linked as published."""
    folder = tmp_path_factory.mktemp("real")
    real = shared / "realdata"
    pages = [str(real / "wikipedia/en.xml.bz2")]
    wikidata = str(real / "wikidata/wikidata-sample-all.json.gz")
    entities(wikidata, folder / "entities", EntitiesOptions(), QUIET)
    titles("enwiki", folder / "entities", pages, folder / "titles", QUIET)
    extract(pages, folder / "sentences", ExtractOptions(), QUIET)
    keep = LinkOptions(keep_disambiguation=True)
    link(folder / "sentences", folder / "titles", folder / "linked", QUIET, keep)
    return folder


def run(linked: Path, out: Path, recipe: Recipe) -> None:
    options = SwitchOptions.of(recipe)
    switch(linked / "linked", linked / "entities", out, options, QUIET)


def test_the_recipe_of_entitycs_gives_the_published_rows(linked: Path, tmp_path: Path) -> None:
    run(linked, tmp_path / "o", "entitycs")
    languages = need_stage(tmp_path / "o", "switch").parameters["languages"]
    labels = labels_of(rows_of(linked / "entities").to_dicts())
    told = [
        row
        for sentence in rows_of(linked / "linked").to_dicts()
        for row in published(sentence, labels, languages)
    ]
    assert rows_of(tmp_path / "o").to_dicts() == told
    assert sum(row["language"] != "en" for row in told) > 500


def test_every_default_row_changes_an_anchor_and_nothing_else(linked: Path, tmp_path: Path) -> None:
    run(linked, tmp_path / "o", "default")
    taken = 0
    for row in rows_of(tmp_path / "o").to_dicts():
        at = source_at = changed = 0
        for e in row["entities"]:
            assert row["text"][at : e["start"]] == row["source_text"][source_at : e["source_start"]]
            name = row["text"][e["start"] : e["end"]]
            changed += name != row["source_text"][e["source_start"] : e["source_end"]]
            at, source_at = e["end"], e["source_end"]
        assert row["text"][at:] == row["source_text"][source_at:]
        assert (changed > 0) == (row["language"] != "en")
        taken += changed > 0
    assert taken > 450
