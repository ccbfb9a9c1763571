"""Numbers of a folder."""

from pathlib import Path

import msgspec
import polars as pl
import pytest

from cstool.parts.manifest import need_stage
from cstool.report.stats import FolderStats, as_table, folder_stats
from cstool.running.errors import InputError
from tests.stages.switched import Sentence, make_corpus, write_switched
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
    head = ["language", "sentences", "words", "entities", "a", "sentence"]
    assert lines[0].split()[:7] == [*head, "CMI"]
    assert lines[-1].split()[:2] == ["all", f"{stats.rows:,}"]
    assert as_table(stats, 30).split("\n")[0].split() == head
    wide = as_table(stats, 200).split("\n")
    assert wide[0].split()[6:] == ["CMI", "I", "M", "entropy", "burst.", "SPF", "CMI+P"]
    assert "█" in wide[1]


def test_of_many_rows_a_sample_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.report.stats.SAMPLE", 50)
    monkeypatch.setattr("cstool.stages.shard_shuffle.ROWS_A_GROUP", 10)
    sentences = [Sentence(i + 1, "has words of it.") for i in range(400)]
    switched = write_switched(tmp_path / "switched", sentences, a_part=20)
    make_corpus(switched, tmp_path / "corpus")
    for folder in ("switched", "corpus"):
        stats = folder_stats(tmp_path / folder)
        german = next(s for s in stats.languages if s.language == "de")
        assert (german.rows, german.entities, german.words) == (400, 400, 2000)
        assert german.sampled is not None
        assert 40 <= german.sampled <= 110


@pytest.mark.parametrize(("form", "entities"), [("entitycs", 300), ("mt", None), ("jsonl", 300)])
def test_every_form_of_a_corpus_is_counted(tmp_path: Path, form: str, entities: int | None) -> None:
    sentences = [Sentence(i + 1, "has words of it.") for i in range(300)]
    switched = write_switched(tmp_path / "switched", sentences)
    make_corpus(switched, tmp_path / "corpus", format=form)
    stats = folder_stats(tmp_path / "corpus")
    german = next(s for s in stats.languages if s.language == "de")
    assert (german.rows, german.words, german.entities) == (300, 1500, entities)
    assert stats.rows == (300 if form == "mt" else 600)
    assert "sentences" in as_table(stats, 80)


def test_numbers_can_be_written_as_json(pipeline: Path) -> None:
    stats = folder_stats(pipeline / "corpus")
    again = msgspec.json.decode(msgspec.json.encode(stats), type=FolderStats)
    assert again == stats


def test_a_folder_of_no_stage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"_manifest\.json"):
        folder_stats(tmp_path)
