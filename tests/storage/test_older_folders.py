"""Folders whose rows lack newer columns."""

from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.report.show.query import RowQuery
from cstool.report.show.rows import rows
from cstool.report.stats.breakdowns import by_title
from cstool.report.stats.folder import folder_stats
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import (
    MANIFEST,
    PARAGRAPHS,
    Ancestor,
    Manifest,
    Part,
    Source,
    read_manifest,
)
from tests.masking.fixtures import Trained
from tests.stages.shard.switched import Sentence, make_corpus, write_switched

QUIET = RunOptions(jobs=1, quiet=True)
SENTENCES = [Sentence(n // 6 + 1, f"has {n} words.", paragraph=n % 2) for n in range(60)]
SPANS = pa.list_(
    pa.field(
        "element",
        pa.struct(
            [(n, pa.uint32()) for n in ("qid", "source_start", "source_end", "start", "end")]
        ),
    )
)


def as_of_0_1(folder: Path, *sources: Source) -> Path:
    """Remove the columns that are new in 0.2 from a folder, and give it these sources."""
    manifest = read_manifest(folder)
    assert manifest is not None
    parts = []
    for part in manifest.parts:
        path = folder / part.file
        if part.file.endswith(".parquet") or part.file.startswith(PARAGRAPHS):
            table = pq.read_table(path, partitioning=None)
            if "wiki" in table.column_names:
                table = table.drop_columns(["wiki"])
            if "entities" in table.column_names:
                table = pa.Table.from_pylist(
                    table.to_pylist(),
                    pa.schema([pa.field(f.name, SPANS if f.name == "entities" else f.type)
                               for f in table.schema]),
                )  # fmt: skip
            pq.write_table(table.replace_schema_metadata(None), path)
        parts.append(Part(part.file, part.rows, path.stat().st_size, sha256(path)))
    lineage = [Ancestor("switch", "0.1.0", {}, [], Counts(), source) for source in sources]
    older = Manifest(
        manifest.stage, "0.1.0", manifest.parameters, [], parts, manifest.counts,
        manifest.source, lineage,
    )  # fmt: skip
    (folder / MANIFEST).write_bytes(msgspec.json.encode(older))
    return folder


def test_switched_rows_without_the_columns_are_refused_in_one_line(tmp_path: Path) -> None:
    older = as_of_0_1(write_switched(tmp_path / "s", SENTENCES))
    with pytest.raises(InputError) as raised:
        shard([older], tmp_path / "c", ShardOptions(), QUIET)
    message = str(raised.value)
    assert "cstool (0.1.0), without entities.name_language, entities.origin, wiki;" in message
    assert message.endswith("make it again with `cstool switch … --overwrite`")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("stage", ["switch", "shard"])
def test_rows_without_the_columns_are_shown_and_counted(tmp_path: Path, stage: str) -> None:
    folder = write_switched(tmp_path / "s", SENTENCES)
    if stage == "shard":
        make_corpus(folder, tmp_path / "c")
        folder = tmp_path / "c"
    before = folder_stats(folder).languages
    older = as_of_0_1(folder, Source("enwiki", "en"))
    manifest = read_manifest(older)
    assert manifest is not None
    assert len([*rows(older, manifest, RowQuery(switched=True))]) == 60
    assert folder_stats(older).languages == before
    assert sum(one.rows for one in by_title(older)) == 120


@pytest.mark.parametrize("strategy", ["wep", "pairs-page"])
def test_the_wiki_of_a_row_is_found_by_its_language(
    tmp_path: Path, all_trained: dict[str, Trained], strategy: str
) -> None:
    make_corpus(write_switched(tmp_path / "s", SENTENCES), tmp_path / "c")
    older = as_of_0_1(tmp_path / "c", Source("dewiki", "de"), Source("enwiki", "en"))
    trained = all_trained["unigram"]
    mask_corpus(older, trained.path, tmp_path / "m", MaskOptions(strategy), QUIET)
    examples = pl.read_parquet(tmp_path / "m/data/*/*.parquet")
    assert set(examples["wikis"].explode()) == {"enwiki"}


def test_two_wikis_that_cannot_be_told_apart_are_refused(
    tmp_path: Path, all_trained: dict[str, Trained]
) -> None:
    make_corpus(write_switched(tmp_path / "s", SENTENCES), tmp_path / "c")
    older = as_of_0_1(tmp_path / "c", Source("simplewiki", "en"), Source("enwiki", "en"))
    trained = all_trained["unigram"]
    with pytest.raises(InputError, match=r"without wiki; make it again with `cstool shard …"):
        mask_corpus(older, trained.path, tmp_path / "m", MaskOptions("pairs-page"), QUIET)
