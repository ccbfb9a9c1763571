"""The external sort: runs are read by ranges of the key."""

from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.storage import sorted_runs
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.sorted_runs import in_groups, key_range, read_groups, read_range


def write_run(folder: Path, name: str, schema: pa.Schema, rows: list[tuple[int, str]]) -> Path:
    def batches() -> Batches:
        yield from in_groups(
            pa.table([[key for key, _ in rows], [value for _, value in rows]], schema=schema)
        )
        return Counts()

    write_part(PartFolder(folder, folder, "r"), name, "s", PartSpec(schema), batches())
    return folder / name


def gather(files: list[Path], schema: pa.Schema, cuts: set[int]) -> list[tuple[int, str]]:
    groups = read_groups(files, "key")
    rows: list[tuple[int, str]] = []
    ends = {min((g.low for g in groups), default=0), max((g.high for g in groups), default=0) + 1}
    for low, high in pairwise(sorted(ends | {cut for cut in cuts if min(ends) < cut < max(ends)})):
        sorted_rows = read_range(key_range(groups, low, high), "key", schema)
        assert all(low <= key < high for key in sorted_rows.keys.tolist())
        for table in sorted_rows.chunks(3):
            values = table.column("value").to_pylist()
            rows += zip(table.column("key").to_pylist(), values, strict=True)
    return rows


@pytest.mark.parametrize(("type_", "bits"), [(pa.uint32(), 32), (pa.uint64(), 64)])
@given(data=st.data(), rows_a_group=st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_the_concatenated_ranges_are_all_rows_sorted(
    tmp_path_factory: pytest.TempPathFactory,
    type_: pa.DataType,
    bits: int,
    data: st.DataObject,
    rows_a_group: int,
) -> None:
    key = st.integers(0, 6) | st.integers(0, 2**bits - 1) | st.just(2**bits - 1)
    many = data.draw(st.lists(st.lists(key, max_size=12), max_size=4))
    cuts = data.draw(st.sets(key, max_size=6))
    schema = pa.schema([("key", type_), ("value", pa.string())])
    folder = tmp_path_factory.mktemp("runs")
    files: list[Path] = []
    whole: list[tuple[int, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorted_runs, "ROWS_A_GROUP", rows_a_group)
        for number, keys in enumerate(many):
            rows = [(k, f"{number}.{i}") for i, k in enumerate(sorted(keys))]
            files.append(write_run(folder, f"{number:03d}.parquet", schema, rows))
            whole += rows
    # Sorted by key; equal keys, duplicates among them, in the order of the files.
    assert gather(files, schema, cuts) == sorted(whole, key=lambda row: row[0])


def test_only_overlapping_row_groups_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_runs, "ROWS_A_GROUP", 10)
    schema = pa.schema([("key", pa.uint32()), ("value", pa.string())])
    file = write_run(tmp_path, "r.parquet", schema, [(k, "v") for k in range(100)])
    groups = read_groups([file], "key")
    assert [(g.low, g.high) for g in groups] == [(i, i + 9) for i in range(0, 100, 10)]
    assert key_range(groups, 25, 40).pieces == ((str(file), (2, 3)),)


def test_no_groups_give_no_rows() -> None:
    schema = pa.schema([("key", pa.uint32())])
    assert len(read_range(key_range([], 0, 1), "key", schema)) == 0
