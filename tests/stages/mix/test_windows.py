"""Windows of `pair` are rows of a mixture."""

from collections import Counter
from itertools import groupby
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from cstool.stages.mix.rows import windows_of
from cstool.storage.schemas import PAIRED
from tests.stages.mix.mixtures import make, pairs, recipe, source


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pairs; only read."""
    folder = tmp_path_factory.mktemp("windows")
    pairs(folder, 30, window=20)
    return folder


def test_windows_of_an_entity_are_adjacent_and_in_order(paired: Path) -> None:
    folder = paired
    _, rows = make(recipe([source(folder / "pairs")]), folder / "windows", rows_per_shard=12)
    entities = [qid for qid, _ in groupby(number >> 20 for number in rows["id"])]
    assert len(entities) == len(set(entities)) == 30
    assert entities != sorted(entities)
    for _, its in groupby(rows["id"], lambda number: number >> 20):
        windows = [number % 2**20 for number in its]
        assert windows == list(range(len(windows)))
    assert set(rows["language"]) == {"en+ja"}
    assert set(rows["source_language"]) == {"en"}
    assert rows["text"].equals(rows["source_text"])


def test_windows_are_those_of_the_pairs(paired: Path) -> None:
    folder = paired
    _, rows = make(recipe([source(folder / "pairs")]), folder / "texts")
    whole = {}
    for (qid,), its in rows.with_columns(qid=pl.col("id") // 2**20).group_by("qid"):
        whole[qid] = "\n\n".join(its.sort("id")["text"])
    of_pairs = pl.read_parquet(folder / "pairs/part-*.parquet")
    assert whole == dict(of_pairs.select("qid", "text").rows())
    assert len(rows) > len(of_pairs)


def test_unpaired_pages_are_windows_of_their_own(tmp_path: Path) -> None:
    folder = pairs(tmp_path, 8, unpaired=True)
    _, rows = make(recipe([source(folder)]), tmp_path / "out")
    assert Counter(rows["language"]) == {"en": 8, "ja": 8}
    assert set(rows["wiki"]) == {"enwiki", "jawiki"}


def test_the_languages_of_a_window_are_those_of_its_segments(tmp_path: Path) -> None:
    segments = [
        {"language": code, "wiki": wiki, "page_id": 1, "title": "T", "start": at, "end": at + 1}
        for at, (code, wiki) in zip(
            range(0, 15, 3),
            [("en", "enwiki"), ("en", "simplewiki"), ("ja", "jawiki"), ("ja", "jawiki"),
             ("en", "simplewiki")],
            strict=True,
        )
    ]  # fmt: skip
    row = {"qid": 1, "languages": ["en", "en", "ja"], "segments": segments, "text": "a\n\n" * 5}
    table = windows_of(pa.Table.from_pylist([row], PAIRED)).table
    assert table["language"].to_pylist() == ["en+ja", "ja", "en"]
    assert table["source_language"].to_pylist() == ["en", "ja", "en"]
