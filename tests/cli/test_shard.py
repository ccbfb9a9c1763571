"""`cstool shard` on the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cstool.cli.shard import command
from cstool.errors import WrongCallError
from cstool.storage.manifest import need_stage
from tests.stages.shard.switched import Sentence, corpus_rows, write_switched

LONG = "is a town in the north of the country with a river and an old mill."


@pytest.fixture
def switched(tmp_path: Path) -> Path:
    return write_switched(tmp_path / "w", [Sentence(1, LONG), Sentence(2, LONG), Sentence(3, "b")])


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [*map(str, arguments), "-j", "1"])
    return result.exit_code, result.output


def test_the_summary_line_has_the_rows_that_were_dropped(switched: Path, tmp_path: Path) -> None:
    code, output = run(switched, "-o", tmp_path / "c", "--dedup", "exact")
    assert code == 0
    assert "2 switched + 2 source sentences in 2 languages" in output
    assert "(rows dropped: duplicate source sentence (2))" in output


def test_options_reach_the_manifest(switched: Path, tmp_path: Path) -> None:
    tests = tmp_path / "t.txt"
    tests.write_text(f"Here X {LONG}\n")
    out = tmp_path / "c"
    code, _ = run(
        switched, "-o", out, "--format", "mt", "--dedup", "minhash", "--decontaminate", tests
    )
    assert code == 0
    parameters = need_stage(out, "shard").parameters
    wanted = {"format": "mt", "dedup": "minhash", "decontaminate": 1}
    assert parameters.items() >= wanted.items()
    assert corpus_rows(out)["source"].to_list() == ["<2en> Yde b"]


def test_an_unknown_format_or_missing_file_is_a_usage_error(switched: Path, tmp_path: Path) -> None:
    assert run(switched, "-o", tmp_path / "c", "--format", "csv")[0] == 2
    assert run(switched, "-o", tmp_path / "c", "--decontaminate", tmp_path / "none")[0] == 2
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--pack", "8"],
            "--pack: --format cstool has no tokens; give --format megatron or tokens",
        ),
        (["--format", "dolma", "--whole-samples"], "--whole-samples: --format dolma has no tokens"),
        (["--format", "jsonl", "--document-end", "</s>"], "--document-end: --format jsonl has no"),
        (
            ["--format", "dolma", "--tokenizer", __file__],
            "--tokenizer: --format dolma has no tokens",
        ),
        (["--format", "tokens"], "--format tokens: needs a tokenizer"),
        (
            ["--format", "tokens", "--tokenizer", __file__, "--whole-samples"],
            "--whole-samples: needs --pack",
        ),
    ],
)
def test_options_that_a_format_does_not_take_or_lacks_are_refused(
    switched: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    with pytest.raises(WrongCallError, match=told):
        CliRunner().invoke(
            command, [str(switched), "-o", str(tmp_path / "c"), *arguments], catch_exceptions=False
        )
    assert not (tmp_path / "c").exists()


def test_the_summary_counts_the_files_of_documents(switched: Path, tmp_path: Path) -> None:
    code, output = run(switched, "-o", tmp_path / "c", "--format", "dolma")
    assert code == 0
    assert "3 switched + 3 source sentences in 2 languages, 2 files" in output
