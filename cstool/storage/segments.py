"""Rows on their way to a destination: one file a writer, a stretch of bytes a destination.

The shuffle of `shard`. A part is read once, its rows are put together by destination, and each
destination's rows are a record batch in one file (Arrow's IPC messages, unpacked: packing them
would cost more than all else that is done to them). A small table tells where each begins; so a
destination is read from just its own bytes, however many there are.
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
import pyarrow.parquet as pq
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import damaged, read_part
from cstool.storage.parts import FinishedPart

_ROWS_AT_ONCE = 300_000
_BLOCK = 1 << 18

# Where the segments of a file lie: a writer's part.
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
    """Some rows of one destination: a file, a stretch of its bytes, and their xxh3 (64 bits)."""

    file: str
    offset: int
    bytes: int
    checksum: int


class SegmentWriter:
    """Writes a file of segments, which appears whole when the `with` block ends."""

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
            # The schema goes out with the first batch: an empty one, which is no segment.
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
        """Write each row to its destination; those of one destination stay in their order."""
        if len(destinations) and destinations.max() < 1 << 16:
            destinations = destinations.astype(np.uint16)  # which NumPy sorts five times as fast
        order = np.argsort(destinations, kind="stable")
        ordered = destinations[order]
        [batch] = table.take(numbers(order)).combine_chunks().to_batches() or [None]
        if batch is None:
            return
        firsts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        for first, last in zip(firsts, np.append(firsts[1:], len(ordered)), strict=True):
            offset = self._sink.tell()
            self._writer.write_batch(batch.slice(first, last - first))
            size = self._sink.tell() - offset
            self._index.append((int(ordered[first]), offset, size, int(last - first)))

    def index(self) -> pa.Table:
        """Return where each segment lies, and its checksum; the file is complete."""
        columns = np.array(self._index, np.int64).reshape(-1, 4).T
        with self._path.open("rb") as file:
            checksums = np.array([_digest(file, at, size) for _, at, size, _ in self._index], "u8")
        arrays = [numbers(column) for column in (*columns, checksums)]
        return pa.table(arrays, INDEX.names).cast(INDEX)


def _digest(file: BufferedIOBase, offset: int, size: int) -> int:
    digest = xxhash.xxh3_64()
    file.seek(offset)
    # One buffer for all: fresh memory for each segment would cost more than the hash.
    block = memoryview(bytearray(min(size, _BLOCK)))
    while size and (read := file.readinto(block[:size])):
        digest.update(block[:read])
        size -= read
    return digest.intdigest()


def are_whole(indexes: Path, files: Path, part: str) -> bool:
    """Whether the segments that a writer's part lists are there and undamaged."""
    table = read_part(indexes / part)
    rows = zip(*(table.column(n).to_pylist() for n in ("offset", "bytes", "checksum")), strict=True)
    try:
        with segment_file(files, part).open("rb") as file:
            return all(_digest(file, at, size) == checksum for at, size, checksum in rows)
    except FileNotFoundError:
        return False


def segments_of(
    made: Iterable[FinishedPart], indexes: Path, files: Path
) -> tuple[dict[int, tuple[Segment, ...]], dict[int, int]]:
    """Return the segments and the number of rows of each destination, in the writers' order.

    `indexes` is the folder of the writers' parts, `files` that of their files of segments.
    """
    found: dict[int, list[Segment]] = {}
    rows: dict[int, int] = {}
    for one in made:
        table = read_part(indexes / one.part.file)
        file = str(segment_file(files, one.part.file))
        for destination, offset, size, number, checksum in zip(
            *(table.column(name).to_pylist() for name in INDEX.names), strict=True
        ):
            found.setdefault(destination, []).append(Segment(file, offset, size, checksum))
            rows[destination] = rows.get(destination, 0) + number
    return {d: tuple(segments) for d, segments in found.items()}, rows


def segment_file(folder: Path, part: str) -> Path:
    """Return the file of segments that belongs to a writer's part."""
    return folder / Path(part).with_suffix(".arrow").name


def read_segments(segments: Iterable[Segment], schema: pa.Schema) -> pa.Table:
    """Return the rows of the segments, in their order."""
    batches = list(_batches(segments, schema))
    return pa.Table.from_batches(batches, schema)


def _batches(segments: Iterable[Segment], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    # One file is open at a time: there may be more of them than a process may have open. What was
    # read stays mapped.
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
    """Yield a part's row groups, some at a time: what is held at once has a bound."""
    groups: list[int] = []
    rows = 0
    for index in range(part.num_row_groups):
        groups.append(index)
        rows += part.metadata.row_group(index).num_rows
        if rows >= _ROWS_AT_ONCE or index == part.num_row_groups - 1:
            table = part.read_row_groups(groups, columns=columns, use_threads=False)
            yield table.combine_chunks().replace_schema_metadata(None)
            groups, rows = [], 0
