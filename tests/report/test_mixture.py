"""Mixtures in `stats`, `show`, `report` and `push`."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cstool.cli.main import cstool
from cstool.errors import InputError
from cstool.languages.codes import language_name
from cstool.report.html.facts import facts_of
from cstool.report.html.page import page_of
from cstool.report.html.tables import direction, script_name
from cstool.report.push import uploads
from cstool.report.stats.folder import folder_stats
from cstool.report.stats.folder_figures import chosen
from cstool.stages.mix.recipe import StageRecipe
from cstool.stages.mix.stage import MixOptions, mix
from cstool.storage.mixture import read_mixture
from tests.stages.mix.mixtures import QUIET, page_corpus, pairs, recipe, source
from tests.stages.shard.documents import ANNOTATED, Document

LONG = [[f"is paragraph {n}, which goes on for a while, and for a while more."] for n in range(30)]
FORMATS = ["cstool", "jsonl", "dolma"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of mixtures in several formats, named after these."""
    folder = tmp_path_factory.mktemp("mixtures")
    pages = [Document(n, [[f"is page {n}."], ["has a name."]]) for n in range(1, 30)]
    page_corpus(folder / "plain", [*pages, Document(40, LONG)])
    page_corpus(folder / "leia", [Document(41, [["is annotated."], *LONG])], kind=ANNOTATED)
    pairs(folder, 9)
    plain = source(folder / "plain", rows="switched", budget=100)
    stages = [
        StageRecipe("names", (source(folder / "leia"), plain)),
        StageRecipe("side-by-side", (source(folder / "pairs"),)),
    ]
    for name in FORMATS:
        options = MixOptions(format=name)  # type: ignore[arg-type]
        mix(recipe(*stages), folder / name, options, QUIET)
    return folder


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(cstool, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_stats_have_the_sizes_of_the_mixture(folders: Path) -> None:
    stats = folder_stats(folders / "cstool")
    mixture = read_mixture(folders / "cstool")
    assert stats.mixture == mixture
    assert stats.rows == sum(stage.rows for stage in mixture.stages)
    assert stats.words == sum(stage.size for stage in mixture.stages)
    assert {one.language for one in stats.languages} == {"de", "en", "en+ja"}


def test_a_language_is_also_one_of_several(folders: Path) -> None:
    stats = chosen(folder_stats(folders / "cstool"), ["ja"], None)
    assert [one.language for one in stats.languages] == ["en+ja"]
    assert stats.mixture
    assert {one.corpus for one in stats.mixture.numbers} == {"pairs"}
    shown = run("stats", folders / "cstool", "--language", "ja")
    assert "no rows" not in shown.stderr


def test_the_table_has_stages_corpora_languages_and_what_was_left_out(folders: Path) -> None:
    lines = run("stats", folders / "cstool").stdout.splitlines()
    words = [line.split() for line in lines]
    assert words[0] == ["stage", "corpus", "rows", "words", "share", "code-switched"]
    [pairs_line] = [line for line in words if line[1:2] == ["pairs"] and len(line) == 6]
    assert pairs_line[-1] == "100.0%"  # pages in two languages
    assert ["en+ja", "9"] in [line[:2] for line in words]
    assert any(line[:2] == ["1-names", "plain"] and "budget" in line for line in words)


def test_a_mixture_is_compared_with_other_folders(folders: Path) -> None:
    shown = run("stats", folders / "cstool", folders / "pairs").stdout
    assert [line.split() for line in shown.splitlines() if line.startswith("en+ja")]


def test_stats_as_json_have_all_numbers(folders: Path) -> None:
    found = json.loads(run("stats", folders / "cstool", "--json").stdout)
    assert found["mixture"]["stages"][1]["folder"] == "2-side-by-side"


@pytest.mark.parametrize("format_", FORMATS)
def test_rows_are_shown_with_stage_and_corpus(folders: Path, format_: str) -> None:
    shown = run("show", folders / format_).stdout
    assert "Page 41 · 41:0 · stage 1 · leia" in shown
    assert "stage 2 · pairs" in shown
    windows = run("show", folders / format_, "--language", "ja").stdout
    assert "stage 1" not in windows
    assert "en+ja  en 1 0 text." in windows
    assert windows.count("en 1 0 text.") == 1  # not once more as a source text


@pytest.mark.parametrize("format_", FORMATS)
def test_entities_are_found_in_all_formats(folders: Path, format_: str) -> None:
    lines = run("show", folders / format_, "--entity", "Q1", "--json").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    assert {row["corpus"] for row in rows} == {"leia", "plain"}


def test_a_long_row_is_cut_between_paragraphs(folders: Path) -> None:
    title = "Page 41"
    shown = run("show", folders / "cstool", "--title", title, "--switched").stdout
    assert "--full shows them" in shown
    assert "paragraph 29" not in shown
    assert "paragraph 29" in run("show", folders / "cstool", "--title", title, "--full").stdout


@pytest.mark.parametrize("format_", FORMATS)
def test_the_report_has_the_mixture_and_samples_of_each_corpus(folders: Path, format_: str) -> None:
    facts = facts_of(folders / format_)
    page = page_of(facts)
    assert "<title>Training mixture from enwiki, jawiki</title>" in page
    for text in ("Words by stage and corpus", "Share of code-switched words", "Words by language",
                 "Rows used of each corpus", "English + Japanese"):  # fmt: skip
        assert text in page
    titles = [one.title for one in facts.samples]
    assert {title.split(" · ", 1)[1] for title in titles} == {
        "1-names · leia", "1-names · plain", "2-side-by-side · pairs",
    }  # fmt: skip
    [long] = [one for one in facts.samples if one.title.startswith("Page 41")]
    form = long.forms["de"] if "de" in long.forms else long.forms["en"]
    assert long.whole
    assert len(long.text) < 700
    assert all(end <= len(form.text) for *_, end in form.entities)


def test_a_stage_s_file_is_read_only_once_for_samples(folders: Path) -> None:
    facts = facts_of(folders / "cstool")
    entities = [one.id >> 20 for one in facts.samples if one.title.endswith("pairs")]
    assert len(entities) == len(set(entities)) == 5


def test_names_of_several_languages_are_joined() -> None:
    assert language_name("en+ja") == "English + Japanese"
    assert script_name("en+de") == "Latin"
    assert (direction("en+ar"), direction("ar")) == ("auto", "rtl")


def test_the_files_of_a_mixture_are_uploaded(folders: Path) -> None:
    files = {one.file.split("/")[0] for one in uploads(folders / "dolma")}
    assert files == {
        "documents", "attributes", "README.md", "mixture.json", "attribution.tsv.zst",
        "_manifest.json",
    }  # fmt: skip


def test_a_damaged_file_of_numbers_is_reported(folders: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folders / "cstool", copy)
    path = copy / "mixture.json"
    path.write_bytes(b"{" * path.stat().st_size)
    with pytest.raises(InputError, match=r"copy/mixture.json: cannot be read .*--overwrite"):
        folder_stats(copy)
