"""Code-switched sentences → a corpus that other programs open."""

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.running.options import RunOptions
from cstool.stages.shard import ShardOptions, shard
from tests.support import rows_of


def corpus(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "data/*/*.parquet")


def make(pipeline: Path, out: Path, **options: Any) -> pl.DataFrame:
    shard([pipeline / "switched"], out, ShardOptions(**options), RunOptions(jobs=1, quiet=True))
    return corpus(out)


def test_every_row_is_there_once_in_its_languages_folder(pipeline: Path) -> None:
    rows = corpus(pipeline / "corpus")
    key = ["id", "language"]
    assert rows.sort(key).equals(rows_of(pipeline / "switched").sort(key))
    for path in (pipeline / "corpus/data").iterdir():
        assert pl.read_parquet(path / "*.parquet")["language"].unique().to_list() == [path.name]


def test_datasets_opens_a_language_by_its_name(
    pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    loaded = datasets.load_dataset(
        os.fspath(pipeline / "corpus"), "de", cache_dir=os.fspath(tmp_path)
    )
    wanted = corpus(pipeline / "corpus").filter(pl.col("language") == "de")
    assert set(loaded) == {"train", "validation"}
    assert loaded["train"].num_rows + loaded["validation"].num_rows == len(wanted)
    row = loaded["train"][0]
    assert row["language"] == "de"
    assert row["entities"][0]["start"] >= 0
    assert datasets.get_dataset_config_names(os.fspath(pipeline / "corpus")) == sorted(
        p.name for p in (pipeline / "corpus/data").iterdir()
    )


def test_polars_scans_it(pipeline: Path) -> None:
    scanned = pl.scan_parquet(pipeline / "corpus/data").select(pl.len()).collect().item()
    assert scanned == len(rows_of(pipeline / "switched"))


def test_no_page_is_in_both_splits_of_a_language(pipeline: Path) -> None:
    for path in (pipeline / "corpus/data").iterdir():
        train = pl.read_parquet(path / "train-*.parquet")
        held_out = sorted(path.glob("validation-*.parquet"))
        if held_out:
            pages = set(pl.read_parquet(held_out)["page_id"])
            assert not pages & set(train["page_id"])
            assert len(train)


def test_validation_holds_as_many_as_asked_but_a_tenth_at_most(
    pipeline: Path, tmp_path: Path
) -> None:
    make(pipeline, tmp_path, validation=20)
    english = len(pl.read_parquet(tmp_path / "data/en/validation-*.parquet"))
    german = len(pl.read_parquet(tmp_path / "data/de/validation-*.parquet"))
    assert 20 <= english <= 40  # whole pages: the last one may bring more than were missing
    assert 7 <= german <= 20


def test_without_validation_there_is_no_such_split(pipeline: Path, tmp_path: Path) -> None:
    make(pipeline, tmp_path, validation=0)
    assert not list(tmp_path.rglob("validation-*"))
    assert "validation" not in (tmp_path / "README.md").read_text().split("---")[1]


def test_shards_are_about_as_large_as_asked(pipeline: Path) -> None:
    files = sorted((pipeline / "corpus/data/en").glob("train-*.parquet"))
    rows = [len(pl.read_parquet(path)) for path in files]
    assert len(files) == -(-sum(rows) // 100)
    assert files[0].name == f"train-00000-of-{len(files):05d}.parquet"
    assert max(rows) < 160


def test_rows_are_shuffled_and_another_seed_shuffles_otherwise(
    pipeline: Path, tmp_path: Path
) -> None:
    one = make(pipeline, tmp_path / "one")
    two = make(pipeline, tmp_path / "two", seed=1)
    ids = one.filter(pl.col("language") == "en")["id"]
    assert not ids.is_sorted()
    assert ids.to_list() != two.filter(pl.col("language") == "en")["id"].to_list()
    assert sorted(one["id"]) == sorted(two["id"])


def test_the_card_lists_a_config_for_each_language(pipeline: Path) -> None:
    import yaml

    _, head, text = (pipeline / "corpus/README.md").read_text().split("---\n", 2)
    card = yaml.safe_load(head)
    languages = sorted(p.name for p in (pipeline / "corpus/data").iterdir())
    assert [c["config_name"] for c in card["configs"]] == languages
    assert card["language"] == languages
    assert card["license"] == "cc-by-sa-4.0"
    assert "attribution.tsv.zst" in text


def test_every_sentence_is_attributed_to_a_page_and_its_revision(pipeline: Path) -> None:
    credits_ = pl.read_csv(
        (pipeline / "corpus/attribution.tsv.zst").read_bytes(), separator="\t", quote_char=None
    )
    assert set(credits_["page_id"]) >= set(corpus(pipeline / "corpus")["page_id"])
    assert credits_["revision_id"].null_count() == 0
    assert credits_["wiki"].unique().to_list() == ["enwiki"]


def test_the_published_columns_hold_marked_entities(pipeline: Path, tmp_path: Path) -> None:
    rows = make(pipeline, tmp_path, format="entitycs")
    assert rows.columns == ["id", "language", "en_sentence", "cs_sentence"]
    ours = {(r["id"], r["language"]): r for r in corpus(pipeline / "corpus").to_dicts()}
    for row in rows.to_dicts():
        mine = ours[row["id"], row["language"]]
        for column, side in (("en_sentence", "source_text"), ("cs_sentence", "text")):
            assert row[column].replace("<e>", "").replace("</e>", "") == mine[side]
            assert row[column].count("<e>") == len(mine["entities"])
        if mine["entities"]:
            first = mine["entities"][0]
            label = mine["text"][first["start"] : first["end"]]
            assert row["cs_sentence"].split("<e>")[1].split("</e>")[0] == label


def test_two_sources_make_one_corpus(pipeline: Path, tmp_path: Path) -> None:
    folders = [pipeline / "switched", pipeline / "switched"]
    shard(folders, tmp_path, ShardOptions(), RunOptions(jobs=1, quiet=True))
    assert len(corpus(tmp_path)) == 2 * len(rows_of(pipeline / "switched"))
