"""Properties of all stages: same bytes, consistent counts, restart, refusal."""

import json
from pathlib import Path

import polars as pl
import pytest

from cstool.storage.manifest import need_stage
from cstool.storage.schemas import BY_STAGE, CORPUS_PARAGRAPHS, POSITIONS_A_PAGE
from tests.conftest import Sample, run_pipeline
from tests.support import files_of

STAGES = {
    "entities": "entities",
    "titles": "titles",
    "sentences": "extract",
    "linked": "link",
    "switched": "switch",
    "corpus": "shard",
}


def test_two_workers_write_the_same_bytes_as_one(
    pipeline: Path, sample: Sample, tmp_path: Path
) -> None:
    by_two = run_pipeline(tmp_path, sample, jobs=2)
    assert files_of(by_two) == files_of(pipeline)


@pytest.mark.parametrize(("folder", "stage"), STAGES.items())
def test_everything_read_was_written_or_dropped_with_a_reason(
    pipeline: Path, folder: str, stage: str
) -> None:
    manifest = need_stage(pipeline / folder, stage)
    assert manifest.counts.tallies
    for tally in manifest.counts.tallies.values():
        assert tally.read == tally.written + sum(tally.dropped.values())
        assert all(tally.dropped.values())


@pytest.mark.parametrize(("folder", "stage"), STAGES.items())
def test_parts_are_as_the_manifest_says(pipeline: Path, folder: str, stage: str) -> None:
    import hashlib

    import pyarrow.parquet as pq

    manifest = need_stage(pipeline / folder, stage)
    assert len(manifest.tables) > (stage != "entities")  # 344 items are one row group
    listed = {part.file for part in manifest.parts} | {"_manifest.json"}
    assert listed == set(files_of(pipeline / folder))
    for part in manifest.parts:
        data = (pipeline / folder / part.file).read_bytes()
        assert part.bytes == len(data)
        assert part.checksum == hashlib.sha256(data).hexdigest()
    for part in manifest.tables:
        table = pq.ParquetFile(pipeline / folder / part.file)
        assert table.metadata.num_rows == part.rows
        assert table.schema_arrow.equals(BY_STAGE[stage], check_metadata=False)


def test_every_stage_reads_all_that_the_previous_one_wrote(pipeline: Path) -> None:
    read = {name: need_stage(pipeline / f, name).counts.tallies for f, name in STAGES.items()}
    assert read["link"]["sentences"].read == read["extract"]["sentences"].written
    assert read["link"]["mentions"].read == read["extract"]["mentions"].written
    assert read["switch"]["sentences"].read == read["link"]["sentences"].written
    switched = need_stage(pipeline / "switched", "switch")
    assert sum(part.rows for part in switched.tables) == read["shard"]["rows"].read
    assert read["shard"]["rows"].written == read["shard"]["rows"].read


def test_the_manifest_has_no_path_and_no_time(pipeline: Path) -> None:
    for folder in STAGES:
        text = (pipeline / folder / "_manifest.json").read_text()
        assert str(pipeline) not in text
        of_text = {"unit"} if folder not in ("entities", "titles") else set()
        assert set(json.loads(text)) == of_text | {
            "stage", "version", "parameters", "inputs", "parts", "counts", "source", "lineage",
            "checksum",
        }  # fmt: skip


def test_the_corpus_has_the_lineage_of_all_stages(pipeline: Path) -> None:
    lineage = need_stage(pipeline / "corpus", "shard").lineage
    stages = [one.stage for one in lineage]
    assert stages == ["extract", "entities", "titles", "link", "switch"]
    folders = ["sentences", "entities", "titles", "linked", "switched"]
    for ancestor, folder in zip(lineage, folders, strict=True):
        manifest = need_stage(pipeline / folder, ancestor.stage)
        assert ancestor.counts.tallies == manifest.counts.tallies
        assert ancestor.parameters == manifest.parameters
        assert ancestor.inputs == manifest.inputs


@pytest.mark.parametrize("folder", ["sentences", "linked", "switched"])
def test_each_sentence_has_its_paragraph_in_each_stage(pipeline: Path, folder: str) -> None:
    sentences = pl.read_parquet(pipeline / "sentences/*.parquet").sort("id")
    paragraphs = pl.read_parquet(pipeline / folder / "_paragraphs/*.pq")
    assert paragraphs.sort("id")["id"].equals(sentences["id"])
    # A page's sentences and its paragraphs rise together.
    both = paragraphs.sort("id").with_columns(page=pl.col("id") // POSITIONS_A_PAGE)
    assert both.select((pl.col("paragraph").diff() >= 0).over("page").all()).item()
    assert 1 < both["paragraph"].n_unique() < len(both)


def test_a_corpus_has_the_paragraph_of_each_row(pipeline: Path) -> None:
    rows = pl.read_parquet(pipeline / "corpus/data/*/*.parquet")
    paragraphs = pl.read_parquet(pipeline / "corpus/_paragraphs/*.pq")
    assert [*paragraphs.schema] == CORPUS_PARAGRAPHS.names
    assert not paragraphs.select("wiki", "id").is_duplicated().any()
    joined = rows.join(paragraphs, on=["wiki", "id"], how="left")
    assert joined["paragraph"].null_count() == 0
