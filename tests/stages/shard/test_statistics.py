"""The statistics in stats.json: they are consistent and do not depend on parts or workers."""

from collections import Counter
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.stages.shard.statistics import (
    SENTENCES_A_LANGUAGE,
    FileFacts,
    FileFactsBuilder,
    top_entities,
)
from cstool.storage.schemas import SWITCHED
from cstool.storage.statistics import LanguageNumbers, Statistics, read_statistics
from tests.stages.shard.switched import Sentence, make_corpus, rows_of, write_switched


@pytest.fixture(scope="module")
def rows(pipeline: Path) -> pl.DataFrame:
    return pl.read_parquet(pipeline / "corpus/data/*/*.parquet")


@pytest.fixture(scope="module")
def told(pipeline: Path) -> Statistics:
    return read_statistics(pipeline / "corpus")


def test_numbers_are_those_of_the_rows(rows: pl.DataFrame, told: Statistics) -> None:
    assert set(told.languages) == set(rows["language"])
    for (code,), here in rows.group_by("language"):
        numbers = told.languages[str(code)]
        assert sum(numbers.rows.values()) == len(here)
        assert numbers.entities == here["entities"].list.len().sum()
        same = here.filter(
            pl.col("text") == pl.col("source_text"), pl.col("language") != pl.col("source_language")
        )
        assert numbers.unswitched == len(same)
        lengths = Counter((here["text"].str.len_chars() // 10).clip(0, 60).to_list())
        assert numbers.characters == [lengths[n] for n in range(61)]
        entities = Counter(here["entities"].list.len().clip(0, 16).to_list())
        assert numbers.entities_a_sentence == [entities[n] for n in range(17)]


def test_the_most_frequent_entities_are_listed(rows: pl.DataFrame, told: Statistics) -> None:
    qids = Counter(rows.explode("entities")["entities"].struct.field("qid").drop_nulls())
    for one in told.entities:
        assert one.number == one.at_most == qids[one.qid]
    numbers = [one.number for one in told.entities]
    assert numbers == sorted(qids.values(), reverse=True)[: len(numbers)]
    assert all(one.name for one in told.entities[:20])


def test_sampled_rows_are_counted_exactly(pipeline: Path, told: Statistics) -> None:
    de = pl.read_parquet(pipeline / "corpus/data/de/*.parquet")
    looked = told.languages["de"].looked_at
    assert looked is not None
    assert looked.rows == len(de)  # of each file, the first 10,000
    names = [
        (
            row["text"][e["start"] : e["end"]],
            row["source_text"][e["source_start"] : e["source_end"]],
        )
        for row in de.iter_rows(named=True)
        for e in row["entities"]
    ]
    assert looked.entities == len(names)
    assert looked.unswitched == sum(name == other for name, other in names)
    assert looked.mixing["sentences"] == len(de)


def test_samples_are_of_the_corpus_and_bring_a_sentence_s_languages_together(
    rows: pl.DataFrame, told: Statistics
) -> None:
    there = set(rows.select("id", "language", "text", "source_text").iter_rows())
    shown = Counter[str]()
    for sentence in told.sentences:
        for code, form in sentence.forms.items():
            assert (sentence.id, code, form.text, sentence.text) in there
            shown[code] += 1
            assert all(form.text[span[3] : span[4]] for span in form.entities)
    train = Counter({code: numbers.rows["train"] for code, numbers in told.languages.items()})
    assert shown == {code: min(SENTENCES_A_LANGUAGE, number) for code, number in train.items()}
    assert sum(len(sentence.forms) > 2 for sentence in told.sentences) > len(told.sentences) / 2


def test_it_does_not_depend_on_parts_or_workers(tmp_path: Path) -> None:
    sentences = [
        Sentence(page, f"is number {page} of many sentences.", ["de", "fr"]) for page in range(300)
    ]
    told = []
    for number, (a_part, jobs) in enumerate([(7, 1), (300, 2)]):
        switched = write_switched(tmp_path / f"s{number}", sentences, a_part=a_part)
        out = tmp_path / f"c{number}"
        make_corpus(switched, out, jobs=jobs, rows_per_shard=100)
        told.append((out / "stats.json").read_bytes())
    assert told[0] == told[1]


@pytest.mark.parametrize("form", ["jsonl", "entitycs", "mt"])
def test_other_formats_have_the_same(tmp_path: Path, form: str) -> None:
    sentences = [Sentence(page, f"is number {page} of some.") for page in range(50)]
    switched = write_switched(tmp_path / "s", sentences)
    plain = tmp_path / "plain"
    make_corpus(switched, plain)
    make_corpus(switched, tmp_path / form, format=form)
    other = read_statistics(tmp_path / form).languages["de"]
    assert other == read_statistics(plain).languages["de"]


@given(st.lists(st.dictionaries(st.integers(1, 9), st.integers(1, 50)), max_size=6))
def test_the_bounds_of_a_top_entity_s_number_hold(files: list[dict[int, int]]) -> None:
    exact: Counter[int] = Counter()
    facts = []
    for numbers in files:
        exact.update(numbers)
        ranked = sorted(numbers.items(), key=lambda n: (-n[1], n[0]))
        floor = ranked[3][1] if len(ranked) > 3 else 0  # as if three were handed on
        facts.append(FileFacts("de", LanguageNumbers({}), ranked[:3], floor, {}, [], []))
    for one in top_entities(facts):
        assert one.number <= exact[one.qid] <= one.at_most


def test_a_long_sentence_is_not_a_sample() -> None:
    facts = FileFactsBuilder("de", 2, sample=True)
    sentences = [Sentence(1, "is short."), Sentence(2, "is " + "very " * 9000 + "long.")]
    facts.add(pa.Table.from_pylist([rows_of([one])[1] for one in sentences], SWITCHED))
    told = msgspec.json.decode(facts.beside().rows["facts"][0].as_py(), type=FileFacts)
    assert [sentence.page_id for sentence in told.sentences] == [1]


def test_invalid_statistics_are_reported(tmp_path: Path) -> None:
    (tmp_path / "stats.json").write_text("{")
    with pytest.raises(InputError, match=r"stats\.json: cannot be read"):
        read_statistics(tmp_path)
