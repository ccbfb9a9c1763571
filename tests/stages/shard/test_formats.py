"""The output formats of a corpus, and how the Hub and other programs read them."""

import hashlib
import json
import logging
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from cstool.execution.options import RunOptions
from cstool.formats.corpus_formats import FORMATS, format_of
from cstool.formats.written_files import record_of
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.checksums import write_table
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import Part, need_stage
from cstool.storage.row_kinds import RowKind
from tests.stages.shard.switched import Sentence, corpus_rows, make_corpus, write_switched
from tests.support import files_of

SENTENCES = [Sentence(i % 40 + 1, f"has “{i}” of them.", ("de", "zh-hant")) for i in range(300)]


@pytest.fixture(scope="module")
def switched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_switched(tmp_path_factory.mktemp("formats") / "switched", SENTENCES, a_part=70)


def load(folder: Path, language: str | None, cache: Path) -> Any:
    import datasets

    return datasets.load_dataset(os.fspath(folder), language, cache_dir=os.fspath(cache))


def head(folder: Path) -> dict[str, Any]:
    """Return the YAML of a corpus's card."""
    found: dict[str, Any] = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    return found


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("jsonl", "data/de/train-00000-of-00001.jsonl.zst"),
        ("dolma", "documents/de/train-00000-of-00001.jsonl.gz"),
    ],
)
def test_lines_of_json_hold_the_same_rows_in_the_same_order(
    switched: Path, tmp_path: Path, form: str, file: str
) -> None:
    tables = make_corpus(switched, tmp_path / "parquet")
    lines = make_corpus(switched, tmp_path / "lines", format=form)
    assert lines.to_dicts() == tables.to_dicts()
    assert (tmp_path / "lines" / file).is_file()


def test_lines_of_json_are_listed_with_rows_and_checksums(switched: Path, tmp_path: Path) -> None:
    make_corpus(switched, tmp_path, format="jsonl")
    manifest = need_stage(tmp_path, "shard")
    data = [part for part in manifest.parts if part.file.startswith("data/")]
    assert sum(part.rows for part in data) == manifest.counts.tally("rows").written == 900
    assert all(part.checksum == sha256(tmp_path / part.file) for part in data)


@pytest.mark.parametrize(
    ("form", "files"),
    [
        ("jsonl", "data/*/*.jsonl.zst"),
        ("dolma", "documents/*/*.jsonl.gz"),
        ("dolma", "attributes/entities/*/*.jsonl.gz"),
    ],
)
def test_an_interrupted_run_of_lines_ends_with_the_same_bytes(
    switched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, files: str
) -> None:
    make_corpus(switched, tmp_path / "whole", format=form, rows_per_shard=100)
    options = ShardOptions(format=form, rows_per_shard=100)  # type: ignore[arg-type]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("cstool.stages.shard.stage._describe", interrupt)
        shard([switched], tmp_path / "cut", options, RunOptions(jobs=1, quiet=True))
    lost, kept, *_ = sorted((tmp_path / "cut").glob(files))
    lost.unlink()
    # With a record: of this very run.
    stray = lost.with_name(f"train-00099-of-00100.{lost.name.split('.', 1)[1]}")
    shutil.copy(kept, stray)
    name = stray.relative_to(tmp_path / "cut").as_posix()
    part = Part(name, 1, stray.stat().st_size, sha256(stray))
    record = tmp_path / "cut/_work/written" / stray.parent.name / "train-00099-of-00100.parquet"
    write_table(record, record_of([part]))
    shard([switched], tmp_path / "cut", options, RunOptions(jobs=1, quiet=True))
    assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")


@pytest.mark.parametrize("form", ["jsonl", "dolma"])
@pytest.mark.parametrize("before", ["stages.shard.stage._describe", "formats.make_files.record_of"])
def test_files_of_an_interrupted_run_are_removed_with_overwrite(
    switched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, before: str
) -> None:
    running = RunOptions(jobs=1, quiet=True)
    options = ShardOptions(format=form, rows_per_shard=50)  # type: ignore[arg-type]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"cstool.{before}", interrupt)
        shard([switched], tmp_path / "o", options, running)
    assert [*(tmp_path / "o").rglob("train-*.jsonl.*")]
    other = replace(options, rows_per_shard=1000)
    shard([switched], tmp_path / "o", other, replace(running, overwrite=True))
    shard([switched], tmp_path / "new", other, running)
    assert files_of(tmp_path / "o") == files_of(tmp_path / "new")


@pytest.mark.parametrize("name", ["mine.jsonl.zst", "train-00000-of-00009.jsonl.zst"])
@pytest.mark.parametrize("finished", [True, False])
def test_foreign_json_lines_in_a_corpus_are_kept(
    switched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, finished: bool
) -> None:
    options = ShardOptions(format="jsonl", rows_per_shard=100)
    out, running = tmp_path / "o", RunOptions(jobs=1, quiet=True)
    if finished:
        shard([switched], out, options, running)
    else:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("cstool.stages.shard.stage._describe", interrupt)
            shard([switched], out, options, running)
    mine = out / "data/de" / name
    mine.write_bytes(b"mine")
    shard([switched], out, options, running)
    shard([switched], out, options, replace(running, overwrite=True))
    assert mine.read_bytes() == b"mine"
    assert len(list(mine.parent.iterdir())) > 1


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_pair_is_the_switched_sentence_under_a_token_and_the_plain_one(
    switched: Path, tmp_path: Path
) -> None:
    rows = make_corpus(switched, tmp_path, format="mt")
    assert rows.columns == ["id", "language", "target_language", "source", "target", "wiki"]
    assert len(rows) == 600
    for row in rows.to_dicts():
        rest = row["target"].removeprefix("X")
        assert row["source"] == f"<2en> Y{row['language']}{rest}"
        assert row["target_language"] == "en"
    tally = need_stage(tmp_path, "shard").counts.tally("rows")
    assert tally.dropped == {"source sentence: nothing to translate": 300}
    assert not (tmp_path / "data/en").exists()


@pytest.mark.parametrize("form", ["jsonl", "mt", "entitycs", "dolma"])
def test_datasets_opens_every_form(
    switched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rows = make_corpus(switched, tmp_path / "corpus", format=form)
    loaded = load(tmp_path / "corpus", "zh-hant", tmp_path / "cache")
    assert set(loaded) == {"train", "validation"}
    wanted = rows.filter(pl.col("language") == "zh-hant")
    assert sum(split.num_rows for split in loaded.values()) == len(wanted)
    assert loaded["train"].column_names == format_of(form, RowKind()).schema.names


# Codes that YAML reads as other types, former codes, and codes of several parts.
ODD = ("no", "on", "null", "1e3", "zh-min-nan", "be-tarask", "sr-ec", "de")


# What `translico` needs: tests/formats/test_translico.py.
ROW_FORMATS = [name for name, one in FORMATS.items() if not one.tokens and name != "translico"]


@pytest.mark.parametrize("form", ROW_FORMATS)
def test_the_card_describes_what_datasets_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(logging.getLogger("datasets"), "propagate", True)
    sentences = [Sentence(i % 40 + 1, f"has “{i}” of them.", ODD) for i in range(60)]
    rows = make_corpus(write_switched(tmp_path / "s", sentences), tmp_path / "c", format=form)
    said = {info["config_name"]: info for info in head(tmp_path / "c")["dataset_info"]}
    assert set(said) == {"all", *rows["language"]}
    for config, info in said.items():
        loaded = load(tmp_path / "c", config, tmp_path / config)
        assert {s["name"]: s["num_examples"] for s in info["splits"]} == loaded.num_rows
        sizes = {name: split.data.nbytes for name, split in loaded.items()}
        assert {s["name"]: s["num_bytes"] for s in info["splits"]} == pytest.approx(sizes, rel=0.01)
        assert (
            loaded["train"].features.arrow_schema.types == format_of(form, RowKind()).schema.types
        )
    every = load(tmp_path / "c", None, tmp_path / "every")
    assert sum(every.num_rows.values()) == len(rows)
    assert "dataset_info" not in caplog.text  # "Ignoring part of dataset_info from the card: …"


def test_the_card_names_the_packages_that_read_the_files(switched: Path, tmp_path: Path) -> None:
    for form, packages in (("cstool", "datasets"), ("jsonl", "datasets zstandard")):
        make_corpus(switched, tmp_path / form, format=form)
        assert f"`pip install {packages}`" in (tmp_path / form / "README.md").read_text()


def test_the_languages_of_the_card_include_that_of_the_source_sentences(
    switched: Path, tmp_path: Path
) -> None:
    make_corpus(switched, tmp_path, format="mt")
    assert not (tmp_path / "data/en").exists()
    assert head(tmp_path)["language"] == ["de", "zh", "en"]
    assert head(tmp_path)["language_bcp47"] == ["zh-Hant"]


def test_polars_scans_lines_and_pairs(switched: Path, tmp_path: Path) -> None:
    make_corpus(switched, tmp_path / "mt", format="mt")
    assert pl.scan_parquet(tmp_path / "mt/data").select(pl.len()).collect().item() == 600
    assert len(corpus_rows(make_lines(switched, tmp_path / "lines"))) == 900


def make_lines(switched: Path, out: Path) -> Path:
    make_corpus(switched, out, format="jsonl")
    return out


def test_tables_have_a_page_index_and_row_groups_of_the_size_that_is_set(
    switched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.formats.corpus_formats.ROWS_A_GROUP", 100)
    make_corpus(switched, tmp_path)
    metadata = pq.read_metadata(tmp_path / "data/de/train-00000-of-00001.parquet")
    rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert rows[:-1] == [100] * (len(rows) - 1)
    columns = [metadata.row_group(0).column(i) for i in range(metadata.num_columns)]
    assert all(column.has_column_index and column.has_offset_index for column in columns)
    by_name = {column.path_in_schema: column for column in columns}
    for name in ("language", "source_text"):
        assert "RLE_DICTIONARY" in by_name[name].encodings
    assert "RLE_DICTIONARY" not in by_name["text"].encodings


@pytest.mark.skipif(int(pa.__version__.split(".")[0]) < 21, reason="pyarrow cannot chunk yet")
def test_an_inserted_row_changes_few_bytes_of_a_file(tmp_path: Path) -> None:
    texts = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(60_000)]
    layout = FORMATS["cstool"].layout
    unchunked = {**layout, "use_content_defined_chunking": False}
    assert shared(tmp_path, texts, layout) > 0.8
    assert shared(tmp_path, texts, unchunked) < 0.5


def shared(folder: Path, texts: list[str], layout: dict[str, Any]) -> float:
    """Return the fraction of a file's pieces that the file with one more text also contains."""
    data = []
    for number, column in enumerate((texts, ["one more", *texts])):
        path = folder / f"{number}.parquet"
        with pq.ParquetWriter(path, pa.schema([("text", pa.string())]), **layout) as writer:
            writer.write_table(pa.table({"text": column}))
        data.append(path.read_bytes())
    pieces = [data[0][i : i + 512] for i in range(0, len(data[0]), 20_000)]
    return sum(piece in data[1] for piece in pieces) / len(pieces)


def test_statistics_and_card_have_the_dropped_rows(switched: Path, tmp_path: Path) -> None:
    doubled = write_switched(tmp_path / "again", [*SENTENCES, SENTENCES[0]])
    make_corpus(doubled, tmp_path / "corpus", dedup="exact")
    dropped = {"source sentence is there already": 3}
    assert json.loads((tmp_path / "corpus/stats.json").read_text())["dropped"] == dropped
    card = (tmp_path / "corpus/README.md").read_text()
    assert "excludes source sentences that are equal to an earlier one" in card
    assert "Dropped rows: duplicate source sentence (3)." in card


def test_counts_of_the_forms_agree(switched: Path, tmp_path: Path) -> None:
    def counts(form: str) -> Counts:
        make_corpus(switched, tmp_path / form, format=form)
        return need_stage(tmp_path / form, "shard").counts

    assert counts("jsonl") == counts("cstool") == counts("entitycs") == counts("dolma")


@pytest.mark.parametrize(
    "damaged",
    [
        "data/*/*.jsonl.zst",
        "_work/segments/*.arrow",
        "_work/marks/*.arrow",
        "_work/drops/*.arrow",
        "_work/tests.npz",
    ],
)
@pytest.mark.parametrize("lost", [True, False])
def test_damaged_files_of_an_interrupted_run_are_made_again(
    switched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str, lost: bool
) -> None:
    test = tmp_path / "test.txt"
    test.write_text("one two three four five six seven eight nine ten eleven twelve thirteen\n")
    options = ShardOptions(format="jsonl", rows_per_shard=100, dedup="exact", decontaminate=(test,))
    running = RunOptions(jobs=1, quiet=True)
    shard([switched], tmp_path / "whole", options, running)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("cstool.stages.shard.stage._describe", interrupt)
        shard([switched], tmp_path / "cut", options, running)
    files = sorted((tmp_path / "cut").glob(damaged))
    assert files
    for path in files:
        if lost:
            path.unlink()
        else:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
    for phase in ("twice", "scattered", "census"):  # what reads them is to be done again, too
        next((tmp_path / "cut/_work" / phase).rglob("*.parquet")).unlink()
    shard([switched], tmp_path / "cut", options, running)
    assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")
