"""Linking mentions to QIDs."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.errors import InputError, OutputError
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import BY_LINK, LinkOptions, link
from cstool.stages.titles.stage import titles
from cstool.storage.counts import Counts
from cstool.storage.hash_index import NO_ITEM, HashIndex
from cstool.storage.manifest import NOT_ENTITIES, TITLE_INDEX, need_stage
from tests.stages.link.linking import row, write_sentences, write_titles
from tests.support import Source, files_of, item, rows_of, wikidata_json, write_multistream

ALONE = RunOptions(jobs=1, quiet=True)


def linked(
    folder: Path, *rows: dict[str, Any], options: LinkOptions | None = None, **known: Any
) -> tuple[list[int | None], Counts]:
    """Link some sentences; return the QIDs of their mentions, and the counts."""
    sentences = write_sentences(folder / "sentences", rows)
    table = write_titles(folder / "titles", **known)
    manifest = link(sentences, table, folder / "linked", ALONE, options)
    mentions = rows_of(folder / "linked")["mentions"].to_list()
    return [mention["qid"] for row in mentions for mention in row], manifest.counts


def test_each_mention_has_the_qid_of_its_title_or_null(pipeline: Path) -> None:
    table = dict(rows_of(pipeline / "titles").select("title", "qid").iter_rows())
    others = set(pl.read_parquet(pipeline / "titles" / NOT_ENTITIES)["qid"])
    for sentence in rows_of(pipeline / "linked").to_dicts():
        for mention in sentence["mentions"]:
            qid = table.get(mention["target"])
            assert mention["qid"] == (None if qid in others else qid)


def test_nothing_else_is_changed(pipeline: Path) -> None:
    before, after = rows_of(pipeline / "sentences"), rows_of(pipeline / "linked")
    without_qid = pl.col("mentions").list.eval(
        pl.struct(*(pl.element().struct.field(f) for f in ("start", "end", "target")))
    )
    assert after.with_columns(without_qid).equals(before)


def test_linked_and_unlinked_mentions_are_counted(pipeline: Path) -> None:
    counts = need_stage(pipeline / "linked", "link").counts
    numbers = counts.details[BY_LINK]
    assert sum(numbers.values()) == counts.tallies["mentions"].read
    assert numbers["linked"] > 900


def test_redirects_are_followed(pipeline: Path) -> None:
    mentions = rows_of(pipeline / "linked").explode("mentions").unnest("mentions")
    qids = dict(mentions.select("target", "qid").iter_rows())
    assert qids["Donau"] == qids["Danube"] == 1653


SENTENCE = row(
    "Mercury, Rome, a list, a village, nobody.",
    ("Mercury", "Mercury"),
    ("Rome", "Rome"),
    ("list", "List of lists"),
    ("village", "Village"),
    ("nobody", "Nobody"),
)
TITLES = {"Mercury": 7, "Rome": 220, "List of lists": 9, "Village": int(NO_ITEM)}
NON_ENTITIES = {7: "disambiguation page", 9: "list article", 8: "disambiguation page"}


def test_items_that_are_not_entities_are_unlinked_with_a_reason(tmp_path: Path) -> None:
    qids, counts = linked(tmp_path, SENTENCE, titles=TITLES, non_entities=NON_ENTITIES)
    assert qids == [None, 220, None, None, None]
    assert counts.details[BY_LINK] == {
        "disambiguation page": 1,
        "linked": 1,
        "list article": 1,
        "no page of that title": 1,
        "page without an item": 1,
    }


def test_pages_without_an_item_and_missing_pages_are_distinguished(tmp_path: Path) -> None:
    wikidata = tmp_path / "w.json"
    wikidata.write_text(wikidata_json([item(220, {"en": "Rome"}, {"enwiki": "Rome"})]))
    pages = [
        Source("Rome", "See [[village]], [[hamlet]], [[Roma]] and [[nowhere]]."),
        Source("Village", "Small."),
        Source("Hamlet", redirect="Village"),
        Source("Roma", redirect="Rome"),
    ]
    dump = str(write_multistream(tmp_path / "p.xml.bz2", pages))
    entities(str(wikidata), tmp_path / "e", EntitiesOptions(), ALONE)
    titles("enwiki", tmp_path / "e", [dump], tmp_path / "t", ALONE)
    extract([dump], tmp_path / "s", ExtractOptions(), ALONE)
    manifest = link(tmp_path / "s", tmp_path / "t", tmp_path / "l", ALONE)
    assert manifest.counts.details[BY_LINK] == {
        "linked": 1,
        "no page of that title": 1,
        "page without an item": 2,
    }


def test_disambiguation_pages_are_kept_with_the_option(tmp_path: Path) -> None:
    qids, counts = linked(
        tmp_path, SENTENCE, options=LinkOptions(keep_disambiguation=True), titles=TITLES
    )
    assert qids == [7, 220, 9, None, None]
    assert counts.details[BY_LINK]["linked"] == 3


def test_titles_differ_by_the_case_of_their_first_letter(tmp_path: Path) -> None:
    qids, _ = linked(
        tmp_path,
        row("polish and Polish", ("polish", "polish"), ("Polish", "Polish")),
        titles={"polish": 1, "Polish": 2},
        non_entities={},
    )
    assert qids == [1, 2]


def test_sentences_without_mentions_are_kept(tmp_path: Path) -> None:
    _, counts = linked(tmp_path, row("None here."), titles={"A": 1}, non_entities={})
    assert counts.details[BY_LINK] == {"linked": 0}
    assert rows_of(tmp_path / "linked")["mentions"].to_list() == [[]]


@pytest.mark.parametrize("missing", [NOT_ENTITIES, HashIndex.files(TITLE_INDEX)[0]])
def test_titles_of_an_older_version_are_refused(tmp_path: Path, missing: str) -> None:
    sentences = write_sentences(tmp_path / "sentences", [SENTENCE])
    titles = write_titles(tmp_path / "titles", TITLES, NON_ENTITIES)
    manifest = titles / "_manifest.json"
    manifest.write_text(manifest.read_text().replace(missing, "older"))
    (titles / missing).rename(titles / "older")
    with pytest.raises(InputError, match="older version of cstool made the folder; make it again"):
        link(sentences, titles, tmp_path / "linked", ALONE)


def test_other_options_over_old_output_are_refused(tmp_path: Path) -> None:
    linked(tmp_path, SENTENCE, titles=TITLES, non_entities=NON_ENTITIES)
    folders = tmp_path / "sentences", tmp_path / "titles", tmp_path / "linked"
    with pytest.raises(OutputError, match="propagate: False"):
        link(*folders, ALONE, LinkOptions(propagate=True))


def test_the_number_of_workers_changes_no_byte(tmp_path: Path) -> None:
    parts = [
        [
            row("Rome is here.", ("Rome", "Rome"), page=page, position=1),
            row("So Rome is.", page=page, position=2),
        ]
        for page in range(1, 5)
    ]
    sentences = write_sentences(tmp_path / "sentences", *parts)
    titles = write_titles(tmp_path / "titles", {"Rome": 220}, {})
    for jobs in (1, 2):
        options = RunOptions(jobs=jobs, quiet=True)
        link(sentences, titles, tmp_path / str(jobs), options, LinkOptions(propagate=True))
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")
    assert rows_of(tmp_path / "1")["mentions"].list.len().to_list() == [1] * 8


def test_rewritten_titles_are_read_again(tmp_path: Path) -> None:
    sentences = write_sentences(tmp_path / "sentences", [row("Rome.", ("Rome", "Rome"))])
    qids = []
    for qid in (220, 221):
        titles = write_titles(tmp_path / "titles", {"Rome": qid}, {})
        link(sentences, titles, tmp_path / str(qid), ALONE)
        qids.append(rows_of(tmp_path / str(qid))["mentions"][0][0]["qid"])
        for path in titles.iterdir():
            path.unlink()
        titles.rmdir()
    assert qids == [220, 221]


@pytest.mark.parametrize(
    ("sentences", "titles"),
    [("linked", "titles"), ("sentences", "entities"), ("nothing", "titles")],
)
def test_other_folders_are_refused(
    pipeline: Path, tmp_path: Path, sentences: str, titles: str
) -> None:
    with pytest.raises(InputError, match="cstool"):
        link(pipeline / sentences, pipeline / titles, tmp_path / "out", RunOptions(jobs=1))
    assert not (tmp_path / "out").exists()
