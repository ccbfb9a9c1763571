"""`make leia` and `make comparable`: names beside the links of pages, and pages side by side."""

import os
from pathlib import Path

import pytest

from tests.stages.small_wiki import Page, write_tables
from tests.support import Source, files_of, gzipped, item, rows_of, wikidata_json, write_multistream
from tests.test_make import ITEM_DUMP, make, project, refused, run, stages
from tests.wikibase_server import running_wikibase

# By wiki, the titles of the pages about items 1, 2 and 3.
TITLES = {"enwiki": ("Lake", "River", "Boat"), "swwiki": ("Ziwa", "Mto")}
TEXT = "Here is the [[{}]] of which all people have heard."
ITEMS = [
    item(1, {"en": "lake", "sw": "ziwa"}, {"enwiki": "Lake", "swwiki": "Ziwa"}),
    item(2, {"en": "river", "sw": "mto"}, {"enwiki": "River", "swwiki": "Mto"}),
    item(3, {"en": "boat"}, {"enwiki": "Boat"}),
]


@pytest.fixture(autouse=True)
def dumps(tmp_path: Path) -> Path:
    """The dumps of two wikis, in which each page links to the next one, and their items."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    for wiki, titles in TITLES.items():
        following = [*titles[1:], titles[0]]
        pages = [Source(a, TEXT.format(b)) for a, b in zip(titles, following, strict=True)]
        pages.append(Source("Unlinked", "This page says nothing about any other page."))
        path = folder / f"{wiki}-20261001-pages-articles-multistream.xml.bz2"
        write_multistream(path, pages, wiki=wiki, language=wiki[:2])
    (folder / ITEM_DUMP).write_bytes(gzipped(wikidata_json(ITEMS).encode()))
    return folder


def goals(folder: Path, *words: str) -> list[str]:
    """Return the command that makes goals from both wikis; further words are settings."""
    command = make(folder, "WIKI=enwiki swwiki", *words)
    command.remove("corpus")
    return command


def test_pages_are_annotated_and_put_side_by_side_once(tmp_path: Path) -> None:
    both = goals(tmp_path, "leia", "comparable", "-j2")
    plan = stages(run([*both, "-n"]))
    assert sorted(plan) == [
        "download", "entities", "extract", "extract", "link", "pair", "shard", "switch", "titles",
        "titles",
    ]  # fmt: skip
    assert sorted(stages(run(both))) == sorted(plan)
    assert stages(run(both)) == []
    work = tmp_path / "work"
    annotated = rows_of(work / "swwiki/annotated")
    assert {*annotated["source_language"]} == {"sw"} and annotated.height == 3
    paired = rows_of(work / "comparable")
    assert paired["qid"].to_list() == [1, 2]
    assert "[[" not in paired["text"][0] and "Mto" in paired["text"][0]

    # Only what depends on changed options is made again, and not without being told.
    assert stages(run([*both, "-n", "LEIA=--seed 7"])) == ["switch", "shard"]
    assert stages(run([*both, "-n", "PAIR=--segments 2"])) == ["pair"]
    assert {*stages(run([*both, "-n", "PAGES="]))} == {"extract", "link", "switch", "shard", "pair"}
    assert "--overwrite" in refused([*both, "PAIR=--segments 2"])
    run([*both, "PAIR=--segments 2 --overwrite"])
    # The dumps may be removed, unless another goal reads them.
    for path in (tmp_path / "dumps").iterdir():
        path.unlink()
    assert stages(run([*both, "-n", "PAIR=--segments 2 --overwrite"])) == []
    assert stages(run(goals(tmp_path, "corpus", "-n")))[0] == "download"


def test_a_goal_reads_only_what_it_needs(tmp_path: Path) -> None:
    plan = run(goals(tmp_path, "leia", "-n"))
    assert "swwiki/pages" in plan and "enwiki/pages" not in plan
    plan = run(goals(tmp_path, "comparable", "TITLES_FROM=sql", "-n"))
    assert "cstool entities" not in plan and "--wikidata" not in plan
    wanted = "leia needs a wiki in another language than English"
    assert wanted in refused(goals(tmp_path, "leia", "WIKI=enwiki"))
    assert "needs two or more wikis" in refused(goals(tmp_path, "comparable", "WIKI=enwiki"))


def test_a_folder_of_cstool_init_gives_the_corpora_of_a_clone(tmp_path: Path) -> None:
    run(goals(tmp_path, "leia", "comparable"))
    folder = tmp_path / "project"
    command = project(folder, "--wiki", "swwiki", "--date", "20261001")
    (folder / "dumps").symlink_to(tmp_path / "dumps")
    run(command("leia", "comparable", "-j2"))
    work = folder / "work/20261001"
    for name in ("comparable", "swwiki/leia"):
        assert files_of(work / name) == files_of(tmp_path / "work" / name)


def test_the_items_of_pages_can_be_asked_of_wikidata_s_api(tmp_path: Path, dumps: Path) -> None:
    pages = [Page(title, n) for n, title in enumerate([*TITLES["swwiki"], "Unlinked"], 1)]
    for table in write_tables(tmp_path / "tables", pages).paths:
        name = Path(table).stem.rpartition("-")[2]
        data = Path(table).read_bytes().replace(b"Database: enwiki", b"Database: swwiki")
        (dumps / f"swwiki-20261001-{name}.sql.gz").write_bytes(gzipped(data))
    (dumps / ITEM_DUMP).unlink()
    with running_wikibase(ITEMS) as wikibase:
        asked = goals(tmp_path, "leia", "ENTITIES=live", f"API={wikibase.api}", "CONTACT=me@x.y")
        order = ["link", "entities", "switch", "shard"]
        assert [name for name in stages(run(asked)) if name in order] == order
        assert stages(run(asked)) == []
    assert rows_of(tmp_path / "work/page-entities")["qid"].to_list() == [1, 2]
    assert not (tmp_path / "work/entities").exists()


def test_datasets_loads_both_corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    run(goals(tmp_path, "leia", "comparable", "LEIA=--switch-rate 1"))
    cache = os.fspath(tmp_path / "cache")
    work = tmp_path / "work"
    corpus = datasets.load_dataset(os.fspath(work / "swwiki/leia"), "en", cache_dir=cache)
    texts = {row["title"]: row["text"] for rows in corpus.values() for row in rows}
    heard = "of which all people have heard."
    assert texts["Ziwa"] == f"Here is the Mto<translate>River</translate> {heard}"
    parts = os.fspath(work / "comparable/*.parquet")
    paired = datasets.load_dataset("parquet", data_files=parts, cache_dir=cache)["train"]
    assert paired[0]["languages"] == ["en", "sw"]
