"""`cstool mask` on the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cstool.cli.mask import command
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from cstool.storage.manifest import need_stage
from tests.masking.fixtures import Trained


@pytest.fixture
def tokenizer(all_trained: dict[str, Trained]) -> Path:
    return all_trained["wordpiece"].path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [*map(str, arguments), "-j", "1"])
    return result.exit_code, result.output


def test_the_summary_line_has_rows_and_reasons(
    corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    call = (
        corpus, "--tokenizer", tokenizer, "--strategy", "wep", "--max-length", 20,
        "-o", tmp_path / "m",
    )  # fmt: skip
    code, output = run(*call)
    assert code == 0
    assert "(sentences dropped: no entity to predict (" in output
    assert "; entities dropped: truncated by --max-length (" in output
    assert "nothing to do" in run(*call)[1]


def test_options_reach_the_manifest(corpus: Path, tokenizer: Path, tmp_path: Path) -> None:
    code, _ = run(
        corpus, "--tokenizer", tokenizer, "--strategy", "pep-ms+mlm", "-o",
        tmp_path / "m", "--rules", "code", "--packed", "--seed", 7, "--max-length", 64,
    )  # fmt: skip
    assert code == 0
    manifest = need_stage(tmp_path / "m", "mask")
    wanted = {"strategy": "pep-ms+mlm", "rules": "code", "packed": True, "seed": 7}
    assert manifest.parameters.items() >= (wanted | {"max_length": 64}).items()
    assert [one.name for one in manifest.inputs] == ["shard", tokenizer.name]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--strategy", "wep"],
        ["--tokenizer", "none.json", "--strategy", "wep"],
        ["--tokenizer", "TOKENIZER", "--strategy", "mask"],
        ["--tokenizer", "TOKENIZER", "--strategy", "wep", "--rules", "mine"],
        ["--tokenizer", "TOKENIZER", "--strategy", "c-rts", "--clusters", "none.txt"],
        ["--tokenizer", "TOKENIZER", "--strategy", "wep", "--max-length", "0"],
    ],
)
def test_a_wrong_call_makes_nothing(
    corpus: Path, tokenizer: Path, tmp_path: Path, arguments: list[str]
) -> None:
    given = [str(tokenizer) if a == "TOKENIZER" else a for a in arguments]
    assert run(corpus, "-o", tmp_path / "m", *given)[0] == 2
    assert not (tmp_path / "m").exists()


def test_a_file_that_is_no_tokenizer_is_named_once(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.json").write_bytes(b"\xff\xfe{\0")
    monkeypatch.chdir(tmp_path)
    for tokenizer in (Path("t.json"), tmp_path / "t.json"):
        with pytest.raises(InputError) as caught:
            mask_corpus(corpus, tokenizer, tmp_path / "m", MaskOptions("wep"), RunOptions(jobs=1))
        assert str(caught.value).count("t.json: ") == 1
        assert caught.value.__cause__ is not caught.value
