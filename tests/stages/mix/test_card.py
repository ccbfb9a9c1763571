"""The card of a mixture: its YAML, its tables, the recipe, and how to read it."""

import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import structs

from cstool.formats.corpus_formats import FORMATS
from cstool.stages.mix.card import MixtureCardData, mixture_card
from cstool.stages.mix.recipe import StageRecipe
from cstool.stages.mix.recipe_text import recipe_text
from cstool.stages.mix.stage import MixOptions, mix
from cstool.storage.manifest import Part, Source
from cstool.storage.mixture import Mixture, MixtureNumbers, MixtureSource, MixtureStage
from cstool.storage.row_kinds import RowKind
from tests.stages.mix.mixtures import QUIET, page_corpus, pairs, recipe, source
from tests.stages.shard.documents import Document

MIXED = Mixture(
    unit="words",
    seed=3,
    dedup="exact",
    format="cstool",
    stages=[
        MixtureStage(name="names", folder="1-names", budget=1000, rows=9, size=90),
        MixtureStage(name="pages", folder="2-pages", rows=1, size=10),
    ],
    sources=[
        MixtureSource(stage=1, corpus='a|"b"', kind="shard", share=0.5, languages=["de", "no"]),
        MixtureSource(stage=1, corpus="c", kind="shard", rows="switched", smoothing=0.3),
        MixtureSource(stage=2, corpus="pairs", kind="pair", budget=2_000),
    ],
    numbers=[
        MixtureNumbers(
            stage=1, corpus='a|"b"', language="no", rows=9, switched_rows=4, size=90,
            switched_size=45, dropped={"over the budget": 7}, dropped_size={"over the budget": 70},
        ),
        MixtureNumbers(
            stage=2, corpus="pairs", language="en+ja", rows=1, switched_rows=1, size=10,
            switched_size=10, dropped={"page held out for validation": 2},
        ),
    ],
)  # fmt: skip
DATA = MixtureCardData(
    MIXED, FORMATS["cstool"], RowKind("page"), (Source("nowiki", "no"),), [], {"stages": []}
)


def head(card: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return found


def test_the_configurations_are_the_stages_in_the_order_of_training() -> None:
    files = [
        Part("data/1-names/train-00000-of-00001.parquet", 9, 100, ""),
        Part("data/2-pages/train-00000-of-00001.parquet", 1, 50, ""),
        Part("README.md", 0, 7, ""),
    ]
    sizes = {"1-names": 900, "2-pages": 90}
    fields = head(mixture_card(replace(DATA, files=files, in_memory=sizes)))
    assert [one["config_name"] for one in fields["configs"]] == ["all", "1-names", "2-pages"]
    paths = [f"data/{stage}/train-*.parquet" for stage in ("1-names", "2-pages")]
    assert fields["configs"][0]["data_files"] == [{"split": "train", "path": paths}]
    assert fields["configs"][2]["data_files"] == [{"split": "train", "path": paths[1]}]
    infos = {one["config_name"]: one for one in fields["dataset_info"]}
    assert infos["all"]["splits"] == [{"name": "train", "num_bytes": 990, "num_examples": 10}]
    assert (infos["2-pages"]["download_size"], infos["2-pages"]["dataset_size"]) == (50, 90)
    assert fields["language"] == ["nb", "en", "ja"]
    assert fields["size_categories"] == ["n<1K"]


def test_files_that_datasets_does_not_read_have_no_configurations() -> None:
    parameters = {"stages": [], "pack": 64, "document_end": "</s>"}
    data = replace(DATA, form=FORMATS["megatron"], parameters=parameters)
    card = mixture_card(data)
    assert head(card)["viewer"] is False
    assert "configs" not in head(card)
    assert "IndexedDataset" in card
    assert "`corpus` and `stage` of its row" in card


def test_the_card_of_tokens_has_their_number_and_that_of_sequences() -> None:
    files = [
        Part("data/1-names/train-00000-of-00001.bin", 7, 100, ""),
        Part("data/2-pages/train-00000-of-00001.bin", 2, 50, ""),
    ]
    data = replace(DATA, form=FORMATS["megatron"], files=files, tokens=1_234)
    assert "The files contain 1,234 tokens in 9 sequences." in " ".join(mixture_card(data).split())
    assert "sequences." not in mixture_card(DATA)


def test_the_card_names_the_corpora_of_windows() -> None:
    # The column `language` does not identify windows: a window can have one language.
    card = mixture_card(DATA)
    assert "Each row of `pairs` is a window" in card
    alone = [one for one in MIXED.sources if one.kind != "pair"]
    assert "window" not in mixture_card(
        replace(DATA, mixture=structs.replace(MIXED, sources=alone))
    )


def test_the_tables_have_sizes_and_shares_by_stage_corpus_and_language() -> None:
    card = mixture_card(DATA)
    words = " ".join(card.split())
    assert "10 rows with 100 words, in 2 training stages" in words
    assert "55.0% of the words are in code-switched rows" in words
    assert "| 1-names | 9 | 90 | 50.0% | 1,000 |" in card
    assert '| 1-names | a\\|"b" | 9 | 90 | 50.0% | 100.0% | 0 |' in card
    assert "| 1-names | c | 0 | 0 |  | 0.0% | 0 |" in card
    assert "| no | no | 9 | 90 | 50.0% | 90.0% |" in card
    assert "| en+ja | English + Japanese | 1 | 10 | 100.0% | 10.0% |" in card


def test_the_card_has_what_was_left_out_and_its_size_if_it_was_counted() -> None:
    card = mixture_card(DATA)
    assert '| 1-names | a\\|"b" | over the budget | 7 | 70 |' in card
    assert "| 2-pages | pairs | page held out for validation | 2 |  |" in card
    complete = structs.replace(MIXED, numbers=[])
    assert "## Rows left out" not in mixture_card(replace(DATA, mixture=complete))


def test_the_recipe_is_that_of_the_mixture() -> None:
    text = recipe_text(MIXED, ["one", "two", "pairs"])
    read = tomllib.loads(text)
    assert (read["seed"], read["count"], read["dedup"]) == (3, "words", "exact")
    first, second = read["stage"]
    assert (first["name"], first["budget"], "budget" in second) == ("names", 1000, False)
    assert first["source"] == [
        {"folder": "one", "name": 'a|"b"', "share": 0.5, "languages": ["de", "no"]},
        {"folder": "two", "name": "c", "rows": "switched", "smoothing": 0.3},
    ]
    assert second["source"] == [{"folder": "pairs", "budget": 2000}]


def test_tokens_are_those_of_a_tokenizer_and_its_document_end() -> None:
    tokens = structs.replace(MIXED, unit="tokens", tokenizer="t.json")
    read = tomllib.loads(recipe_text(tokens, ["one", "two", "pairs"], "</s>"))
    assert (read["tokenizer"], read["document_end"]) == ("t.json", "</s>")
    assert "Tokens are those of `t.json`" in mixture_card(replace(DATA, mixture=tokens))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of a corpus of pages and of pairs."""
    folder = tmp_path_factory.mktemp("card")
    pages = [Document(n, [[f"is page {n}.", "has a name."]]) for n in range(1, 30)]
    page_corpus(folder / "corpus", pages)
    pairs(folder, 9)
    return folder


def corpus_of(row: dict[str, Any]) -> str:
    found: str = (row.get("meta") or row.get("metadata") or row)["corpus"]
    return found


@pytest.mark.parametrize("format_", ["cstool", "jsonl", "dolma"])
def test_datasets_reads_the_stages_and_all_of_them_in_order(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    stages = [
        StageRecipe("z", (source(folder / "corpus", rows="switched"),)),
        StageRecipe("a", (source(folder / "pairs"),)),
    ]
    options = MixOptions(format=format_)  # type: ignore[arg-type]
    manifest = mix(recipe(*stages), tmp_path / "mixture", options, QUIET)
    cache = os.fspath(tmp_path / "cache")
    place = os.fspath(tmp_path / "mixture")
    every = datasets.load_dataset(place, split="train", cache_dir=cache)
    assert every.num_rows == manifest.counts.tally("rows").written
    names = [corpus_of(row) for row in every]
    assert names == sorted(names)  # "corpus", then "pairs"
    last = datasets.load_dataset(place, "2-a", split="train", cache_dir=cache)
    assert {corpus_of(row) for row in last} == {"pairs"}
    card = head((tmp_path / "mixture/README.md").read_text())
    known = card["dataset_info"][0]["splits"][0]
    assert known["num_examples"] == every.num_rows
    size = every.info.splits["train"].num_bytes
    assert known["num_bytes"] == pytest.approx(size, rel=0.02)
