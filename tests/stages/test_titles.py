"""Titles → QIDs, redirects resolved."""

from pathlib import Path

import pytest

from cstool.parts.title_index import TitleIndex, hash_titles
from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.stages.entities import EntitiesOptions, entities
from cstool.stages.titles import INDEX, titles
from tests.support import Source, dump_xml, item, rows_of, wikidata_json

RUNNING = RunOptions(jobs=1, part_size=200, quiet=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    items = [
        item(64, {"en": "Berlin"}, {"enwiki": "Berlin", "dewiki": "Berlin"}),
        item(90, {"en": "Paris"}, {"enwiki": "Paris"}),
        item(33, {"en": "Algerian Arabic"}, {"enwiki": "Algerian Arabic"}),
        item(8, {"en": "Category of cities"}, {"enwiki": "Category:Cities"}),
    ]
    (tmp_path / "wikidata.json").write_text(wikidata_json(items))
    entities(str(tmp_path / "wikidata.json"), tmp_path / "entities", EntitiesOptions(), RUNNING)
    pages = [
        Source("Berlin", "text"),
        Source("Paris", "text"),
        Source("Itemless", "text"),
        Source("Category:Cities", "text", namespace=14),
        Source("City of Light", redirect="Paris"),
        Source("Lutetia", redirect="City of Light"),
        Source("Far", redirect="Lutetia"),
        Source("Algerian Arabic", redirect="Paris"),
        Source("Darja", redirect="Algerian Arabic"),
        Source("Loop one", redirect="Loop two"),
        Source("Loop two", redirect="Loop one"),
        Source("Itself", redirect="Itself"),
        Source("To nothing", redirect="Missing"),
        Source("To a category", redirect="Category:Cities"),
        Source("To the itemless", redirect="Itemless"),
    ]
    (tmp_path / "pages.xml").write_text(dump_xml(pages))
    return tmp_path


def run(folder: Path, wiki: str = "enwiki") -> None:
    titles(wiki, folder / "entities", [str(folder / "pages.xml")], folder / "titles", RUNNING)


def test_titles_and_redirects_lead_to_their_items(folder: Path) -> None:
    run(folder)
    rows = {row["title"]: row for row in rows_of(folder / "titles").to_dicts()}
    assert {title: (row["qid"], row["redirect"]) for title, row in rows.items()} == {
        "Berlin": (64, False),
        "Paris": (90, False),
        "Algerian Arabic": (33, True),  # a redirect with an item of its own
        "City of Light": (90, True),
        "Lutetia": (90, True),
        "Far": (90, True),
        "Darja": (33, True),  # its target's own item wins over that one's target
    }


def test_each_redirect_that_leads_nowhere_has_a_reason(folder: Path) -> None:
    run(folder)
    from cstool.parts.manifest import need_stage

    tallies = need_stage(folder / "titles", "titles").counts.tallies
    assert tallies["redirects"].dropped == {
        "has an item of its own": 1,
        "loop, or a chain of more than ten": 3,
        "target has no item": 1,
        "target in another namespace or wiki": 1,
        "target is missing": 1,
    }
    assert tallies["sitelinks"].dropped == {"other namespace": 1}


def test_the_index_answers_as_the_table(folder: Path) -> None:
    run(folder)
    rows = rows_of(folder / "titles")
    index = TitleIndex.open(folder / "titles", INDEX)
    names = rows["title"].to_list()
    assert index.look_up(hash_titles(names)).tolist() == rows["qid"].to_list()
    assert index.look_up(hash_titles(["Nowhere", "paris"])).tolist() == [0, 0]


def test_another_wikis_dump_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="is a dump of enwiki, not of dewiki"):
        run(folder, "dewiki")
