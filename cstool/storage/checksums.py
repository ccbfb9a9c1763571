"""Checksums inside files: each reader verifies what it reads.

The footer of a Parquet part contains the xxh3 of each row group (with the page headers, which
Parquet's own page checksums omit), the xxh3 of the bytes outside row groups (page index, magic
bytes), and the xxh3 of the footer itself, computed with a placeholder in its position. A reader of
a few row groups verifies only these and the footer. A raw array (`.npy`, or plain numbers) ends
with the xxh3 of all preceding bytes and a marker. Measured cost: docs/survival.md.

Files of cstool 0.1 have no checksums and are read without verification.
"""

import base64
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from cstool.arrays import Array
from cstool.errors import InputError
from cstool.storage.manifest import Manifest

STANDARD = {"compression": "zstd", "compression_level": 3, "write_page_index": True}
# Intermediate tables are read only once, so fast compression is better than small files.
QUICK = {"compression": "lz4"}
# Where Arrow keeps the types of columns.
_ARROW_SCHEMA = b"ARROW:schema"
_FOOTER_KEY = b"cstool.checksum"
_REST_KEY = b"cstool.checksum_of_rest"
GROUPS_KEY = b"cstool.row_groups"
_PLACEHOLDER = b"<cstool: checksum of the footer>"
assert len(_PLACEHOLDER) == 32
# Precedes a value of 32 bytes in the footer (Thrift's compact protocol).
_VALUE = b"\x18\x20"
# A Parquet file ends with the footer, the footer's length in 4 bytes, and `PAR1`.
_TAIL = 8
_MAGIC = b"PAR1"
_BLOCK = 1 << 20
# Follows an array's xxh3. Without it, a damaged length in the header could turn the xxh3 into the
# last numbers of an array of cstool 0.1, which has no checksum.
_MARK = b"cs-xxh3\n"
_TRAILER = 16 + len(_MARK)


class PartWriter:
    """Writes a Parquet file with checksums; `close` completes it.

    `layout`: more arguments for pyarrow's ParquetWriter. `dictionaries`: the schema of the tables
    if they have dictionaries in place of strings, which is faster; the file is the same if each has
    the distinct values in the order of their first rows, and they take less than 1 MB.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        layout: Mapping[str, Any] = STANDARD,
        dictionaries: pa.Schema | None = None,
    ) -> None:
        self._path = path
        self._sink = pa.OSFile(str(path), "wb")
        options = {"write_page_checksum": True, **layout}
        if dictionaries is None:
            self._writer = pq.ParquetWriter(self._sink, schema, **options)
        else:
            self._writer = pq.ParquetWriter(self._sink, dictionaries, store_schema=False, **options)
            stored = base64.b64encode(schema.serialize().to_pybytes())
            self._writer.add_key_value_metadata({_ARROW_SCHEMA: stored})
        self._ranges: list[tuple[int, int]] = []

    def write(self, table: pa.Table) -> None:
        """Write a table that is not empty as one row group."""
        begin = self._sink.tell()
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._ranges.append((begin, self._sink.tell()))

    def abort(self) -> None:
        """Close the file without completing it."""
        self._writer.is_open = False
        self._sink.close()

    def close(self, metadata: Mapping[bytes, bytes] | None = None) -> None:
        """Write the metadata and the checksums, and close the file."""
        with self._path.open("rb") as file:
            groups = [hash_range(file, *range_).hexdigest() for range_ in self._ranges]
        listed = msgspec.json.encode(groups)
        self._writer.add_key_value_metadata(
            {
                **(metadata or {}),
                GROUPS_KEY: listed,
                _REST_KEY: _PLACEHOLDER,
                _FOOTER_KEY: _PLACEHOLDER,
            }
        )
        self._writer.close()
        self._sink.close()
        with self._path.open("r+b") as file:
            start, footer = _read_footer(file)
            rest = _rest_digest(file, pq.read_metadata(self._path), (start, start + len(footer)))
            footer = footer.replace(
                _REST_KEY + _VALUE + _PLACEHOLDER, _REST_KEY + _VALUE + rest.encode()
            )
            begin = footer.rindex(_FOOTER_KEY + _VALUE + _PLACEHOLDER) + len(_FOOTER_KEY + _VALUE)
            digest = _footer_digest(footer, begin).encode()
            file.seek(start)
            file.write(footer[:begin] + digest + footer[begin + len(digest) :])


def layout_of(schema: pa.Schema, unique: Sequence[str]) -> dict[str, Any]:
    """Return STANDARD, with dictionaries for all columns except those in `unique`.

    `unique`: Parquet paths (`entities.list.element.qid`) of columns whose values rarely repeat.
    """
    sink = pa.BufferOutputStream()
    pq.write_metadata(schema, sink)
    columns = pq.ParquetFile(sink.getvalue()).schema
    paths = [columns.column(i).path for i in range(len(columns))]
    return {**STANDARD, "use_dictionary": [path for path in paths if path not in unique]}


def write_table(path: Path, table: pa.Table, layout: Mapping[str, Any] = STANDARD) -> None:
    """Write a table as a Parquet file of one row group, with checksums."""
    writer = PartWriter(path, table.schema, layout)
    try:
        if table.num_rows:
            writer.write(table)
        writer.close()
    finally:
        writer.abort()


def content_digest(path: Path) -> str:
    """Return the digest of a part's content that its footer has, without reading the content."""
    metadata = read_footer(path).metadata or {}
    groups: bytes = metadata.get(GROUPS_KEY, b"")
    return xxhash.xxh3_128_hexdigest(groups)


def read_footer(path: Path) -> pq.FileMetaData:
    """Return a part's metadata after verifying the footer.

    Raises InputError with the path if the file is damaged, OSError if it cannot be read.
    """
    with path.open("rb") as file:
        return _checked_footer(path, file)


def open_part(path: Path, groups: Iterable[int] | None = None) -> pq.ParquetFile:
    """Open a part after verifying its footer and its row groups.

    `groups`: indices of the row groups to verify; None: all. Raises InputError with the path if
    the file is damaged, OSError if it cannot be read.
    """
    with path.open("rb") as file:
        metadata = _checked_footer(path, file)
        digests = (metadata.metadata or {}).get(GROUPS_KEY)
        if digests is not None:
            listed = msgspec.json.decode(digests, type=list[str])
            for index in range(metadata.num_row_groups) if groups is None else groups:
                bounds = _byte_range(metadata.row_group(index))
                if hash_range(file, *bounds).hexdigest() != listed[index]:
                    raise damaged(path, f"row group {index}")
    return pq.ParquetFile(path, metadata=metadata)


def read_part(path: Path | str, columns: list[str] | None = None) -> pa.Table:
    """Return the rows of a verified part (`columns`: only these). Raises as `open_part` does."""
    table = open_part(Path(path)).read(columns, use_threads=False)
    return table.replace_schema_metadata(None)


def checked_parts(folder: Path, manifest: Manifest) -> list[Path]:
    """Return the paths of a folder's parts after verifying them, for libraries that read paths.

    Raises as `open_part` does.
    """
    paths = [folder / part.file for part in manifest.tables]
    for path in paths:
        open_part(path)
    return paths


def damaged(path: Path, where: str) -> InputError:
    """Return the error for a file whose checksum does not match; `where`: the part of the file."""
    return InputError(
        f"{path}: is damaged ({where}: checksum mismatch); list all damaged files with `cstool "
        "verify`, then make the folder again with --overwrite"
    )


def _checked_footer(path: Path, file: IO[bytes]) -> pq.FileMetaData:
    try:
        start, footer = _read_footer(file)
        at = footer.rfind(_FOOTER_KEY + _VALUE)
        # Before Arrow parses it: a damaged footer can make Arrow abort the process.
        if at >= 0:
            begin = at + len(_FOOTER_KEY + _VALUE)
            digest = _footer_digest(footer, begin).encode()
            if digest != footer[begin : begin + len(digest)]:
                raise damaged(path, "footer")
        elif GROUPS_KEY in footer:
            raise damaged(path, "footer")  # the key itself is damaged
        file.seek(0)
        metadata = pq.read_metadata(file)
        expected = (metadata.metadata or {}).get(_REST_KEY)
        if expected is not None:
            rest = _rest_digest(file, metadata, (start, start + len(footer)))
            if rest.encode() != expected:
                raise damaged(path, "page index or magic bytes")
        return metadata
    except (OSError, ValueError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the operating system: an OSError of Arrow has no errno
        raise damaged(path, "footer") from error


def _footer_digest(footer: bytes, begin: int) -> str:
    """Return the xxh3 (128 bits, hex) of a footer that stores this xxh3 at byte `begin`."""
    digest = xxhash.xxh3_128(footer[:begin])
    digest.update(_PLACEHOLDER)
    digest.update(footer[begin + len(_PLACEHOLDER) :])
    return digest.hexdigest()


def _rest_digest(file: IO[bytes], metadata: pq.FileMetaData, footer: tuple[int, int]) -> str:
    """Return the xxh3 (128 bits, hex) of the bytes outside row groups and footer.

    `footer`: its byte range.
    """
    digest = xxhash.xxh3_128()
    groups = metadata.num_row_groups  # contiguous
    end = _byte_range(metadata.row_group(groups - 1))[1] if groups else len(_MAGIC)
    for begin, stop in ((0, len(_MAGIC)), (end, footer[0]), (footer[1], footer[1] + _TAIL)):
        file.seek(begin)
        digest.update(file.read(max(0, stop - begin)))
    return digest.hexdigest()


def _read_footer(file: IO[bytes]) -> tuple[int, bytes]:
    """Return the footer's byte offset and the footer. Raises ValueError if there is none."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if size < _TAIL + 4 or tail[4:] != _MAGIC or length > size - _TAIL:
        raise ValueError("no Parquet footer")
    start = size - _TAIL - length
    file.seek(start)
    return start, file.read(length)


def _byte_range(group: pq.RowGroupMetaData) -> tuple[int, int]:
    """Return the byte range of a row group, half-open."""
    begin, end = 1 << 62, 0
    for index in range(group.num_columns):
        column = group.column(index)
        first = column.data_page_offset
        if column.has_dictionary_page and column.dictionary_page_offset is not None:
            first = min(first, column.dictionary_page_offset)
        begin, end = min(begin, first), max(end, first + column.total_compressed_size)
    return begin, end


def hash_range(file: IO[bytes], begin: int, end: int) -> Any:
    """Return the xxh3 object (64 bits) of a half-open byte range of a file."""
    digest = xxhash.xxh3_64()
    file.seek(begin)
    while begin < end and (block := file.read(min(_BLOCK, end - begin))):
        digest.update(block)
        begin += len(block)
    return digest


# ---- raw arrays ----


def append_checksum(path: Path) -> None:
    """Append the xxh3 (128 bits) of a file's bytes, and the marker, to the file."""
    with path.open("r+b") as file:
        file.write(_digest_of(file, path.stat().st_size) + _MARK)


def check_checksum(path: Path) -> None:
    """Verify a file that ends with a checksum. Raises InputError if it is damaged."""
    if not is_sound(path):
        raise damaged(path, "content")


def is_sound(path: Path) -> bool:
    """Whether a file ends with the checksum of its bytes. Raises OSError if it cannot be read."""
    size = path.stat().st_size - _TRAILER
    with path.open("rb") as file:
        return size >= 0 and _digest_of(file, size) + _MARK == file.read()


def _has_mark(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(_MARK)))
        return file.read() == _MARK


def save_array(path: Path, array: Array) -> None:
    """Write an array as `.npy`, followed by a checksum, which NumPy's readers ignore."""
    with path.open("wb") as file:
        np.save(file, array)
    append_checksum(path)


def load_array(path: Path, *, check: bool = True) -> Array:
    """Map a `.npy` array into memory, with `check` after verifying all its bytes.

    Raises InputError if it is damaged, OSError if it cannot be read.
    """
    marked = check and _has_mark(path)
    if marked:
        check_checksum(path)
    try:
        mapped = np.load(path, mmap_mode="r")
    except Exception as error:  # NumPy parses the header as Python and can raise any error
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise damaged(path, "header") from error
    # A plain array over the map: indexing np.memmap takes twice as long.
    array: Array = np.asarray(mapped)
    # A file of cstool 0.1 has no checksum and ends with the array.
    if check and not marked and path.stat().st_size != mapped.offset + array.nbytes:
        raise damaged(path, "content")
    return array


def map_numbers(path: Path, dtype: Any) -> Array:
    """Map a file of numbers that ends with a checksum, without verifying it; shape [n]."""
    number = (path.stat().st_size - _TRAILER) // np.dtype(dtype).itemsize
    if number <= 0:
        return np.zeros(0, dtype)  # an empty file cannot be mapped
    # A plain array over the map: indexing np.memmap takes longer.
    return np.asarray(np.memmap(path, dtype, mode="r", shape=(number,)))


def _digest_of(file: IO[bytes], size: int) -> bytes:
    digest = xxhash.xxh3_128()
    left = size
    while left and (block := file.read(min(_BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.digest()
