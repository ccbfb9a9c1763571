"""Counts of a folder."""

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from cstool.errors import InputError, WrongCallError
from cstool.languages.words import words_in
from cstool.report.html.charts import Drawer
from cstool.report.html.facts import facts_of
from cstool.report.html.languages import language_figures
from cstool.report.stats.breakdowns import _count, by_title, by_type
from cstool.report.stats.compare import flat_rows, published, summary
from cstool.report.stats.folder import folder_stats
from cstool.report.stats.folder_figures import FolderStats
from cstool.report.stats.tables import as_table, languages_table, summaries_table, types_table
from cstool.storage.manifest import need_stage
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.stages.shard.switched import rows_of as shard_rows
from tests.support import rows_of


def test_a_corpus_is_counted_by_language(pipeline: Path) -> None:
    stats = folder_stats(pipeline / "corpus")
    rows = pl.read_parquet(pipeline / "corpus/data/*/*.parquet")
    german = next(s for s in stats.languages if s.language == "de")
    texts = rows.filter(pl.col("language") == "de")
    assert german.rows == len(texts)
    words = (word for text in texts["text"] for word in text.split())
    plain = sum(any(map(str.isalpha, word)) for word in words)
    assert plain <= (german.words or 0) <= plain * 1.05  # an edge of a name parts "X's"
    assert german.mixing is not None
    assert 0 < (german.mixing.cmi or 0) < 50
    assert next(s for s in stats.languages if s.language == "en").mixing is None
    assert german.entities == texts["entities"].list.len().sum()
    assert stats.rows == len(rows)
    assert german.entities_a_sentence == pytest.approx(texts["entities"].list.len().mean())


@pytest.mark.parametrize("folder", ["sentences", "linked"])
def test_mentions_and_links_are_counted(pipeline: Path, folder: str) -> None:
    stats = folder_stats(pipeline / folder)
    rows = rows_of(pipeline / folder)
    assert [s.language for s in stats.languages] == ["en"]
    assert stats.rows == len(rows)
    assert stats.entities == rows["mentions"].list.len().sum()
    if folder == "linked":
        links = need_stage(pipeline / "linked", "link").counts.details["mentions by link"]
        assert stats.linked == links["linked"]


def test_labels_and_titles_are_counted(pipeline: Path) -> None:
    labels = {s.language: s.rows for s in folder_stats(pipeline / "entities").languages}
    assert labels["en"] == sum(
        any(x["language"] == "en" for x in row) for row in rows_of(pipeline / "entities")["labels"]
    )
    assert folder_stats(pipeline / "titles").rows == len(rows_of(pipeline / "titles"))


def test_the_table_fits_the_width_and_sums_up(pipeline: Path) -> None:
    stats = folder_stats(pipeline / "corpus")
    lines = as_table(stats, 70).split("\n")
    assert max(map(len, lines)) <= 70
    head = ["language", "sentences", "words", "entities", "per", "sentence"]
    assert lines[0].split()[:7] == [*head, "CMI"]
    assert lines[-1].split()[:2] == ["all", f"{stats.rows:,}"]
    assert as_table(stats, 30).split("\n")[0].split() == head
    wide = as_table(stats, 200).split("\n")
    assert wide[0].split()[6:] == ["CMI", "I", "M", "entropy", "burst.", "SPF", "CMI+P"]
    assert any("█" in line for line in wide)


def test_of_many_rows_a_sample_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cstool.report.stats.switched_sample.SAMPLE", 50)
    monkeypatch.setattr("cstool.stages.shard.statistics.LOOKED_AT", 50)
    sentences = [Sentence(i + 1, "has words of it.") for i in range(400)]
    switched = write_switched(tmp_path / "switched", sentences, a_part=20)
    make_corpus(switched, tmp_path / "corpus")
    for folder in ("switched", "corpus"):
        stats = folder_stats(tmp_path / folder)
        german = next(s for s in stats.languages if s.language == "de")
        assert (german.rows, german.entities, german.words) == (400, 400, 2000)
        assert german.sampled is not None
        assert 40 <= german.sampled <= 110


@pytest.mark.parametrize("form", ["entitycs", "mt", "jsonl", "dolma"])
def test_every_form_of_a_corpus_is_counted(tmp_path: Path, form: str) -> None:
    sentences = [Sentence(i + 1, "has words of it.") for i in range(300)]
    switched = write_switched(tmp_path / "switched", sentences)
    make_corpus(switched, tmp_path / "corpus", format=form)
    stats = folder_stats(tmp_path / "corpus")
    german = next(s for s in stats.languages if s.language == "de")
    assert (german.rows, german.words, german.entities) == (300, 1500, 300)
    assert german.mixing is not None
    assert stats.rows == (300 if form == "mt" else 600)
    assert "sentences" in as_table(stats, 80)


def test_numbers_can_be_written_as_json(pipeline: Path) -> None:
    stats = folder_stats(pipeline / "corpus")
    again = msgspec.json.decode(msgspec.json.encode(stats), type=FolderStats)
    assert again == stats


def test_a_folder_of_no_stage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"_manifest\.json"):
        folder_stats(tmp_path)


# ---- sides, types, pages ----


def test_source_sentences_and_switched_ones_are_distinguished(pipeline: Path) -> None:
    rows = pl.read_parquet(pipeline / "corpus/data/*/*.parquet")
    for folder in ("corpus", "switched"):
        stats = folder_stats(pipeline / folder)
        assert stats.source and stats.switched
        for side, plain in ((stats.source, True), (stats.switched, False)):
            its = rows.filter((pl.col("language") == pl.col("source_language")) == plain)
            assert side.sentences == len(its)
            assert side.entities == its["entities"].list.len().sum()
            words = sum(len(text.split()) for text in its["text"]) / len(its)
            assert side.words_a_sentence == pytest.approx(words, rel=0.05)
    assert folder_stats(pipeline / "linked").switched is None


@pytest.mark.parametrize(
    ("form", "plain"), [("entitycs", True), ("jsonl", True), ("dolma", True), ("mt", False)]
)
def test_source_sentences_are_counted_in_forms_that_contain_them(
    tmp_path: Path, form: str, plain: bool
) -> None:
    switched = write_switched(tmp_path / "s", [Sentence(i + 1, "has words.") for i in range(30)])
    make_corpus(switched, tmp_path / "corpus", format=form)
    stats = folder_stats(tmp_path / "corpus")
    assert stats.switched is not None
    assert (stats.switched.sentences, stats.switched.entities) == (30, 30)
    assert (stats.source is not None) == plain
    if stats.source:
        assert (stats.source.sentences, stats.source.entities) == (30, 30)


def test_words_and_mixing_are_those_of_the_card_and_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"has {i} words – 東京都は, of it." for i in range(60)]
    english = [Sentence(i + 1, text, ("de", "ja")) for i, text in enumerate(texts)]
    folders = [write_switched(tmp_path / "en", english)]
    with monkeypatch.context() as patch:  # a second wiki, so that languages have rows of both kinds
        patch.setattr("tests.stages.shard.switched.rows_of", _of_german)
        folders.append(write_switched(tmp_path / "de", english[:20], wiki="dewiki"))
    make_corpus(folders, tmp_path / "corpus", validation=5)
    stats = folder_stats(tmp_path / "corpus")
    card = (tmp_path / "corpus/README.md").read_text()
    figures = language_figures(facts_of(tmp_path / "corpus"), Drawer())
    (shown,) = [one.table.rows for one in figures if one.title == "Code-mixing"]
    for one in stats.languages:
        assert re.search(rf"(?m)^\| {one.language} \|.* {one.words} \| {one.entities} \|$", card)
        assert one.mixing is not None
        cells = next(cells for cells in shown if cells[0] == one.language)
        assert cells[2] == f"{one.mixing.cmi:.3f}"
    german = next(one for one in stats.languages if one.language == "de")
    assert german.words == 80 * (_words_of(texts[0]) + 1)
    assert stats.source is not None
    assert stats.switched is not None
    assert (stats.source.sentences, stats.switched.sentences) == (80, 160)


def _of_german(*arguments: Any) -> list[dict[str, Any]]:
    """Return rows with the languages en and de swapped."""
    other = {"en": "de", "de": "en"}
    return [
        {
            **row,
            **{name: other.get(row[name], row[name]) for name in ("language", "source_language")},
        }
        for row in shard_rows(*arguments)
    ]


def _words_of(text: str) -> int:
    return int(words_in(text, np.array([0, len(text)])).sum())


@pytest.mark.parametrize(("stage", "column"), [("corpus", "entities"), ("linked", "mentions")])
def test_entities_are_counted_by_type(pipeline: Path, stage: str, column: str) -> None:
    parts = "data/*/*.parquet" if stage == "corpus" else "part-*.parquet"
    spans = pl.read_parquet(pipeline / stage / parts)[column].explode().struct.field("qid")
    types = rows_of(pipeline / "entities").select("qid", "types")
    wanted: dict[int, int] = {}
    of_item = dict(types.iter_rows())
    for qid in spans.drop_nulls():
        for type_ in of_item[qid]:
            wanted[type_] = wanted.get(type_, 0) + 1
    found = by_type(pipeline / stage, pipeline / "entities", named=2)
    assert {one.qid: one.entities for one in found} == wanted
    assert [one.entities for one in found] == sorted(wanted.values(), reverse=True)
    assert found == by_type(pipeline / stage, pipeline / "entities", 10**6, named=2)
    assert len(by_type(pipeline / stage, pipeline / "entities", 3, named=2)) == 3
    assert "more types" in types_table(found, 5)


def test_pending_counts_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cstool.report.stats.breakdowns._AT_LEAST", 3)
    groups = [pa.array([1, 2, None, 1], pa.uint32()), *[pa.array([2, 9], pa.uint32())] * 5]
    counted = dict(_count(iter(groups)).iter_rows())
    assert counted == {1: 2, 2: 6, 9: 5}


def test_a_folder_of_entities_is_counted_by_its_own_types(pipeline: Path) -> None:
    types = rows_of(pipeline / "entities")["types"].explode().drop_nulls()
    found = by_type(pipeline / "entities", None, named=0)
    assert {one.qid: one.items for one in found} == dict(types.value_counts().iter_rows())


@pytest.mark.parametrize("stage", ["corpus", "sentences"])
def test_rows_are_counted_by_page(pipeline: Path, stage: str) -> None:
    parts = "data/*/*.parquet" if stage == "corpus" else "part-*.parquet"
    rows = pl.read_parquet(pipeline / stage / parts)
    found = by_title(pipeline / stage)
    counts = dict(rows["title"].value_counts().iter_rows())
    assert {one.title: one.rows for one in found} == counts
    column = "entities" if stage == "corpus" else "mentions"
    assert sum(one.entities for one in found) == rows[column].list.len().sum()
    assert by_title(pipeline / stage, 2) == found[:2]


def test_a_folder_without_the_column_is_reported(pipeline: Path, tmp_path: Path) -> None:
    for call in (
        lambda: by_type(pipeline / "sentences", pipeline / "entities", named=0),
        lambda: by_type(pipeline / "corpus", None, named=0),
        lambda: by_title(pipeline / "entities"),
    ):
        with pytest.raises(WrongCallError, match="give"):
            call()
    with pytest.raises(InputError, match="no such folder"):
        by_title(tmp_path / "none")


# ---- folders beside each other ----


def test_folders_are_compared_with_the_published_corpus(pipeline: Path) -> None:
    stats = folder_stats(pipeline / "corpus")
    rows = [published(), summary("mine", stats)]
    lines = summaries_table(rows).split("\n")
    assert lines[0].split() == ["EntityCS,", "published", "mine"]
    assert lines[1].split()[2:] == ["54,469,214", f"{stats.source and stats.source.sentences:,}"]
    assert lines[4].split()[-2] == "1.92"
    folders = {"a": stats, "b": folder_stats(pipeline / "switched")}
    line = next(line for line in languages_table(folders).split("\n") if line.startswith("de "))
    german = next(s for s in stats.languages if s.language == "de")
    assert line.split() == ["de", f"{german.rows:,}", f"{german.rows:,}"]
    flat = flat_rows(folders)
    assert len(flat) == 2 * len(stats.languages)
    assert {"folder", "language", "rows", "cmi"} <= flat[0].keys()
