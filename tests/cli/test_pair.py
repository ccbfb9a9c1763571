"""`cstool pair` on the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cstool.cli.pair import command
from cstool.storage.manifest import need_stage
from tests.stages.pair.pages import Page, Wiki, rows_in, write_wikis

PAGES = [
    Wiki("ja", [Page(1, "海", ["海。", "青い。"])], {"海": 5}),
    Wiki(
        "en", [Page(1, "Sea", ["Sea.", "Blue."]), Page(2, "Ship", ["Ship."])], {"Sea": 5, "Ship": 6}
    ),
]


@pytest.fixture
def given(tmp_path: Path) -> list[object]:
    """Return the arguments for two wikis."""
    pages, titles = write_wikis(tmp_path, PAGES)
    return [*pages, "--titles", titles[0], "--titles", titles[1]]


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [*map(str, arguments), "-j", "1"])
    return result.exit_code, result.output


def test_the_summary_has_the_pages_of_each_wiki(given: list[object], tmp_path: Path) -> None:
    code, output = run(*given, "-o", tmp_path / "p")
    assert code == 0
    assert "1 of 2 entities; pages: enwiki 1 of 2 (dropped: entity in too few wikis (1))" in output
    assert "; jawiki 1 of 1 → " in output


def test_the_summary_of_the_control_has_its_rows(given: list[object], tmp_path: Path) -> None:
    code, output = run(*given, "-o", tmp_path / "p", "--order", "unpaired")
    assert code == 0
    assert "2 rows of 1 of 2 entities" in output


def test_options_reach_the_rows_and_the_manifest(given: list[object], tmp_path: Path) -> None:
    out = tmp_path / "p"
    code, _ = run(*given, "-o", out, "--order", "ja", "--segments", 2, "--part-size", "1M")
    assert code == 0
    assert [row["text"] for row in rows_in(out)] == ["海。\n\nSea.\n\n青い。\n\nBlue."]
    assert need_stage(out, "pair").parameters == {
        "order": ["ja", "en"],
        "min_wikis": 2,
        "segments": 2,
        "window": None,
        "part_size": 1 << 20,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        ["--order", "klingon"],
        ["--order", ""],
        ["--min-wikis", "1"],
        ["--segments", "0"],
        ["--window", "x"],
    ],
)
def test_a_wrong_value_is_a_usage_error(
    given: list[object], tmp_path: Path, wrong: list[str]
) -> None:
    result = CliRunner().invoke(command, [*map(str, given), "-o", str(tmp_path / "p"), *wrong])
    assert result.exit_code == 2 or type(result.exception).__name__ == "WrongCallError"
    assert not (tmp_path / "p").exists()


def test_one_folder_is_a_usage_error(given: list[object], tmp_path: Path) -> None:
    code, output = run(given[0], *given[2:], "-o", tmp_path / "p")
    assert code == 2
    assert "give folders of two or more wikis" in output
