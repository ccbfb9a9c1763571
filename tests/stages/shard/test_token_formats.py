"""Corpora of tokens: the laws of the stage, their counts, and how they are read."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from tokenizers import Tokenizer

from cstool.cli.shard import command
from cstool.errors import InputError, OutputError, Unfinished, WrongCallError
from cstool.execution.options import RunOptions
from cstool.formats.format_options import FormatOptions
from cstool.formats.written_files import record_of
from cstool.report.verify.check import targets, verify
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.checksums import write_table
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import Manifest, Part
from tests.formats.token_files import byte_level, decoded, read_megatron
from tests.stages.shard.documents import ANNOTATED, Document, write_documents
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import files_of

SENTENCES = [Sentence(i % 40 + 1, f"has “{i}” of them.", ("de", "zh-hant")) for i in range(300)]
PACKED = {"pack": 64, "whole_samples": True}
ONE = RunOptions(jobs=1, quiet=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture(scope="module")
def switched(folder: Path) -> Path:
    return write_switched(folder / "switched", SENTENCES, a_part=70)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Path:
    return byte_level(folder / "tokenizer.json")


def chosen(form: Any, tokenizer: Path, rows: int = 100, **more: Any) -> ShardOptions:
    return ShardOptions(rows_per_shard=rows, format=form, files=FormatOptions(tokenizer, **more))


def make(switched: Path, out: Path, options: ShardOptions, running: RunOptions = ONE) -> Manifest:
    return shard([switched], out, options, running)


def sequences(out: Path, form: str) -> Iterator[list[int]]:
    """Yield the sequences of a corpus, file by file."""
    for path in sorted((out / "data").rglob("*.bin" if form == "megatron" else "*.parquet")):
        if form == "megatron":
            yield from read_megatron(str(path.with_suffix(""))).sequences
        else:
            yield from pl.read_parquet(path)["input_ids"].to_list()


@pytest.mark.parametrize("form", ["megatron", "tokens"])
@pytest.mark.parametrize("more", [{}, {"pack": 64}, PACKED])
def test_tokens_are_the_texts_of_the_corpus_in_its_order(
    switched: Path, tokenizer: Path, tmp_path: Path, form: str, more: dict[str, Any]
) -> None:
    rows = make_corpus(switched, tmp_path / "rows", rows_per_shard=100)
    manifest = make(switched, tmp_path / "o", chosen(form, tokenizer, **more))
    made = [*sequences(tmp_path / "o", form)]
    text = decoded(tokenizer, [token for sequence in made for token in sequence])
    assert text.split("</s>") == [*rows["text"], ""]
    tokens = manifest.counts.details["tokens"]
    assert sum(tokens.values()) == sum(map(len, made))
    assert set(tokens) == {"en", "de", "zh-hant"}
    assert all(not part.file.startswith("data/") or part.bytes for part in manifest.parts)
    data = [part for part in manifest.parts if part.file.endswith((".bin", ".parquet"))]
    assert sum(part.rows for part in data) == len(made)
    if more:
        assert manifest.counts.details["packing"]["sequences"] == len(made)
    assert manifest.counts.tally("rows").written == len(rows) == 900
    assert verify(targets([tmp_path / "o"])).sound


@pytest.mark.parametrize("form", ["megatron", "tokens"])
def test_workers_and_array_tasks_change_no_byte(
    switched: Path, tokenizer: Path, tmp_path: Path, form: str
) -> None:
    options = chosen(form, tokenizer, **PACKED)
    make(switched, tmp_path / "one", options)
    make(switched, tmp_path / "two", options, RunOptions(jobs=2, quiet=True))
    for task in ((2, 2), (1, 2)) * 3:  # for each step
        with suppress(Unfinished):
            make(switched, tmp_path / "array", options, replace(ONE, array_task=task))
    make(switched, tmp_path / "array", options)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two") == files_of(tmp_path / "array")


def test_an_interrupted_run_ends_with_the_same_bytes(
    switched: Path, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, cut = chosen("megatron", tokenizer, **PACKED), tmp_path / "cut"
    make(switched, tmp_path / "whole", options)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("cstool.stages.shard.stage._describe", interrupt)
        make(switched, cut, options)
    lost, changed, kept, *_ = sorted((cut / "data").rglob("*.idx"))
    lost.unlink()
    changed.write_bytes(changed.read_bytes()[:-1] + b"\x01")
    stray = kept.with_name("train-00099-of-00100.idx")  # with a record: of this very run
    shutil.copy(kept, stray)
    part = Part(f"data/{stray.parent.name}/{stray.name}", 0, stray.stat().st_size, sha256(stray))
    record = cut / "_work/written" / stray.parent.name / "train-00099-of-00100.parquet"
    write_table(record, record_of([part]))
    make(switched, cut, options)
    assert files_of(cut) == files_of(tmp_path / "whole")


def test_overwriting_an_interrupted_run_leaves_none_of_its_files(
    switched: Path, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("cstool.stages.shard.stage._describe", interrupt)
        make(switched, tmp_path / "o", chosen("megatron", tokenizer))
    mine = tmp_path / "o/data/de/mine.bin"
    mine.write_bytes(b"mine")
    make(
        switched,
        tmp_path / "o",
        chosen("megatron", tokenizer, rows=1000),
        replace(ONE, overwrite=True),
    )
    (problem,) = verify(targets([tmp_path / "o"])).wrong
    assert problem.place == str(mine)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"pack": 32}, "pack: none \\(now 32\\)"),
        ({"document_end": "<pad>"}, "document_end: </s> \\(now <pad>\\)"),
    ],
)
def test_a_folder_of_other_sequences_is_refused(
    switched: Path, tokenizer: Path, tmp_path: Path, other: dict[str, Any], message: str
) -> None:
    make(switched, tmp_path / "o", chosen("tokens", tokenizer))
    with pytest.raises(OutputError, match=message):
        make(switched, tmp_path / "o", chosen("tokens", tokenizer, **other))


def test_a_folder_of_another_tokenizer_is_refused(
    switched: Path, tokenizer: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copy(tokenizer, tmp_path / "tokenizer.json"))
    make(switched, tmp_path / "o", chosen("tokens", own))
    byte_level(own, "</s>", "<more>")
    with pytest.raises(OutputError, match=r"from another version of tokenizer\.json;"):
        make(switched, tmp_path / "o", chosen("tokens", own))


def test_marks_of_annotated_names_are_their_tokens(tmp_path: Path) -> None:
    documents = [Document(page, [["of old.", "and more."]]) for page in range(1, 12)]
    switched = write_documents(tmp_path / "switched", documents, ANNOTATED)
    tokenizer = byte_level(tmp_path / "t.json", "</s>", *ANNOTATED.marks)
    make(switched, tmp_path / "o", chosen("megatron", tokenizer, rows=1000))
    made = [*sequences(tmp_path / "o", "megatron")]
    vocabulary = Tokenizer.from_file(str(tokenizer)).get_vocab()
    marks = [vocabulary[mark] for mark in ANNOTATED.marks]
    opened, closed = ([*chain.from_iterable(made)].count(mark) for mark in marks)
    assert opened == closed > 0


def test_the_card_describes_the_sequences(
    switched: Path, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    manifest = make(switched, tmp_path / "o", chosen("tokens", tokenizer, **PACKED))
    card = (tmp_path / "o/README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    loaded = datasets.load_dataset(
        os.fspath(tmp_path / "o"), "de", cache_dir=os.fspath(tmp_path / "cache")
    )
    (said,) = (info for info in head["dataset_info"] if info["config_name"] == "de")
    assert {s["name"]: s["num_examples"] for s in said["splits"]} == loaded.num_rows
    assert loaded["train"].column_names == ["input_ids", "samples"]
    assert head["task_categories"] == ["text-generation"]
    assert "600 switched + 300 source sentences" in card
    assert "have at most 64 tokens" in card
    tokens = sum(manifest.counts.details["tokens"].values())
    sequences = sum(part.rows for part in manifest.parts if part.file.startswith("data/"))
    assert f"\n\nThe files contain {tokens:,} tokens in {sequences:,} sequences.\n\n" in card
    assert "--tokenizer tokenizer.json" in card or "cstool extract" not in card


def test_the_card_of_token_files_shows_how_to_open_one(
    switched: Path, tokenizer: Path, tmp_path: Path
) -> None:
    make(switched, tmp_path / "o", chosen("megatron", tokenizer))
    card = (tmp_path / "o/README.md").read_text()
    assert "configs" not in yaml.safe_load(card.split("---\n")[1])
    (name,) = (line for line in card.splitlines() if "IndexedDataset(" in line)
    file = name.split('"')[1].removeprefix("PATH/OF/THIS/FOLDER/")
    assert (tmp_path / "o" / f"{file}.bin").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ShardOptions(format="tokens"), "--tokenizer"),
        (ShardOptions(files=FormatOptions(pack=9)), "--format cstool has no tokens"),
        (ShardOptions(format="tokens", files=FormatOptions(whole_samples=True)), "--tokenizer"),
    ],
)
def test_options_that_the_format_lacks_or_needs_are_errors(
    switched: Path, tmp_path: Path, options: ShardOptions, message: str
) -> None:
    with pytest.raises(WrongCallError, match=message):
        make(switched, tmp_path / "o", options)
    assert not (tmp_path / "o").exists()


def test_a_file_that_is_no_tokenizer_is_an_error_before_anything_is_written(
    switched: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(InputError, match=r"t\.json: not a valid tokenizer"):
        make(switched, tmp_path / "o", chosen("tokens", tmp_path / "t.json"))
    assert not (tmp_path / "o").exists()


def test_the_summary_line_has_the_tokens(switched: Path, tokenizer: Path, tmp_path: Path) -> None:
    arguments = [switched, "-o", tmp_path / "o", "--format", "megatron", "--tokenizer", tokenizer]
    result = CliRunner().invoke(command, [*map(str, arguments), "--pack", "16", "-j1"])
    assert result.exit_code == 0
    made = [*sequences(tmp_path / "o", "megatron")]
    assert f"{sum(map(len, made)):,} tokens in {len(made):,} sequences (" in result.output
