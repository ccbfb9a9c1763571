"""`cstool entities` on the command line."""

from pathlib import Path

from click.testing import CliRunner

from cstool.cli.entities import command as entities
from tests.conftest import Sample
from tests.support import rows_of


def test_the_options_reach_the_stage(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("Q31\nQ64\n")
    out = tmp_path / "out"
    command = [str(sample.wikidata), "-o", str(out), "-j", "1", "--languages", "DE"]
    command += ["--sites", "EnWiki", "--only", str(tmp_path / "wanted.txt")]
    done = CliRunner().invoke(entities, command)
    assert done.exit_code == 0, done.output
    rows = rows_of(out)
    assert set(rows["qid"]) <= {31, 64}
    languages = {label["language"] for labels in rows["labels"] for label in labels}
    assert languages <= {"de", "en", "mul"}
    assert {link["site"] for links in rows["sitelinks"] for link in links} <= {"enwiki"}


def test_all_languages_can_be_given_as_the_default_is(sample: Sample, tmp_path: Path) -> None:
    for name, options in (("a", []), ("b", ["--languages", "All"])):
        command = [str(sample.wikidata), "-o", str(tmp_path / name), "-j", "1", *options]
        done = CliRunner().invoke(entities, command)
        assert done.exit_code == 0, done.output
    assert rows_of(tmp_path / "a").equals(rows_of(tmp_path / "b"))
