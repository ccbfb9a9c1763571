"""`cstool show` as a user meets it: pipes, terminals, colors, wrong calls."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cstool.cli.show import command

CSTOOL = [sys.executable, "-m", "cstool", "show"]
COLOR = "\x1b["
ISOLATE = "\u2068"


def run(*arguments: object, **env: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, [*map(str, arguments)], env=env or None, color=True)
    return result.exit_code, result.output


def in_terminal(*arguments: object, width: int = 120, **env: str) -> str:
    """Return the output to a terminal, through a pager that copies its input."""
    main, side = pty.openpty()
    settings = {"COLUMNS": str(width), "PAGER": "cat", "TERM": "xterm", **env}
    settings = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | settings
    done = subprocess.Popen([*CSTOOL, *map(str, arguments)], stdout=side, env=settings)
    os.close(side)
    out = b""
    while True:
        try:
            piece = os.read(main, 1 << 16)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        out += piece
    os.close(main)
    assert done.wait() == 0
    return out.decode().replace("\r\n", "\n")


def test_in_a_pipe_entities_are_in_brackets_and_lines_are_not_wrapped(pipeline: Path) -> None:
    code, output = run(pipeline / "corpus", "--language", "ar", "-n", 20)
    assert code == 0
    assert output.count("\n\n") == 19
    assert "[" in output
    assert COLOR not in output
    assert ISOLATE not in output


@pytest.mark.parametrize(
    ("env", "colored"),
    [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "0"}, False), ({"FORCE_COLOR": ""}, False),
     ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)  # fmt: skip
def test_colors_in_a_pipe_only_if_forced(
    pipeline: Path, env: dict[str, str], colored: bool
) -> None:
    _, output = run(pipeline / "corpus", "-n", 1, **env)
    assert (COLOR in output) == colored


def test_in_a_terminal_there_are_colors_isolates_and_two_columns(pipeline: Path) -> None:
    arguments = [pipeline / "corpus", "--language", "ar", "-n", 20]
    output = in_terminal(*arguments)
    assert COLOR in output
    assert ISOLATE in output
    assert " │ " in output
    narrow = in_terminal(*arguments, width=60, NO_COLOR="1")
    assert COLOR not in narrow
    assert "[" in narrow
    assert " │ " not in narrow
    lines = re.sub("[\u2066-\u2069]", "", narrow).split("\n")
    assert max(map(len, lines)) <= 60


def test_json_has_one_line_per_row(pipeline: Path) -> None:
    code, output = run(pipeline / "corpus", "--entity", "Q64", "--language", "cs,hu", "--json")
    rows = [json.loads(line) for line in output.splitlines()]
    assert code == 0
    assert rows
    for row in rows:
        spans = [e for e in row["entities"] if e["qid"] == 64]
        name = {"cs": "Berlín", "hu": "Berlin"}[row["language"]]
        assert {row["text"][e["start"] : e["end"]] for e in spans} == {name}


def test_no_match_is_reported(pipeline: Path) -> None:
    code, output = run(pipeline / "corpus", "--title", "Nowhere", "--json")
    assert (code, output) == (0, f"show: no matching row in {pipeline / 'corpus'}\n")


def test_a_closed_pipe_ends_it_without_a_message(pipeline: Path) -> None:
    for more in ([], ["--json"]):
        with subprocess.Popen(
            [*CSTOOL, str(pipeline / "corpus"), *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdout and process.stderr
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""


def test_a_number_of_rows_beyond_any_folder_shows_all(pipeline: Path) -> None:
    shown = [run(pipeline / "linked", "--json", *more) for more in ((), ("-n", str(10**30)))]
    assert shown[0] == shown[1]
    assert shown[0][0] == 0


def test_an_entity_is_shown_with_where_it_occurs(pipeline: Path) -> None:
    arguments = ["entity", "Q64", "--entities", pipeline / "entities"]
    code, output = run(*arguments, "--corpus", pipeline / "corpus")
    assert code == 0
    assert output.startswith("Q64  Berlin\n")
    assert "Japanese" in output
    assert "dewiki" in output
    assert re.search(r"in \d+ sentences of the corpus: .*en \d", output)
    _, output = run(*arguments, "--json")
    assert json.loads(output)["labels"]["ja"]["value"] == "ベルリン"


def test_an_entity_is_shown_in_some_languages(pipeline: Path) -> None:
    arguments = ["entity", "Q64", "--entities", pipeline / "entities"]
    _, output = run(*arguments, "--corpus", pipeline / "corpus", "--language", "HU,cs,JA")
    assert output.startswith("Q64  Berlin\n")
    assert re.findall("^[a-z]+wiki", output, re.MULTILINE) == ["jawiki"]
    assert output.index("Hungarian") < output.index("Czech") < output.index("Japanese")
    assert "French" not in output
    assert re.search(r"in \d+ sentences of the corpus: cs \d+, hu \d+\n", output)


def test_quiet_writes_no_messages(pipeline: Path) -> None:
    assert run(pipeline / "corpus", "--title", "Nowhere", "--quiet") == (0, "")


def test_codes_are_accepted_in_any_case(pipeline: Path) -> None:
    corpus = pipeline / "corpus"
    assert run(corpus, "--language", "DE") == run(corpus, "--language", "de")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["entity", "X64", "--live"], "'X64' is not a QID"),
        (["entity", "Q0", "--live"], "not a QID"),
        (["entity", "Q99999999999", "--live"], "not a QID"),
        (["entity", "Q64"], "--entities DIR or --live"),
        (["entity", "Q64", "--live", "--entities", "x"], "--entities DIR or --live"),
        (["entity"], "QID"),
        ([], "DIR"),
        (["x", "--entity", "Berlin"], "not a QID"),
    ],
)
def test_a_wrong_call_is_reported(arguments: list[str], words: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert words in output


def test_errors_are_reported_in_one_line(pipeline: Path, tmp_path: Path) -> None:
    for arguments, words, code in (
        ([tmp_path / "none"], "no such folder", 1),
        (["entity", "Q4000000000", "--entities", pipeline / "entities"], "has no Q4000000000", 1),
        (["entity", "Q64", "--entities", pipeline / "titles"], "`cstool titles`", 1),
        ([pipeline / "linked", "--language", "de"], "all rows of this folder are in en", 2),
        ([pipeline / "corpus", "--language", "dee"], "'dee' is not a language code", 2),
        ([pipeline / "sentences", "--entity", "Q64"], "has no column", 2),
    ):
        done = subprocess.run([*CSTOOL, *map(str, arguments)], capture_output=True, check=False)
        assert done.returncode == code
        assert done.stdout == b""
        [line] = done.stderr.decode().strip().split("\n")
        assert line.startswith("cstool: ")
        assert words in line
