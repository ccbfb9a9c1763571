"""A corpus of two wikis with one language, whose sentences have the same ids."""

from pathlib import Path

import polars as pl
import pytest

from cstool.execution.options import RunOptions
from cstool.report.stats.breakdowns import by_title
from cstool.report.stats.tables import titles_table
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from cstool.storage.statistics import read_statistics
from tests.masking.fixtures import Trained
from tests.stages.shard.switched import Sentence, make_corpus, write_switched

WIKIS = ("enwiki", "simplewiki")
KEY = ["wiki", "id", "language"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders of `switch`: the same ids, pages and titles, and other sentences."""
    folder = tmp_path_factory.mktemp("wikis")
    return [
        write_switched(
            folder / wiki,
            [
                Sentence(
                    page, f"has the number {page} and {i} in {wiki}.", ("de",), paragraph=i // 2
                )
                for page in range(1, 40)
                for i in range(4)
            ],
            wiki=wiki,
        )
        for wiki in WIKIS
    ]


def texts_by_key(rows: pl.DataFrame) -> dict[tuple[str, int, str], str]:
    return {(r["wiki"], r["id"], r["language"]): r["text"] for r in rows.to_dicts()}


@pytest.mark.parametrize("form", ["cstool", "jsonl", "mt"])
def test_a_row_is_known_by_its_wiki_id_and_language(
    folders: list[Path], tmp_path: Path, form: str
) -> None:
    rows = make_corpus(folders, tmp_path, format=form)
    assert rows["id"].n_unique() == rows.height / 2 / (1 if form == "mt" else 2)
    assert not rows.select(KEY).is_duplicated().any()
    source = "target" if form == "mt" else "source_text"
    assert all(f"in {row['wiki']}." in row[source] for row in rows.to_dicts())


def test_pages_of_both_wikis_are_held_out_each_by_itself(
    folders: list[Path], tmp_path: Path
) -> None:
    make_corpus(folders, tmp_path, validation=20)
    pages = {
        split: {
            (r["wiki"], r["page_id"])
            for r in pl.read_parquet(tmp_path / f"data/*/{split}-*.parquet").to_dicts()
        }
        for split in ("train", "validation")
    }
    assert not pages["train"] & pages["validation"]
    numbers = [page for _, page in pages["validation"]]
    assert len(set(numbers)) > len(numbers) / 2  # not the same pages of both


def test_a_dropped_sentence_is_dropped_in_its_wiki_only(
    folders: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "test.txt").write_text("x has the number 7 and 24 in simplewiki.\n")
    tests = (tmp_path / "test.txt",)
    rows = make_corpus(folders, tmp_path / "c", decontaminate=tests)
    whole = make_corpus(folders, tmp_path / "w")
    lost = texts_by_key(whole).keys() - texts_by_key(rows).keys()
    assert {wiki for wiki, _, _ in lost} <= {"simplewiki"}


def test_paragraphs_and_samples_tell_the_wiki(folders: list[Path], tmp_path: Path) -> None:
    rows = make_corpus(folders, tmp_path)
    paragraphs = pl.read_parquet(tmp_path / "_paragraphs/*.pq")
    assert not paragraphs.select("wiki", "id").is_duplicated().any()
    joined = rows.join(paragraphs, on=["wiki", "id"], how="inner")
    assert len(joined) == len(rows)
    samples = read_statistics(tmp_path).sentences
    assert {one.wiki for one in samples} == {*WIKIS}
    assert all(f"in {one.wiki}." in one.text for one in samples)


def test_pages_with_the_same_title_are_counted_apart(folders: list[Path], tmp_path: Path) -> None:
    make_corpus(folders, tmp_path)
    pages = by_title(tmp_path)
    assert {(one.title, one.wiki) for one in pages} == {
        (f"Page {page}", wiki) for page in range(1, 40) for wiki in WIKIS
    }
    assert {one.rows for one in pages} == {8}
    assert titles_table(pages, 1).splitlines()[1].split() == ["enwiki", "Page", "1", "8", "8"]


@pytest.mark.parametrize("strategy", ["pairs-paragraph", "pairs-page"])
def test_no_positive_pair_is_of_two_wikis(
    folders: list[Path], all_trained: dict[str, Trained], tmp_path: Path, strategy: str
) -> None:
    make_corpus(folders, tmp_path / "c")
    trained = all_trained["unigram"]
    options, quiet = MaskOptions(strategy), RunOptions(jobs=1, quiet=True)
    mask_corpus(tmp_path / "c", trained.path, tmp_path / "m", options, quiet)
    pairs = pl.read_parquet(tmp_path / "m/data/*/*.parquet")
    assert pairs["wikis"].list.len().unique().to_list() == [2]
    near = pairs.filter(pl.col("kind") != "easy").to_dicts()
    assert near
    for row in near:
        assert len(set(row["wikis"])) == 1
        assert len({number >> 20 for number in row["ids"]}) == 1
    easy = pairs.filter(pl.col("kind") == "easy").to_dicts()
    assert any(len(set(row["wikis"])) == 2 for row in easy)


@pytest.mark.parametrize("packed", [False, True])
def test_an_example_tells_the_wiki_of_each_sentence(
    folders: list[Path], all_trained: dict[str, Trained], tmp_path: Path, packed: bool
) -> None:
    rows = make_corpus(folders, tmp_path / "c")
    trained, quiet = all_trained["unigram"], RunOptions(jobs=1, quiet=True)
    options = MaskOptions("wep", packed=packed)
    mask_corpus(tmp_path / "c", trained.path, tmp_path / "m", options, quiet)
    examples = pl.read_parquet(tmp_path / "m/data/*/*.parquet").explode("ids", "wikis")
    told = examples.select(wiki="wikis", id="ids", language="language").sort(KEY)
    assert told.equals(rows.select(KEY).sort(KEY))
