"""Shuffles the rows of each stage: `scatter` sorts them into files, `gather` merges each file.

The order of a stage's rows is that of another hash than the one that chooses them; files are equal
ranges of it. Windows of an entity have the same hash, and keep their order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, one_chunk, strings
from cstool.arrays.hashing import mix
from cstool.formats.corpus_formats import format_of, group_size
from cstool.formats.format_options import FormatOptions
from cstool.formats.make_files import file_batches
from cstool.formats.token_sequences import TOKEN_IDS
from cstool.formats.written_files import Destination
from cstool.stages.mix.choose import DUPLICATES, Selection, kinds_of
from cstool.stages.mix.count import OPEN
from cstool.stages.mix.rows import MixPart, RowGroup, groups_of
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.storage.row_kinds import RowKind
from cstool.storage.segments import (
    Segment,
    SegmentWriter,
    merge_segments,
    order_by_destination,
    read_segments,
    segment_file,
)

_KEY = pa.field("random_key", pa.uint64())
_KEY_BITS = 32
# The columns of counted rows that determine what is used.
_CHOSEN_BY = ["row", "language", "switched", "state"]


@dataclass(frozen=True)
class ScatterWork:
    """The parameters of `scatter`.

    `names`: for each stage, the names of its corpora. `files`: the number of files of each stage.
    `counted`, `segments`: folders. `schema`: of the rows.
    """

    selection: Selection
    names: tuple[tuple[str, ...], ...]
    files: tuple[int, ...]
    counted: str
    segments: str
    schema: pa.Schema


@dataclass(frozen=True)
class PartToScatter:
    """A part, and the segments of its duplicates."""

    part: MixPart
    duplicates: tuple[Segment, ...]


@dataclass(frozen=True)
class FileToWrite:
    """A file of the mixture: its name (see `written_files.Destination`) and its segments."""

    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class GatherWork:
    """The parameters of `gather`: the output folder, the format, its options, the kind of rows.

    `schema`: of the rows in the segments.
    """

    out: str
    format: str
    kind: RowKind
    options: FormatOptions
    schema: pa.Schema


@dataclass(frozen=True)
class _Uses:
    """The uses of rows by stages: the index of each row, its destination, its key, its corpus.

    `corpus`: the index of its name among those of all stages.
    """

    row: Array
    destination: Array
    key: Array
    corpus: Array
    stage: Array


def keyed(schema: pa.Schema) -> pa.Schema:
    """Return the schema of the segments: with a column for the random key."""
    return schema.append(_KEY)


def scatter(task: PartToScatter, work: ScatterWork) -> Batches:
    """Write the rows of a part as segments, one per destination; yield the index of these."""
    counted = open_part(Path(work.counted) / task.part.name)
    uses = _uses(task, work, counted.read(_CHOSEN_BY, use_threads=False))
    names = strings([name for stage in work.names for name in stage])
    schema = work.schema
    with SegmentWriter(segment_file(Path(work.segments), task.part.name), keyed(schema)) as out:
        before = 0
        # Each group is a row group of the counted rows.
        for index, group in enumerate(group for group in groups_of(task.part) if group.rows):
            low, high = np.searchsorted(uses.row, [before, before + group.rows])
            order = low + order_by_destination(uses.destination[low:high], uses.key[low:high])
            column = partial(_column, group, counted, index)
            # Rows that several stages use are in several batches, none larger than the group.
            for first in range(0, len(order), group.rows):
                some = order[first : first + group.rows]
                made = {
                    "corpus": names.take(numbers(uses.corpus[some])),
                    "stage": numbers(uses.stage[some]),
                    _KEY.name: numbers(uses.key[some]),
                }
                of_row = numbers(uses.row[some] - before)
                # One column at a time, so that the memory of each is reused.
                columns = [
                    made[name] if name in made else column(name).take(of_row)
                    for name in keyed(schema).names
                ]
                batch = pa.RecordBatch.from_arrays(columns, schema=keyed(schema))
                out.write_ordered(batch, uses.destination[some])
            before += group.rows
    yield out.index()
    return Counts()


def _column(group: RowGroup, counted: pq.ParquetFile, index: int, name: str) -> pa.Array:
    """Return a column of a group; the tokens of its texts are among the counted rows."""
    if name != TOKEN_IDS.name:
        return group.column(name)
    return one_chunk(counted.read_row_group(index, [name], use_threads=False).column(0))


def _uses(task: PartToScatter, work: ScatterWork, counted: pa.Table) -> _Uses:
    """Return the uses of a part's rows, in the order of the rows."""
    selection = work.selection
    kinds = kinds_of(counted, selection.languages)
    is_open = np.flatnonzero(counted.column("state").to_numpy() == OPEN)
    row = counted.column("row").to_numpy()[is_open]
    part = np.full(len(row), task.part.number, np.uint32)
    twice = read_segments(task.duplicates, DUPLICATES).combine_chunks()
    stage_of_twice, at = (twice.column(name).to_numpy() for name in DUPLICATES.names)
    found = []
    first_file = first_name = 0
    for number, choice in enumerate(selection.stages):
        assert choice.limits is not None
        its = selection.rows_of(choice, row, kinds[is_open], part, is_open)
        used = (its.source >= 0) & choice.limits.has(its.cell, its.key, its.place)
        used &= ~np.isin(is_open, at[stage_of_twice == number])
        source = its.source[used]
        key = mix(row[used] ^ choice.orders[source])
        files = np.uint64(work.files[number])
        file = (key >> np.uint64(64 - _KEY_BITS)) * files >> np.uint64(_KEY_BITS)
        stage = np.full(len(key), number + 1, np.uint8)
        destination = file.astype(np.uint32) + np.uint32(first_file)
        corpus = source.astype(np.int64) + first_name
        found.append(_Uses(is_open[used], destination, key, corpus, stage))
        first_file += work.files[number]
        first_name += len(work.names[number])
    columns = [
        np.concatenate([getattr(uses, name) for uses in found])
        for name in _Uses.__dataclass_fields__
    ]
    order = np.argsort(columns[0], kind="stable")
    return _Uses(*(column[order] for column in columns))


def gather(file: FileToWrite, work: GatherWork) -> Batches:
    """Yield the rows of a file in the order of their keys; return counts.

    The files of a format that is not Parquet are written here; their record is yielded.
    """
    form = format_of(work.format, work.kind)
    counts = Counts()
    rows = _in_order(file, work, counts)
    destination = Destination(Path(work.out), file.name)
    yield from file_batches(form, rows, destination, work.options, counts)
    return counts


def _in_order(file: FileToWrite, work: GatherWork, counts: Counts) -> Iterator[pa.Table]:
    """Yield the rows of a file in the order of their keys, in tables of a row group's size."""
    size = group_size(work.kind)
    return _counted(merge_segments(file.segments, keyed(work.schema), _KEY.name, size), counts)


def _counted(tables: Iterable[pa.Table], counts: Counts) -> Iterator[pa.Table]:
    for rows in tables:
        counts.tally("rows").keep(rows.num_rows)
        yield rows
