"""`cstool stats` on the command line."""

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from cstool.cli.stats import command


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [*map(str, arguments)])
    return result.exit_code, result.output


def test_one_folder_is_a_table_or_json_or_parquet(pipeline: Path, tmp_path: Path) -> None:
    corpus, file = pipeline / "corpus", tmp_path / "t.parquet"
    assert run(corpus, "--parquet", file)[1].startswith("language ")
    told = json.loads(run(corpus, "--json")[1])
    table = pl.read_parquet(file)
    languages = [(one["language"], one["rows"]) for one in told["languages"]]
    assert [*table.select("language", "rows").iter_rows()] == languages


def test_two_folders_are_compared(pipeline: Path, tmp_path: Path) -> None:
    folders = pipeline / "corpus", pipeline / "switched"
    code, output = run(*folders)
    assert code == 0
    assert "EntityCS, published" in output
    assert "54,469,214" in run(folders[0], "--reference")[1]
    told = json.loads(run(*folders, "--json")[1])
    assert [*told["folders"]] == [*map(str, folders)]
    assert told["published"]["switched"]["entities"] == 420907878
    run(*folders, "--parquet", tmp_path / "t.parquet")
    assert set(pl.read_parquet(tmp_path / "t.parquet")["folder"]) == {*map(str, folders)}


def test_some_languages_are_shown_and_the_number_of_others(pipeline: Path) -> None:
    corpus = pipeline / "corpus"
    whole = json.loads(run(corpus, "--json")[1])
    some = json.loads(run(corpus, "--json", "--language", "FR,De")[1])
    assert [one["language"] for one in some["languages"]] == ["de", "fr"]
    assert some["rows"] == whole["rows"]
    lines = run(corpus, "--language", "FR,De")[1].strip().split("\n")
    assert [line.split()[0] for line in lines] == ["language", "de", "fr", "all", "…"]
    assert lines[-1] == f"… and {len(whole['languages']) - 2} more languages"
    largest = sorted(whole["languages"], key=lambda one: (-one["rows"], one["language"]))[:10]
    lines = run(corpus, "-n", 10)[1].strip().split("\n")[1:11]
    assert [line.split()[0] for line in lines] == sorted(one["language"] for one in largest)


def test_a_language_without_rows_is_reported_unless_quiet(pipeline: Path) -> None:
    corpus = pipeline / "corpus"
    assert "stats: no rows in gsw\n" in run(corpus, "--language", "de,gsw")[1]
    assert "no rows" not in run(corpus, "--language", "de,gsw", "--quiet")[1]


def test_types_have_names_in_the_given_language(pipeline: Path) -> None:
    arguments = [pipeline / "corpus", "--by", "type", "--entities", pipeline / "entities"]
    assert "city" in run(*arguments)[1]
    named = json.loads(run(*arguments, "--language", "ar", "--json")[1])
    assert any(one["name"] and not one["name"].isascii() for one in named)


@pytest.mark.parametrize("by", ["type", "title"])
def test_types_and_pages_are_counted(pipeline: Path, tmp_path: Path, by: str) -> None:
    arguments = [pipeline / "corpus", "--by", by]
    arguments += ["--entities", pipeline / "entities"] if by == "type" else []
    _, output = run(*arguments, "-n", 3)
    assert len(output.strip().split("\n")) == 5
    told = json.loads(run(*arguments, "--json", "--parquet", tmp_path / "t.parquet")[1])
    assert pl.read_parquet(tmp_path / "t.parquet").to_dicts() == told
    assert len(told) > 30


def test_usage_errors_are_reported(pipeline: Path) -> None:
    corpus = pipeline / "corpus"
    for arguments in (
        [],
        [corpus, corpus],
        [corpus, "--entities", pipeline / "entities"],
        [corpus, pipeline / "switched", "-n", 3],
        [corpus, "--by", "title", "--language", "de"],
        [corpus, pipeline / "switched", "--by", "title"],
        [corpus, "--by", "title", "--reference"],
        [corpus, "--by", "color"],
    ):
        assert run(*arguments)[0] == 2
