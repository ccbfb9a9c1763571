"""Mapping titles to QIDs, with redirects resolved."""

from pathlib import Path

import pytest

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.titles.stage import titles
from cstool.storage.hash_index import HashIndex, hash_titles
from cstool.storage.manifest import TITLE_INDEX, Manifest
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


def test_each_unresolved_redirect_has_a_reason(folder: Path) -> None:
    run(folder)
    from cstool.storage.manifest import need_stage

    tallies = need_stage(folder / "titles", "titles").counts.tallies
    assert tallies["redirects"].dropped == {
        "has an item of its own": 1,
        "loop, or a chain of more than ten": 3,
        "target has no item": 1,
        "target in another namespace or wiki": 1,
        "target is missing": 1,
    }
    assert tallies["sitelinks"].dropped == {"other namespace": 1}


def test_the_index_agrees_with_the_table(folder: Path) -> None:
    run(folder)
    rows = rows_of(folder / "titles")
    index = HashIndex.open(folder / "titles", TITLE_INDEX)
    names = rows["title"].to_list()
    assert index.look_up(hash_titles(names)).tolist() == rows["qid"].to_list()
    assert index.look_up(hash_titles(["Nowhere", "paris"])).tolist() == [0, 0]


def test_another_wikis_dump_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"pages\.xml: dump of enwiki, not of dewiki"):
        run(folder, "dewiki")


GERMAN = "[[Datei:A.jpg]]\n[[Kategorie:B]]\n" * 6
SHARE = "12 of 12 links to files and categories"


def of_pages(folder: Path, asked: str, text: str, **site: str) -> tuple[Manifest, list[str]]:
    """Return the manifest of `titles` for a few pages, and its messages."""
    pages = [
        Source("Berlin", text),
        Source("Reichshauptstadt", redirect="Berlin"),
        Source("Zum Benutzer", redirect="Benutzer:Berlin"),
    ]
    (folder / "pages.xml").write_text(dump_xml(pages, **site))
    messages: list[str] = []
    dumps = [str(folder / "pages.xml")]
    out = folder / "titles"
    manifest = titles(asked, folder / "entities", dumps, out, RUNNING, on_message=messages.append)
    return manifest, messages


def test_a_dump_with_the_siteinfo_of_another_wiki_is_accepted(folder: Path) -> None:
    manifest, messages = of_pages(folder, "dewiki", GERMAN)
    assert messages == [
        f"pages.xml: <siteinfo> names enwiki, but the pages are in 'de' ({SHARE}); read as dewiki"
    ]
    assert rows_of(folder / "titles")["title"].to_list() == ["Berlin", "Reichshauptstadt"]
    assert manifest.counts.tally("redirects").dropped == {"target in another namespace or wiki": 1}
    read = extract([str(folder / "pages.xml")], folder / "sentences", ExtractOptions(), RUNNING)
    assert manifest.source == read.source  # so that `link` takes both


@pytest.mark.parametrize(
    ("wiki", "language", "asked", "message"),
    [
        ("enwiki", "en", "frwiki", f"in 'de' ({SHARE}), so it is not a dump of frwiki; give the"),
        ("enwiki", "en", "simplewiki", f"in 'de' ({SHARE}), so it is not a dump of simplewiki"),
        ("dewiki", "de", "enwiki", "dump of dewiki, not of enwiki; give --wiki dewiki or"),
        ("dewiktionary", "de", "dewiki", "dump of dewiktionary, not of dewiki; give --wiki"),
    ],
)
def test_a_dump_whose_pages_are_another_wikis_is_refused(
    folder: Path, wiki: str, language: str, asked: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        of_pages(folder, asked, GERMAN, wiki=wiki, language=language)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fits", "other"),
    [("我们去北京。", "zhwiki", "jawiki"), ("これは山だ。", "jawiki", "zhwiki")],
)
def test_chinese_and_japanese_pages_are_distinguished(
    folder: Path, text: str, fits: str, other: str
) -> None:
    with pytest.raises(InputError, match=f"full stops.*, so it is not a dump of {other}"):
        of_pages(folder, other, text * 20)
    assert of_pages(folder, fits, text * 20)[1][0].endswith(f"read as {fits}")


def test_a_message_warns_if_the_pages_are_in_another_language(folder: Path) -> None:
    _, messages = of_pages(folder, "enwiki", GERMAN)
    assert messages == [
        f"pages.xml: <siteinfo> names enwiki, but the pages are in 'de' ({SHARE}); if they are "
        "from another wiki, give that one as --wiki"
    ]


def test_a_matching_dump_gives_no_message(folder: Path) -> None:
    assert of_pages(folder, "dewiki", GERMAN, wiki="dewiki", language="de")[1] == []


def of_small_wiki(folder: Path, pages: list[Source], sitelinks: dict[int, str]) -> Manifest:
    """Return the manifest of `titles` for these pages and items of enwiki."""
    items = [item(qid, {}, {"enwiki": title}) for qid, title in sitelinks.items()]
    (folder / "w.json").write_text(wikidata_json(items))
    entities(str(folder / "w.json"), folder / "e", EntitiesOptions(), RUNNING)
    (folder / "p.xml").write_text(dump_xml(pages))
    return titles("enwiki", folder / "e", [str(folder / "p.xml")], folder / "t", RUNNING)


def map_of(folder: Path) -> dict[str, tuple[int, bool]]:
    return {row["title"]: (row["qid"], row["redirect"]) for row in rows_of(folder).to_dicts()}


def test_a_title_like_a_file_of_another_language_is_a_title(tmp_path: Path) -> None:
    pages = [Source("Imagine: A Life", "x"), Source("Imagine", redirect="Imagine: A Life")]
    manifest = of_small_wiki(tmp_path, pages, {1: "Imagine: A Life", 2: "WP:Rules"})
    assert map_of(tmp_path / "t") == {"Imagine: A Life": (1, False), "Imagine": (1, True)}
    assert manifest.counts.tallies["sitelinks"].dropped == {"other namespace": 1}


def test_redirects_are_read_from_texts_and_underscores_are_spaces(tmp_path: Path) -> None:
    pages = [
        Source("Target_page", "Target page of [[target_page|it]] and a [[thing]]."),
        Source("Old_name", "#REDIRECT [[target_page#Part]]"),
        Source("Lower", "#redirect:[[Target page]]"),
        Source("Away", "#REDIRECT [[Category:X]]"),
        Source("Element", redirect="Target_page"),
        Source("No redirect", "#REDIRECT to nothing"),
    ]
    manifest = of_small_wiki(tmp_path, pages, {1: "Target page"})
    assert map_of(tmp_path / "t") == {
        "Target page": (1, False),
        "Old name": (1, True),
        "Lower": (1, True),
        "Element": (1, True),
    }
    dropped = manifest.counts.tallies["redirects"].dropped
    assert dropped == {"target in another namespace or wiki": 1}
    extracted = extract([str(tmp_path / "p.xml")], tmp_path / "s", ExtractOptions(), RUNNING)
    assert extracted.counts.tallies["pages"].dropped == {"redirect": 4}
    (sentence,) = rows_of(tmp_path / "s").to_dicts()
    assert sentence["title"] == "Target page"
    assert [mention["target"] for mention in sentence["mentions"]] == ["Thing"]


def test_titles_of_old_dumps_begin_with_the_letter_of_today(tmp_path: Path) -> None:
    """Before October 2022 `ﬁ` and `ᾠ` had no capital, and that of `ǆ` was `Ǆ`."""
    pages = [Source("ᾠδή", "x"), Source("Ǆ", "x"), Source("ﬁ", redirect="ᾠδή"), Source("ß", "x")]
    of_small_wiki(tmp_path, pages, {1: "ᾠδή", 2: "Ǆ", 3: "ß"})
    assert map_of(tmp_path / "t") == {
        "ᾨδή": (1, False),
        "ǅ": (2, False),
        "Fi": (1, True),
        "ß": (3, False),
    }
