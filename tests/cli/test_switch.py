"""`cstool switch` as a user meets it."""

from pathlib import Path

from click.testing import CliRunner

from cstool.cli.switch import command
from cstool.running.options import RunOptions
from cstool.stages.entities import EntitiesOptions, entities
from cstool.stages.extract import ExtractOptions, extract
from cstool.stages.link import link
from cstool.stages.titles import titles
from tests.support import Source, dump_xml, item, rows_of, wikidata_json


def call(pipeline: Path, out: Path, *options: str) -> tuple[int, str]:
    """Return the exit code, and what was written to standard error."""
    arguments = [str(pipeline / "linked"), "--entities", str(pipeline / "entities")]
    done = CliRunner().invoke(command, [*arguments, "-o", str(out), "-j", "1", *options])
    return done.exit_code, done.stderr


def test_the_closing_lines_tell_which_labels_were_refused(pipeline: Path, tmp_path: Path) -> None:
    status, told = call(pipeline, tmp_path / "o", "--languages", "entitycs")
    assert status == 0
    assert "labels taken, refused: " in told
    assert "mul: in another script" in told


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


def test_labels_in_codes_that_no_table_has_are_told(tmp_path: Path) -> None:
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
    status, told = call(tmp_path, tmp_path / "o", "--languages", "de")
    assert status == 0
    assert "labels in 12 codes that no table of languages has: xx-0 (1), " in told
    assert "(others) (3)" in told
