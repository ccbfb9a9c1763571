"""Damage is detected whenever a file is read."""

from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.storage.checksums import (
    STANDARD,
    PartWriter,
    load_array,
    open_part,
    read_footer,
    read_part,
    save_array,
    write_table,
)
from cstool.storage.manifest import MANIFEST, read_manifest, with_checksum
from cstool.storage.ownership import WORK
from cstool.storage.schemas import with_dictionaries
from cstool.storage.tasks import part_name
from tests.storage.test_run import run_stage
from tests.support import files_of

TABLE = pa.table(
    {
        "id": list(range(60)),
        "text": [f"sentence {i % 7}" * (i % 5) for i in range(60)],
        "spans": [[{"start": i, "end": i + 1}] * (i % 3) for i in range(60)],
    }
)


def write(path: Path, layout: dict[str, object] | None = None) -> bytes:
    writer = PartWriter(path, TABLE.schema, STANDARD | (layout or {}))
    for start in (0, 20, 40):
        writer.write(TABLE.slice(start, 20))
    writer.close({b"cstool": b"{}"})
    return path.read_bytes()


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("part") / "p.parquet"
    write(path)
    return path


def test_each_flipped_bit_is_detected(part: Path, tmp_path: Path) -> None:
    whole = part.read_bytes()
    path = tmp_path / "p"
    some = {*range(0, len(whole) * 8, 29), *range((len(whole) - 400) * 8, len(whole) * 8)}
    for bit in some:
        path.write_bytes(flipped(whole, bit))
        with pytest.raises(InputError, match="cstool verify") as told:
            read_part(path)
        assert str(path) in str(told.value)


@given(st.integers(0, 10**6), st.sets(st.integers(0, 10**6), min_size=2, max_size=9))
def test_truncation_and_several_flipped_bits_are_detected(
    part: Path, end: int, bits: set[int]
) -> None:
    whole = part.read_bytes()
    copy = part.with_name("copy")
    cut = whole[: end % len(whole)]
    several = whole
    for bit in bits:
        several = flipped(several, bit % (len(whole) * 8))
    for data in (cut, several):
        copy.write_bytes(data)
        try:
            assert read_part(copy) == TABLE
        except InputError:
            continue


def test_only_the_row_groups_that_are_read_are_verified(part: Path, tmp_path: Path) -> None:
    whole = part.read_bytes()
    second = read_footer(part).row_group(1).column(0)
    path = tmp_path / "p"
    path.write_bytes(flipped(whole, 8 * (second.data_page_offset + 30)))
    assert open_part(path, [0, 2]).read_row_groups([0, 2]).num_rows == 40
    with pytest.raises(InputError, match="row group 1"):
        open_part(path, [1])
    with pytest.raises(InputError, match="row group 1"):
        open_part(path)


@pytest.mark.parametrize(
    "layout",
    [
        {"compression": "lz4", "write_page_index": False},
        {"use_dictionary": False, "data_page_size": 64},
        {"use_dictionary": ["text"], "column_encoding": {"id": "DELTA_BINARY_PACKED"}},
        {"data_page_version": "2.0"},
    ],
)
def test_any_layout_has_checksums_of_all_its_bytes(
    layout: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "p"
    whole = write(path, layout)
    assert read_part(path) == TABLE
    last = read_footer(path).row_group(2).column(0)
    path.write_bytes(flipped(whole, 8 * (last.data_page_offset + 3)))
    with pytest.raises(InputError, match="row group 2"):
        read_part(path)


def test_parts_have_the_page_checksums_of_parquet(part: Path, tmp_path: Path) -> None:
    whole = part.read_bytes()
    column = read_footer(part).row_group(0).column(1)
    path = tmp_path / "p"
    end = column.data_page_offset + column.total_compressed_size
    path.write_bytes(flipped(whole, 8 * (end - 9)))
    with pytest.raises(OSError, match="CRC checksum"):
        pq.ParquetFile(path, page_checksum_verification=True).read()


def test_parts_without_checksums_are_read(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "p", compression="zstd")
    assert read_part(tmp_path / "p") == TABLE


@pytest.mark.parametrize("parts", [[], [["b", "a", "b"]], [["b", "a", "b"], ["a", "c"]]])
def test_dictionaries_are_written_as_the_bytes_of_strings(
    tmp_path: Path, parts: list[list[str]]
) -> None:
    element = pa.struct([("code", pa.string()), ("start", pa.uint32())])
    schema = pa.schema([("language", pa.string()), ("spans", pa.list_(element))])
    tables = [
        pa.table([part, [[{"code": c, "start": 1}] for c in part]], schema=schema) for part in parts
    ]
    coded = with_dictionaries(schema, ("language", "code"))
    for name, type_ in (("plain", None), ("coded", coded)):
        writer = PartWriter(tmp_path / name, schema, STANDARD, type_)
        for table in tables:
            writer.write(table if type_ is None else table.cast(type_))
        writer.close()
    assert (tmp_path / "coded").read_bytes() == (tmp_path / "plain").read_bytes()
    assert read_part(tmp_path / "coded").schema == schema


def test_a_table_may_have_no_rows(tmp_path: Path) -> None:
    write_table(tmp_path / "p", TABLE.slice(0, 0))
    assert read_part(tmp_path / "p") == TABLE.slice(0, 0)


def bare(array: np.ndarray[Any, Any]) -> bytes:
    """Return the array as NumPy writes it, without a checksum."""
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("type_", ["u1", "<u2", "<u4", "<u8"])
@pytest.mark.parametrize("length", [0, 100])
def test_arrays_are_verified_and_those_without_a_checksum_are_read(
    type_: str, length: int, tmp_path: Path
) -> None:
    array = np.arange(length).astype(type_)
    path = tmp_path / "a.npy"
    save_array(path, array)
    assert np.array_equal(load_array(path), array)
    assert np.array_equal(np.load(path), array)
    whole = path.read_bytes()
    for bit in range(len(whole) * 8):
        path.write_bytes(flipped(whole, bit))
        with pytest.raises(InputError, match="is damaged"):
            load_array(path)
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        if whole[:end] != bare(array):
            with pytest.raises(InputError, match="is damaged"):
                load_array(path)
    np.save(path, array)
    assert np.array_equal(load_array(path), array)


def test_a_manifest_is_verified(tmp_path: Path) -> None:
    run_stage(tmp_path)
    path = tmp_path / MANIFEST
    whole = path.read_bytes()
    manifest = read_manifest(tmp_path)
    assert manifest
    for bit in range(0, len(whole) * 8, 31):
        path.write_bytes(flipped(whole, bit))
        try:
            found = read_manifest(tmp_path)
            assert found
            # A flip in the field's name leaves the manifest unverified, but otherwise unchanged.
            assert with_checksum(found) == manifest
        except InputError as error:
            assert str(path) in str(error)
    old = msgspec.json.decode(whole)
    del old["checksum"]
    path.write_bytes(msgspec.json.encode(old))
    assert read_manifest(tmp_path)


def test_a_damaged_part_is_made_again_when_a_run_resumes(tmp_path: Path) -> None:
    run_stage(tmp_path / "whole")
    out = tmp_path / "out"
    with pytest.raises(InputError):
        run_stage(out, [0, 1, -1])
    first = out / WORK / "first" / part_name(0)
    first.write_bytes(flipped(first.read_bytes(), 8 * 20))
    run_stage(out)
    assert files_of(out) == files_of(tmp_path / "whole")
