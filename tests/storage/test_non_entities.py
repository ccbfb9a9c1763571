"""The list of items that are not entities: damage is an error that names the file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cstool.errors import InputError
from cstool.storage.manifest import NOT_ENTITIES
from cstool.storage.non_entities import NON_ENTITIES, NonEntities

REASONS = ["list article", "disambiguation page"] * 20


def write(folder: Path) -> bytes:
    table = pa.table([range(1, 41), REASONS], schema=NON_ENTITIES)
    pq.write_table(table, folder / NOT_ENTITIES)
    return (folder / NOT_ENTITIES).read_bytes()


@pytest.mark.parametrize(
    "table",
    [
        {"qid": pa.array([1], pa.uint32()), "reasom": ["list article"]},
        {"qid": pa.array([1], pa.int64()), "reason": ["list article"]},
        {"qid": pa.array([1, None], pa.uint32()), "reason": ["list article"] * 2},
    ],
)
def test_a_table_with_other_columns_is_refused(tmp_path: Path, table: dict[str, object]) -> None:
    pq.write_table(pa.table(table), tmp_path / NOT_ENTITIES)
    with pytest.raises(InputError, match=f"{NOT_ENTITIES}: cannot be read"):
        NonEntities.read(tmp_path)


def test_a_flipped_bit_without_a_checksum_gives_a_list_or_one_line(tmp_path: Path) -> None:
    data = write(tmp_path)
    refused = 0
    for bit in range(3, len(data) * 8, 29):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        (tmp_path / NOT_ENTITIES).write_bytes(changed)
        try:
            NonEntities.read(tmp_path)
        except InputError as error:
            assert str(tmp_path / NOT_ENTITIES) in str(error)
            assert "\n" not in str(error)
            refused += 1
    assert refused > 50
