"""Segments: the intermediate files of the shuffle in `shard`, which groups rows by destination.

Each part is read once, its rows are grouped by destination, and each group becomes a record batch
in the part's segment file (Arrow IPC messages, not compressed: compression would take longer than
all other steps). An index table has the byte range of each segment, so that reading a destination
reads only its own bytes.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, slices_of
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import damaged, read_part
from cstool.storage.parts import FinishedPart

# The row groups that are read together: as many rows, or bytes before compression.
_ROWS_AT_ONCE = 300_000
_BYTES_AT_ONCE = 1 << 27
_BLOCK = 1 << 18

# The index of a segment file, which is the part of the task that wrote the file.
INDEX = pa.schema(
    [
        ("destination", pa.uint32()),
        ("offset", pa.int64()),
        ("bytes", pa.int64()),
        ("rows", pa.int64()),
        ("checksum", pa.uint64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Some rows of one destination: a byte range of a file, and its xxh3 (64 bits)."""

    file: str
    offset: int
    bytes: int
    checksum: int


class SegmentWriter:
    """Writes a segment file, which appears complete when the `with` block ends."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._index: list[tuple[int, int, int, int]] = []

    def __enter__(self) -> Self:
        options = pa.ipc.IpcWriteOptions(use_threads=False)
        with ExitStack() as stack:
            path = stack.enter_context(whole_file(self._path))
            self._sink = stack.enter_context(pa.OSFile(str(path), "wb"))
            self._writer = stack.enter_context(
                pa.ipc.new_stream(self._sink, self._schema, options=options)
            )
            # The first batch writes the schema as well: an empty batch, which is not a segment.
            self._writer.write_batch(pa.RecordBatch.from_pylist([], self._schema))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, fault, trace)

    def write(self, table: pa.Table, destinations: Array) -> None:
        """Write the rows as segments; `destinations`: int[n], the destination of each row.

        Rows of one destination keep their order.
        """
        order = order_by_destination(destinations)
        batches = table.take(numbers(order)).combine_chunks().to_batches()
        if batches:
            self.write_ordered(batches[0], destinations[order])

    def write_ordered(self, batch: pa.RecordBatch, destinations: Array) -> None:
        """Write rows that are in the order of their destinations."""
        firsts = np.flatnonzero(np.append(True, destinations[1:] != destinations[:-1]))
        for first, last in zip(firsts, np.append(firsts[1:], len(destinations)), strict=True):
            offset = self._sink.tell()
            self._writer.write_batch(batch.slice(first, last - first))
            size = self._sink.tell() - offset
            self._index.append((int(destinations[first]), offset, size, int(last - first)))

    def index(self) -> pa.Table:
        """Return the index of the segments (schema INDEX), after the file is complete."""
        columns = np.array(self._index, np.int64).reshape(-1, 4).T
        with self._path.open("rb") as file:
            checksums = np.array(
                [_digest(file, offset, size) for _, offset, size, _ in self._index], "u8"
            )
        arrays = [numbers(column) for column in (*columns, checksums)]
        return pa.table(arrays, INDEX.names).cast(INDEX)


def order_by_destination(destinations: Array, keys: Array | None = None) -> Array:
    """Return the indices of rows in the order of their destinations.

    Rows of one destination are in the order of their keys, if there are any; equal ones keep their
    order.
    """
    if len(destinations) and destinations.max() < 1 << 16:
        destinations = destinations.astype(np.uint16)  # NumPy sorts these five times as fast
    if keys is None:
        return np.argsort(destinations, kind="stable")
    by_key = np.argsort(keys, kind="stable")
    order: Array = by_key[np.argsort(destinations[by_key], kind="stable")]
    return order


def _digest(file: BufferedIOBase, offset: int, size: int) -> int:
    digest = xxhash.xxh3_64()
    file.seek(offset)
    # One buffer for all blocks: allocating memory would take longer than hashing.
    block = memoryview(bytearray(min(size, _BLOCK)))
    while size and (read := file.readinto(block[:size])):
        digest.update(block[:read])
        size -= read
    return digest.intdigest()


def are_whole(indexes: Path, files: Path, part: str) -> bool:
    """Whether all segments in the index `part` exist and are undamaged."""
    table = read_part(indexes / part)
    rows = zip(*(table.column(n).to_pylist() for n in ("offset", "bytes", "checksum")), strict=True)
    try:
        with segment_file(files, part).open("rb") as file:
            return all(_digest(file, offset, size) == checksum for offset, size, checksum in rows)
    except FileNotFoundError:
        return False


def segments_of(
    made: Iterable[FinishedPart], indexes: Path, files: Path
) -> tuple[dict[int, tuple[Segment, ...]], dict[int, int]]:
    """Return the segments and the number of rows of each destination, in the order of `made`.

    `made`: the indexes. `indexes`: their folder. `files`: the folder of the segment files.
    """
    by_destination: dict[int, list[Segment]] = {}
    rows: dict[int, int] = {}
    for index in made:
        table = read_part(indexes / index.part.file)
        file = str(segment_file(files, index.part.file))
        for destination, offset, size, number, checksum in zip(
            *(table.column(name).to_pylist() for name in INDEX.names), strict=True
        ):
            segment = Segment(file, offset, size, checksum)
            by_destination.setdefault(destination, []).append(segment)
            rows[destination] = rows.get(destination, 0) + number
    return {d: tuple(segments) for d, segments in by_destination.items()}, rows


def segment_file(folder: Path, part: str) -> Path:
    """Return the path of the segment file that belongs to the index `part`."""
    return folder / Path(part).with_suffix(".arrow").name


def read_segments(segments: Iterable[Segment], schema: pa.Schema) -> pa.Table:
    """Return the rows of the segments, in order. Raises InputError if a segment is damaged."""
    batches = list(_batches(segments, schema))
    return pa.Table.from_batches(batches, schema)


@dataclass(frozen=True)
class TableSize:
    """The size of merged tables: at most `rows`, and about `bytes` of the columns `texts`."""

    rows: int
    bytes: int | None = None
    texts: tuple[str, ...] = ()


def merge_segments(
    segments: Iterable[Segment], schema: pa.Schema, key: str, size: TableSize
) -> Iterator[pa.Table]:
    """Yield the rows of segments in the order of a key, in tables of that size.

    The rows of each segment are in the order of the key already, so that a table needs only a range
    of each; others stay in the files. The tables do not have the column of the key. Raises
    InputError if a segment is damaged.
    """
    batches = list(_batches(segments, schema))
    sizes = np.array([batch.num_rows for batch in batches])
    of_batch = np.repeat(np.arange(len(batches)), sizes)
    order = np.argsort(np.concatenate([b.column(key).to_numpy() for b in batches]), kind="stable")
    columns = [batch.drop_columns([key]) for batch in batches]
    begins = np.cumsum(sizes) - sizes
    done = np.zeros(len(batches), np.int64)
    for start, end in _tables(batches, order, size):
        indices = order[start:end]
        source = of_batch[indices]
        taken = np.bincount(source, minlength=len(batches))
        some = pa.Table.from_batches(
            [columns[i].slice(done[i], taken[i]) for i in np.flatnonzero(taken)]
        )
        # From the index among all rows to that among those of the ranges.
        shift = np.cumsum(taken) - taken - done - begins
        yield some.take(numbers(indices + shift[source])).combine_chunks()
        done += taken


def _tables(
    batches: list[pa.RecordBatch], order: Array, size: TableSize
) -> Iterator[tuple[int, int]]:
    """Yield the range of rows of each table, half-open, in the final order."""
    if size.bytes is None:
        yield from ((at, at + size.rows) for at in range(0, len(order), size.rows))
        return
    sizes = np.zeros(len(order), np.int64)
    for name in size.texts:
        sizes += np.concatenate([pc.binary_length(b.column(name)).to_numpy() for b in batches])
    yield from slices_of(np.cumsum(sizes[order]), size.bytes, size.rows)


def _batches(segments: Iterable[Segment], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    # One file at a time, because their number may exceed the limit of open files. Batches that
    # were read stay mapped.
    for name, its in groupby(segments, key=lambda segment: segment.file):
        with pa.memory_map(name) as file:
            for segment in its:
                file.seek(segment.offset)
                data = file.read_buffer(segment.bytes)
                if xxhash.xxh3_64_intdigest(data) != segment.checksum:
                    raise damaged(Path(name), f"byte {segment.offset:,}")
                message = pa.ipc.read_message(data)
                yield pa.ipc.read_record_batch(message, schema)


def row_groups(part: pq.ParquetFile, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Yield the rows of a part in tables of several row groups, which bounds the memory."""
    for groups in groups_at_once(part):
        yield read_groups(part, groups, columns).combine_chunks()


def groups_at_once(part: pq.ParquetFile) -> Iterator[list[int]]:
    """Yield the indices of the row groups that `row_groups` reads together."""
    groups: list[int] = []
    rows = size = 0
    for index in range(part.num_row_groups):
        groups.append(index)
        rows += part.metadata.row_group(index).num_rows
        size += part.metadata.row_group(index).total_byte_size
        enough = rows >= _ROWS_AT_ONCE or size >= _BYTES_AT_ONCE
        if enough or index == part.num_row_groups - 1:
            yield groups
            groups, rows, size = [], 0, 0


def batches_by_group(
    part: pq.ParquetFile, rows: int, columns: list[str]
) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most `rows` rows, each of a single row group.

    Row groups of long texts are bounded by bytes, which a number of rows is not.
    """
    for group in range(part.num_row_groups):
        yield from part.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False)


def read_groups(part: pq.ParquetFile, groups: list[int], columns: list[str] | None) -> pa.Table:
    """Return the rows of some row groups."""
    table = part.read_row_groups(groups, columns=columns, use_threads=False)
    return table.replace_schema_metadata(None)
