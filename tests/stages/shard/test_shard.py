"""Corpora that other programs can read."""

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.report.stats.folder import folder_stats
from cstool.report.stats.tables import as_table
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import link
from cstool.stages.shard.plan import hold_out
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.titles.stage import titles
from tests.conftest import Sample
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import Source, dump_xml, files_of, rows_of


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
    names = sorted(path.name for path in (pipeline / "corpus/data").iterdir())
    assert datasets.get_dataset_config_names(os.fspath(pipeline / "corpus")) == ["all", *names]


def test_polars_scans_it(pipeline: Path) -> None:
    scanned = pl.scan_parquet(pipeline / "corpus/data").select(pl.len()).collect().item()
    assert scanned == len(rows_of(pipeline / "switched"))


def test_a_page_that_is_held_out_is_so_in_all_languages(pipeline: Path) -> None:
    data = pipeline / "corpus/data"
    train = pl.read_parquet(data / "*/train-*.parquet")
    held_out = pl.read_parquet(data / "*/validation-*.parquet")
    assert not set(held_out["page_id"]) & set(train["page_id"])
    assert set(train["language"]) == {path.name for path in data.iterdir()}


def test_validation_holds_as_many_as_asked_or_a_tenth(pipeline: Path, tmp_path: Path) -> None:
    rows = make(pipeline, tmp_path, validation=20)
    for (language,), of_language in rows.group_by("language"):
        files = sorted((tmp_path / f"data/{language}").glob("validation-*.parquet"))
        held_out = len(pl.read_parquet(files)) if files else 0
        pages = of_language["page_id"].n_unique()
        assert held_out >= min(20, len(of_language) // 10) or pages < 4
    assert len(pl.read_parquet(tmp_path / "data/*/validation-*.parquet")) < len(rows) / 3


rows_of_pages = st.dictionaries(st.integers(0, 30), st.integers(1, 9), min_size=1, max_size=12)


@given(st.dictionaries(st.sampled_from("abcde"), rows_of_pages, min_size=1), st.integers(0, 20))
def test_held_out_pages_are_enough_and_leave_one_to_each_language(
    languages: dict[str, dict[int, int]], validation: int
) -> None:
    candidates = {code: sorted(pages.items()) for code, pages in languages.items()}
    wanted = {c: min(validation, sum(p.values()) // 10) for c, p in languages.items()}
    held = hold_out(candidates, wanted)
    last = {page for pages in languages.values() if len(set(pages) - held) == 1 for page in pages}
    for code, pages in languages.items():
        assert set(pages) - held
        enough = sum(rows for page, rows in pages.items() if page in held) >= wanted[code]
        assert enough or not set(pages) - held - last


def test_without_validation_there_is_no_such_split(pipeline: Path, tmp_path: Path) -> None:
    make(pipeline, tmp_path, validation=0)
    assert not list(tmp_path.rglob("validation-*"))
    assert "validation" not in (tmp_path / "README.md").read_text().split("---")[1]


def test_shards_are_about_as_large_as_asked(pipeline: Path) -> None:
    files = sorted((pipeline / "corpus/data/en").glob("train-*.parquet"))
    rows = [len(pl.read_parquet(path)) for path in files]
    validation = len(pl.read_parquet(pipeline / "corpus/data/en/validation-*.parquet"))
    assert len(files) == -(-(sum(rows) + validation) // 100)
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


pages_and_languages = st.lists(
    st.tuples(st.integers(1, 12), st.sets(st.sampled_from(["de", "fr", "zh"]), max_size=3)),
    min_size=1,
    max_size=40,
)


@given(pages_and_languages, st.integers(1, 9), st.integers(1, 30), st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_the_corpus_is_a_permutation_that_does_not_depend_on_parts(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[int, set[str]]],
    a_part: int,
    rows_per_shard: int,
    validation: int,
) -> None:
    folder = tmp_path_factory.mktemp("shuffle")
    sentences = [
        Sentence(page, f"has number {i}.", sorted(codes)) for i, (page, codes) in enumerate(drawn)
    ]
    whole = write_switched(folder / "whole", sentences)
    cut = write_switched(folder / "cut", sentences, a_part=a_part)
    options = {"rows_per_shard": rows_per_shard, "validation": validation}
    rows = make_corpus(whole, folder / "one", **options)
    key = ["id", "language"]
    assert rows.sort(key).equals(rows_of(whole).sort(key))
    make_corpus(cut, folder / "two", **options)
    data = {name: pl.read_parquet(path) for name, path in _tables(folder / "one").items()}
    assert data.keys() == _tables(folder / "two").keys()
    for name, path in _tables(folder / "two").items():
        assert pl.read_parquet(path).equals(data[name])


def _tables(folder: Path) -> dict[str, Path]:
    return {str(p.relative_to(folder)): p for p in sorted(folder.glob("data/*/*.parquet"))}


def test_two_workers_write_the_same_bytes_with_all_options(tmp_path: Path) -> None:
    sentences = [Sentence(i % 50 + 1, f"is {i % 170} of them.", ("de", "zh")) for i in range(400)]
    (tmp_path / "test.txt").write_text("x is 7 of them and this test says so\n")
    write_switched(tmp_path / "switched", sentences, a_part=60)
    for form in ("jsonl", "mt"):
        files = [
            make_and_read(tmp_path, f"{form}{jobs}", jobs=jobs, format=form, rows_per_shard=50)
            for jobs in (1, 2)
        ]
        assert files[0] == files[1]


def make_and_read(folder: Path, name: str, **options: Any) -> dict[str, bytes]:
    tests = (folder / "test.txt",)
    make_corpus(folder / "switched", folder / name, dedup="minhash", decontaminate=tests, **options)
    return files_of(folder / name)


def test_a_validation_page_leaves_a_language_its_others(tmp_path: Path) -> None:
    # The first page has more than enough of both; the others have one sentence each.
    sentences = [Sentence(1, f"is {i}.", ("de",)) for i in range(150)]
    sentences += [Sentence(page, "is alone.", ("de", "fr")) for page in range(2, 14)]
    write_switched(tmp_path / "switched", sentences)
    make_corpus(tmp_path / "switched", tmp_path / "corpus", validation=5)
    for language in ("de", "en", "fr"):
        assert list((tmp_path / "corpus/data" / language).glob("train-*.parquet"))


def test_the_card_lists_a_config_for_each_language(pipeline: Path) -> None:
    import yaml

    _, head, text = (pipeline / "corpus/README.md").read_text().split("---\n", 2)
    card = yaml.safe_load(head)
    languages = sorted(p.name for p in (pipeline / "corpus/data").iterdir())
    assert [c["config_name"] for c in card["configs"]] == ["all", *languages]
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


def test_pages_and_paragraphs_are_listed_once_for_two_folders_of_one_extraction(
    pipeline: Path, tmp_path: Path
) -> None:
    running = RunOptions(jobs=1, quiet=True)
    options = SwitchOptions("de,fr", max_languages=1)
    switch(pipeline / "linked", pipeline / "entities", tmp_path / "s", options, running)
    shard([pipeline / "switched", tmp_path / "s"], tmp_path / "c", ShardOptions(), running)
    for name in ("attribution.tsv.zst", "_paragraphs"):
        mine, both = pipeline / "corpus" / name, tmp_path / "c" / name
        if mine.is_dir():
            told = [pl.read_parquet(folder / "*.pq") for folder in (mine, both)]
            assert told[0].equals(told[1])
        else:
            assert mine.read_bytes() == both.read_bytes()


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


def test_two_wikis_make_one_corpus(pipeline: Path, sample: Sample, tmp_path: Path) -> None:
    running = RunOptions(jobs=1, quiet=True)
    pages = [str(sample.japanese)]
    titles("jawiki", pipeline / "entities", pages, tmp_path / "titles", running)
    extract(pages, tmp_path / "sentences", ExtractOptions(), running)
    link(tmp_path / "sentences", tmp_path / "titles", tmp_path / "linked", running)
    options = SwitchOptions("de,ja,en")
    switch(tmp_path / "linked", pipeline / "entities", tmp_path / "ja", options, running)
    shard([pipeline / "switched", tmp_path / "ja"], tmp_path / "corpus", ShardOptions(), running)
    rows = corpus(tmp_path / "corpus")
    assert len(rows) == len(rows_of(pipeline / "switched")) + len(rows_of(tmp_path / "ja"))
    german = rows.filter(pl.col("language") == "de")
    assert set(german["source_language"]) == {"en", "ja"}


def test_a_corpus_without_sentences_is_refused(pipeline: Path, tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_text(dump_xml([Source("A", "No link is here at all.")]))
    running = RunOptions(jobs=1, quiet=True)
    extract([str(tmp_path / "d.xml")], tmp_path / "s", ExtractOptions(), running)
    link(tmp_path / "s", pipeline / "titles", tmp_path / "l", running)
    switch(tmp_path / "l", pipeline / "entities", tmp_path / "w", SwitchOptions("de"), running)
    with pytest.raises(InputError, match="the corpus would be empty"):
        shard([tmp_path / "w"], tmp_path / "c", ShardOptions(), running)
    assert "all" in as_table(folder_stats(tmp_path / "w"), 80)


@pytest.mark.parametrize("code", ["..", "../../../out", "a/b"])
def test_an_invalid_language_code_does_not_name_a_folder(tmp_path: Path, code: str) -> None:
    switched = write_switched(tmp_path / "a/b/switched", [Sentence(1, "is here.", (code,))])
    with pytest.raises(InputError, match="is not a language code"):
        make_corpus(switched, tmp_path / "a/b/corpus")
    assert not (tmp_path / "a/b/corpus/data").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
