"""Numbers of a folder."""

from pathlib import Path

import polars as pl
import pytest

from cstool.parts.manifest import need_stage
from cstool.report.stats import as_table, folder_stats
from cstool.running.errors import InputError
from tests.support import rows_of


def test_a_corpus_is_counted_by_language(pipeline: Path) -> None:
    stats = folder_stats(pipeline / "corpus")
    rows = pl.read_parquet(pipeline / "corpus/data/*/*.parquet")
    german = next(s for s in stats.languages if s.language == "de")
    texts = rows.filter(pl.col("language") == "de")
    assert german.rows == len(texts)
    assert german.words == sum(len(t.split()) for t in texts["text"])
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
    assert lines[0].split() == ["language", "sentences", "words", "entities", "a", "sentence"]
    assert lines[-1].split()[:2] == ["all", f"{stats.rows:,}"]


def test_a_folder_of_no_stage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"_manifest\.json"):
        folder_stats(tmp_path)
