"""`cstool switch` on the command line."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cstool.cli.switch import command
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import link
from cstool.stages.titles.stage import titles
from cstool.storage.manifest import need_stage
from tests.support import Source, dump_xml, item, rows_of, wikidata_json


def call(pipeline: Path, out: Path, *options: str) -> tuple[int, str]:
    """Return the exit code and standard error."""
    arguments = [str(pipeline / "linked"), "--entities", str(pipeline / "entities")]
    done = CliRunner().invoke(command, [*arguments, "-o", str(out), "-j", "1", *options])
    return done.exit_code, done.stderr


def test_messages_name_the_reasons_for_rejected_labels(pipeline: Path, tmp_path: Path) -> None:
    status, messages = call(pipeline, tmp_path / "o", "--languages", "entitycs")
    assert status == 0
    assert "labels selected; rejected: " in messages
    assert "mul label in another script (" in messages


def test_no_fallback_is_fallback_none(pipeline: Path, tmp_path: Path) -> None:
    assert call(pipeline, tmp_path / "a", "--languages", "de,mg", "--no-fallback")[0] == 0
    assert call(pipeline, tmp_path / "b", "--languages", "de,mg", "--fallback", "none")[0] == 0
    assert rows_of(tmp_path / "a").equals(rows_of(tmp_path / "b"))


def test_titles_have_no_disambiguators(pipeline: Path, tmp_path: Path) -> None:
    status, _ = call(pipeline, tmp_path / "o", "--languages", "de,fr", "--labels", "sitelink")
    assert status == 0
    for row in rows_of(tmp_path / "o").to_dicts():
        if row["language"] != "en":
            assert not any(row["text"][e["end"] - 1] == ")" for e in row["entities"])


def test_a_message_lists_unknown_language_codes_if_all_were_asked_for(tmp_path: Path) -> None:
    items = [
        item(1, {"en": "Rhine", "de": "Rhein"} | {f"xx-{i}": "R" for i in range(12)},
             {"enwiki": "Rhine"}),
    ]  # fmt: skip
    pages = tmp_path / "pages.xml"
    pages.write_text(dump_xml([Source("Rhine"), Source("Ahr", "A river to the [[Rhine]] it is.")]))
    (tmp_path / "wikidata.json").write_text(wikidata_json(items))
    quiet = RunOptions(jobs=1, quiet=True)
    entities(str(tmp_path / "wikidata.json"), tmp_path / "entities", EntitiesOptions(), quiet)
    titles("enwiki", tmp_path / "entities", [str(pages)], tmp_path / "titles", quiet)
    extract([str(pages)], tmp_path / "sentences", ExtractOptions(), quiet)
    link(tmp_path / "sentences", tmp_path / "titles", tmp_path / "linked", quiet)
    status, messages = call(tmp_path, tmp_path / "p", "--languages", "de")
    assert status == 0
    assert "unknown language" not in messages
    status, messages = call(tmp_path, tmp_path / "o", "--languages", "All")
    assert status == 0
    assert "labels in 12 unknown language codes: xx-0 (1), " in messages
    assert "(others) (3)" in messages


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--recipe", "mine"], "entitycs"),
        (["--policy", "all", "--max-languages", "2"], "--max-languages"),
        (["--mix", "--policy", "sample"], "--mix"),
        (["--smoothing", "1", "--language-weights", "de=2"], "both set weights of languages"),
        (["--language-weights", "de=much"], "not a weight"),
        (["--language-weights", "xx=2"], "xx is not one of the target languages"),
        (["--types", "city"], "neither a QID nor a file"),
        (["--switch-rate", "0"], "--switch-rate"),
        (["--switch-rate", "nan"], "not a number"),
        (["--inflected", "maybe"], "skip-mention"),
    ],
)
def test_a_wrong_option_is_reported_in_one_line_and_exits_with_2(
    pipeline: Path, tmp_path: Path, options: list[str], word: str
) -> None:
    linked, entities = pipeline / "linked", pipeline / "entities"
    arguments = ["switch", linked, "--entities", entities, "-o", tmp_path / "o", *options]
    done = subprocess.run(
        [sys.executable, "-m", "cstool", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert word in done.stderr.strip().split("\n")[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o").exists()


def test_the_manifest_has_the_options_in_effect(pipeline: Path, tmp_path: Path) -> None:
    given = ["--recipe", "entitycs", "--languages", "de", "--min-changed", "1"]
    assert call(pipeline, tmp_path / "o", *given, "--exclude-types", "Q5")[0] == 0
    parameters = need_stage(tmp_path / "o", "switch").parameters
    assert parameters["recipe"] == "entitycs"
    assert (parameters["fit"], parameters["fallback"]) == (False, "none")
    assert (parameters["min_changed"], parameters["inflected"]) == (1, "keep")
    assert parameters["types"]["excluded"] == ["Q5"]
