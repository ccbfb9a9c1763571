"""Corpora of rows in which a dictionary switched words, beside entities or instead of them."""

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.execution.options import RunOptions
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.manifest import need_stage
from cstool.storage.statistics import Statistics, read_statistics
from tests.stages.shard.switched import Sentence, corpus_rows, make_corpus, write_switched
from tests.word_rows import write_words

PAGES = 30


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    make_corpus(write_words(folder / "switched", PAGES), folder / "corpus")
    return folder / "corpus"


@pytest.fixture(scope="module")
def told(corpus: Path) -> Statistics:
    return read_statistics(corpus)


def test_words_are_counted_beside_entities(corpus: Path, told: Statistics) -> None:
    numbers = {code: (its.entities, its.dictionary_words) for code, its in told.languages.items()}
    assert numbers == {"en": (PAGES, 0), "sv": (PAGES, PAGES), "de": (0, PAGES)}
    details = need_stage(corpus, "shard").counts.details
    assert details["entities"] == {"en": PAGES, "sv": PAGES, "de": 0}
    assert details["dictionary words"] == {"sv": PAGES, "de": PAGES}
    assert told.languages["de"].origins == {"dictionary": PAGES}
    assert [(one.qid, one.name, one.number) for one in told.entities] == [(90, "Paris", 2 * PAGES)]
    histogram = told.languages["de"].entities_a_sentence
    assert histogram[0] == sum(histogram) == PAGES


def test_measures_count_the_words_of_both(told: Statistics) -> None:
    for code, switched in (("sv", 2), ("de", 1)):
        looked = told.languages[code].looked_at
        assert looked is not None
        assert looked.mixing["switched_words"] == switched * PAGES
        assert looked.mixing["source_words"] == (4 - switched) * PAGES
        assert looked.entities == switched * PAGES


def test_samples_have_words_without_a_qid(told: Statistics) -> None:
    forms = told.sentences[0].forms
    assert [span[0] for span in forms["sv"].entities] == [90, None]
    assert [span[0] for span in forms["de"].entities] == [None]


def test_the_card_describes_words_and_counts_them(corpus: Path) -> None:
    card = " ".join((corpus / "README.md").read_text().split())
    assert "and words are replaced with their translations in a dictionary" in card
    assert "| dictionary words |" in card
    assert f"| sv | Swedish | 27 | 3 | 120 | {PAGES} | {PAGES} |" in card
    assert "Share of the names and words" in card
    assert "Each of them has a license of its own" in card
    assert "without regard to their meaning" in card
    assert "into which entities and words were switched" in card
    assert "Only entities are switched" not in card


def test_a_corpus_of_words_only_does_not_speak_of_labels(tmp_path: Path) -> None:
    write_words(tmp_path / "switched", switch_rate=0)
    make_corpus(tmp_path / "switched", tmp_path / "corpus")
    card = (tmp_path / "corpus/README.md").read_text()
    assert "Labels are inserted" not in card
    assert "entities are replaced" not in card and "Entity labels" not in card
    assert "entity-linking" not in card


def test_entitycs_marks_entities_only(tmp_path: Path) -> None:
    write_words(tmp_path / "switched")
    made = make_corpus(tmp_path / "switched", tmp_path / "corpus", format="entitycs")
    sentences = dict(made.select("language", "cs_sentence").iter_rows())
    assert sentences == {
        "en": "<e>Paris</e> has a house.",
        "sv": "<e>Lutetia</e> has a hus.",
        "de": "Paris has a Haus.",
    }


def test_dolma_has_an_attribute_for_words_in_rows_with_one(tmp_path: Path) -> None:
    write_words(tmp_path / "switched")
    make_corpus(tmp_path / "switched", tmp_path / "corpus", format="dolma")
    found = {}
    for code in ("en", "sv", "de"):
        [file] = (tmp_path / "corpus/attributes/entities" / code).glob("*.gz")
        found[code] = json.loads(gzip.decompress(file.read_bytes()))["attributes"]
    name, word = "entities__cstool__name", "entities__cstool__word"
    assert found["en"] == {name: [[0, 5, 0.0]]}
    assert found["sv"] == {name: [[0, 7, 1.0]], word: [[14, 17, 1.0]]}
    assert found["de"] == {name: [], word: [[12, 16, 1.0]]}
    assert word in (tmp_path / "corpus/README.md").read_text()


@pytest.mark.parametrize("form", ["jsonl", "dolma"])
def test_lines_of_json_have_the_rows_of_the_corpus(tmp_path: Path, form: str) -> None:
    write_words(tmp_path / "switched")
    plain = make_corpus(tmp_path / "switched", tmp_path / "plain")
    lines = make_corpus(tmp_path / "switched", tmp_path / form, format=form)
    assert lines.to_dicts() == plain.to_dicts()


def test_folders_with_and_without_words_are_one_corpus(tmp_path: Path) -> None:
    with_words = write_words(tmp_path / "words")
    without = write_switched(tmp_path / "plain", [Sentence(9, "is large.")], wiki="simplewiki")
    out = tmp_path / "corpus"
    shard([without, with_words], out, ShardOptions(), RunOptions(jobs=1, quiet=True))
    rows: list[dict[str, Any]] = corpus_rows(out).to_dicts()
    spans = [span for row in rows for span in row["entities"]]
    assert sum(span["qid"] is None for span in spans) == 2
    assert read_statistics(out).languages["de"].dictionary_words == 1
    assert "in a dictionary" in " ".join((out / "README.md").read_text().split())


def test_corpora_without_words_do_not_mention_them(tmp_path: Path) -> None:
    write_switched(tmp_path / "switched", [Sentence(9, "is large.")])
    make_corpus(tmp_path / "switched", tmp_path / "corpus")
    assert "dictionary_words" not in (tmp_path / "corpus/stats.json").read_text()
    assert "dictionary" not in (tmp_path / "corpus/README.md").read_text()
    assert pl.read_parquet(tmp_path / "corpus/data/de/*.parquet").height == 1
