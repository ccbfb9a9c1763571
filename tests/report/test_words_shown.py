"""Words that a dictionary switched, in `show`, `stats` and the report."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from cstool.cli.main import cstool
from cstool.report.html.facts import facts_of
from cstool.report.html.page import page_of
from cstool.report.show.items import shown
from cstool.report.show.terminal import Style, lines_of
from cstool.report.stats.compare import flat_rows
from cstool.report.stats.folder import folder_stats
from cstool.storage.counts import Counts, Tally
from cstool.storage.ownership import Claim
from tests.report.corpora import small, write_corpus
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.word_rows import rows_with_words, write_folder, write_words

PAGES = 5


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    make_corpus(write_words(folder / "switched", PAGES), folder / "corpus")
    return folder


def told(*words: Any) -> str:
    result = CliRunner().invoke(cstool, [*map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_show_puts_words_in_braces_and_counts_them() -> None:
    _, swedish, german = rows_with_words(1)
    lines = [*lines_of(shown("switch", swedish, "en"), Style())]
    assert lines[0] == "Page 1 · 1:0 · Q90 · 1 word"
    assert lines[1:] == ["en  [Paris] has a {house}.", "sv  [Lutetia] has a {hus}."]
    lines = [*lines_of(shown("switch", german, "en"), Style())]
    assert lines == ["Page 1 · 1:0 · 1 word", "en  Paris has a {house}.", "de  Paris has a {Haus}."]


def test_show_underlines_words_in_colors() -> None:
    _, swedish, _ = rows_with_words(1)
    text = "\n".join(lines_of(shown("switch", swedish, "en"), Style(color=True)))
    assert "\x1b[1;" in text and "mLutetia\x1b[0m" in text
    assert "\x1b[4;" in text.split("has a")[-1]


@pytest.mark.parametrize("name", ["switched", "corpus"])
def test_stats_tell_words_from_entities(folders: Path, name: str) -> None:
    stats = folder_stats(folders / name)
    numbers = {one.language: (one.entities, one.dictionary_words) for one in stats.languages}
    assert numbers == {"en": (PAGES, 0), "sv": (PAGES, PAGES), "de": (0, PAGES)}
    assert (stats.entities, stats.dictionary_words) == (2 * PAGES, 2 * PAGES)
    assert stats.switched and stats.switched.dictionary_words == 2 * PAGES
    assert stats.switched.entities == PAGES
    german = stats.languages[0].mixing
    assert german and german.cmi == 25  # one of four words
    table = told("stats", folders / name)
    assert "dictionary words" in table.splitlines()[0]
    both = told("stats", folders / "switched", folders / "corpus")
    assert "dictionary words in switched sentences" in both
    assert [row["dictionary_words"] for row in flat_rows({"x": stats})] == [PAGES, 0, PAGES]


def test_folders_without_words_have_no_column_for_them(tmp_path: Path) -> None:
    write_switched(tmp_path, [Sentence(9, "is large.")])
    assert "dictionary" not in told("stats", tmp_path) + told("stats", tmp_path, "--json")
    assert "dictionary" not in told("stats", tmp_path, "--reference")
    assert "dictionary_words" not in flat_rows({"x": folder_stats(tmp_path)})[0]


def test_a_breakdown_counts_entities_only(folders: Path, tmp_path: Path) -> None:
    told("stats", folders / "corpus", "--by", "title", "--parquet", tmp_path / "titles.parquet")
    titles = pl.read_parquet(tmp_path / "titles.parquet")
    assert titles["entities"].to_list() == [2] * PAGES


def test_the_report_shows_words_and_their_number(folders: Path) -> None:
    page = page_of(facts_of(folders / "corpus"))
    assert f"<dd>{2 * PAGES}</dd><dt>dictionary words</dt>" in page
    assert '<bdi class="word" lang="de">Haus</bdi>' in page
    assert "Qnull" not in page and "QNone" not in page
    assert "Words that were switched with a dictionary are underlined." in page


def test_the_report_of_a_corpus_without_words_does_not_mention_them(tmp_path: Path) -> None:
    page = page_of(facts_of(write_corpus(tmp_path, small())))
    assert "are underlined" not in page and "dictionary words" not in page


def test_rows_are_found_by_their_entities(folders: Path) -> None:
    found = told("show", folders / "corpus", "--entity", "Q90", "--json")
    assert found.count('"language":"sv"') == PAGES and '"language":"de"' not in found


def test_the_report_of_switched_rows_counts_both(tmp_path: Path) -> None:
    details = {"words by language": {"de": 7, "sv": 5}, "entities by language": {"sv": 3}}
    counts = Counts({"sentences": Tally(1, 1)}, details)
    write_folder(tmp_path, {}, Claim("switch", "0", {"words": ["a.tsv"]}, []), counts)
    page = page_of(facts_of(tmp_path))
    assert "Entities and words by language" in page and "dictionary words" in page
