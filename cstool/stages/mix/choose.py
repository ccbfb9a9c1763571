"""Chooses the rows of each stage: the first use of each text, and the longest prefix in a budget.

A row is described by a record: hashes of the row and of its text, its size, its class and its
place. `sort_rows` sends the records of each part to buckets, by the hash of the text, so that equal
texts are in one bucket. Everything else is computed from these buckets, one at a time. Stages are
planned in order, because a text that a stage uses is left out of the later ones: `measure` sums the
sizes of a stage's rows by ranges of their keys, `read_edges` returns the rows of those ranges in
which a budget ends, and `choose` counts what all stages use and lists the duplicates.

The key of a row in a source is a hash of the seed, the name of the corpus and what identifies the
row. Rows with equal keys (windows of an entity) are in the order of their places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, changes, numbers
from cstool.arrays.hashing import U64, mix
from cstool.stages.mix.count import COUNTED, OPEN, class_name
from cstool.stages.mix.rows import MixPart
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, SideTable
from cstool.storage.segments import Segment, SegmentWriter, read_segments, segment_file

_RECORD = [
    ("mark", pa.uint64()),
    ("check", pa.uint64()),
    ("row", pa.uint64()),
    ("size", pa.uint32()),
    ("bytes", pa.uint32()),
    ("kind", pa.uint16()),
    ("part", pa.uint32()),
    ("at", pa.uint32()),
]
# A row; `kind`: its class, see `Selection`; `part`, `at`: its place: its part and index there.
RECORDS = pa.schema(_RECORD)
# Sizes of a stage's rows by range of the key; `range`: cell × number of ranges + index.
MEASURED = pa.schema([("range", pa.uint32()), ("size", pa.int64())])
EDGES = pa.schema(
    [("cell", pa.uint32()), ("key", pa.uint64()), ("place", pa.uint64()), ("size", pa.uint32())]
)
# The duplicates of a part: the stage, and the index of the row in the part.
DUPLICATES = pa.schema([("stage", pa.uint8()), ("at", pa.uint32())])
# What a stage uses of a class of rows, and what it leaves out.
USED = "used"
_SUMS = ("rows", "size", "bytes", "twice", "twice_size", "over", "over_size")
USED_ROWS = pa.schema(
    [("stage", pa.uint8()), ("source", pa.uint16()), ("kind", pa.uint16())]
    + [(name, pa.int64()) for name in _SUMS]
)


@dataclass(frozen=True, eq=False)
class Limits:
    """Where the rows of each cell end: rows before (keys[c], places[c]), or all if `open[c]`."""

    keys: Array
    places: Array
    open: Array

    def has(self, cell: Array, key: Array, place: Array) -> Array:
        """Return bool[n]: whether each row is within the limit of its cell."""
        limit = self.keys[cell]
        within: Array = self.open[cell] | (key < limit)
        within |= (key == limit) & (place < self.places[cell])
        return within


@dataclass(frozen=True, eq=False)
class StageChoice:
    """The rows that a stage may use, and its limits once they are known.

    `sources`: int16[folders, classes], the source that chooses the rows of each class, -1 for none.
    `words`, `orders`: uint64[sources], hashes for the keys that determine which rows are used, and
    their order.
    """

    sources: Array
    words: U64
    orders: U64
    limits: Limits | None = None


@dataclass(frozen=True, eq=False)
class Selection:
    """How all rows are chosen: the stages in order; the last one may be without limits.

    `languages`: sorted; the class of a row is twice the index of its language, plus 1 if it is
    code-switched; its cell in a stage is source × languages + language. `folders`: int[parts], the
    folder of each part. `dedup`: whether a text is used only once.
    """

    stages: tuple[StageChoice, ...]
    languages: tuple[str, ...]
    folders: Array
    dedup: bool

    def classes(self) -> list[str]:
        """Return the names of all classes."""
        return [class_name(code, switched) for code in self.languages for switched in (False, True)]

    def rows_of(
        self, choice: StageChoice, row: U64, kind: Array, part: Array, at: Array
    ) -> "StageRows":
        """Return what a stage makes of rows, given by their records.

        `row`: the hash of each; `kind`: its class; `part`, `at`: its place.
        """
        source = choice.sources[self.folders[part], kind]
        cell = source.astype(np.int64) * len(self.languages) + (kind >> 1)
        key = mix(row ^ choice.words[source])
        place = part.astype(np.uint64) << np.uint64(32) | at.astype(np.uint64)
        return StageRows(source, np.maximum(cell, 0), key, place)


class StageRows(NamedTuple):
    """Rows in a stage: the source that chooses each (-1: none), its cell, its key and its place."""

    source: Array
    cell: Array
    key: Array
    place: Array


class Bucket(NamedTuple):
    """The records of a bucket: its name and its segments."""

    name: str
    records: tuple[Segment, ...]


@dataclass(frozen=True)
class SortWork:
    """The parameters of `sort_rows`: the folders of the counted rows and of the segments."""

    counted: str
    segments: str
    languages: tuple[str, ...]
    buckets: int


def kinds_of(counted: pa.Table, languages: tuple[str, ...]) -> Array:
    """Return uint16[n]: the class of each counted row, see `Selection`."""
    codes = counted.column("language").combine_chunks().dictionary_encode()
    ranks = {code: rank for rank, code in enumerate(languages)}
    of_code = np.array([ranks[code] for code in codes.dictionary.to_pylist()], np.uint16)
    switched = counted.column("switched").to_numpy().astype(np.uint16)
    kinds: Array = of_code[codes.indices.to_numpy()] * np.uint16(2) + switched
    return kinds


def sort_rows(part: MixPart, work: SortWork) -> Batches:
    """Write the records of a part's rows as segments, one per bucket; yield their index."""
    counted = read_part(Path(work.counted) / part.name, COUNTED.names)
    state = counted.column("state").to_numpy()
    kinds = kinds_of(counted, work.languages)
    with SegmentWriter(segment_file(Path(work.segments), part.name), RECORDS) as segments:
        rows = np.flatnonzero(state == OPEN)
        if len(rows):
            some = counted.filter(booleans(state == OPEN))
            columns = [some.column(n).combine_chunks() for n, _ in _RECORD[:5]]
            columns.append(numbers(kinds[rows]))
            columns.append(numbers(np.full(len(rows), part.number, np.uint32)))
            columns.append(numbers(rows.astype(np.uint32)))
            marks = some.column("mark").to_numpy() >> np.uint64(32)
            buckets = marks * np.uint64(work.buckets) >> np.uint64(32)
            segments.write(pa.table(columns, schema=RECORDS), buckets.astype(np.uint32))
    yield segments.index()
    return Counts()


class _Records(NamedTuple):
    """The records of a bucket; `group`: int64[n], of equal texts, -1 for a text that is unique."""

    size: Array
    bytes: Array
    kind: Array
    part: Array
    at: Array
    row: Array
    group: Array
    groups: int


def _read(bucket: Bucket, dedup: bool) -> _Records:
    table = read_segments(bucket.records, RECORDS).combine_chunks()
    columns = {name: table.column(name).to_numpy() for name in RECORDS.names}
    mark, check = columns.pop("mark"), columns.pop("check")
    groups = np.full(len(mark), -1, np.int64)
    number = 0
    if dedup:
        members = _twice(mark)
        members = members[np.lexsort((check[members], mark[members]))]
        begins = changes(mark[members]) | changes(check[members])
        groups[members] = np.cumsum(begins) - 1
        number = int(begins.sum())
    return _Records(**columns, group=groups, groups=number)


def _twice(marks: Array) -> Array:
    """Return the indices of marks that occur more than once."""
    order = np.argsort(marks)
    same = np.flatnonzero(~changes(marks[order]))
    is_in = np.zeros(len(marks), bool)
    is_in[same] = is_in[same - 1] = True
    members: Array = order[is_in]
    return members


class _Chosen(NamedTuple):
    """Rows of a bucket in a stage: those chosen by no source, a second time, and to be used."""

    rows: StageRows
    is_open: Array
    twice: Array
    used: Array


def _stages(records: _Records, selection: Selection) -> Iterator[_Chosen]:
    """Yield the rows of each stage; of one without limits, all that are no duplicates are used."""
    known = np.zeros(len(records.row), bool)  # whether an earlier stage used the text
    for choice in selection.stages:
        rows = selection.rows_of(choice, records.row, records.kind, records.part, records.at)
        is_open = rows.source >= 0
        twice = is_open & known
        members = np.flatnonzero((records.group >= 0) & is_open & ~known)
        order = members[
            np.lexsort(
                (*(one[members] for one in (rows.place, rows.key, rows.source, records.group)),)
            )
        ]
        twice[order[~changes(records.group[order])]] = True
        used = is_open & ~twice
        if choice.limits is not None:
            used &= choice.limits.has(rows.cell, rows.key, rows.place)
        yield _Chosen(rows, is_open, twice, used)
        if selection.dedup:
            known |= used
            of_group = np.zeros(records.groups + 1, bool)  # the last one: of unique texts
            of_group[records.group[used]] = True
            of_group[-1] = False
            known |= of_group[records.group]


def range_bits(cells: int) -> int:
    """Return the number of bits of the key that divide it into ranges, for a number of cells."""
    return max(4, min(12, 22 - (cells - 1).bit_length()))


def _ranges(rows: StageRows, bits: int) -> Array:
    ranges: Array = rows.cell << bits | (rows.key >> np.uint64(64 - bits)).astype(np.int64)
    return ranges


def measure(bucket: Bucket, work: tuple[Selection, int]) -> Batches:
    """Yield the sizes of the rows that the last stage may use (schema MEASURED).

    `work`: the selection, and the number of cells in the stage.
    """
    selection, cells = work
    records = _read(bucket, selection.dedup)
    *_, last = _stages(records, selection)
    bits = range_bits(cells)
    of_row = _ranges(last.rows, bits)[last.used]
    sizes = np.bincount(of_row, records.size[last.used], cells << bits).astype(np.int64)
    some = np.flatnonzero(sizes)
    yield pa.table([numbers(some.astype(np.uint32)), numbers(sizes[some])], schema=MEASURED)
    return Counts()


def read_edges(bucket: Bucket, work: tuple[Selection, Array]) -> Batches:
    """Yield the rows that the last stage may use in some ranges (schema EDGES).

    `work`: the selection, and int64[cells], the index of a range of each cell, -1 for none.
    """
    selection, edges = work
    records = _read(bucket, selection.dedup)
    *_, last = _stages(records, selection)
    bits = range_bits(len(edges))
    at = (last.rows.key >> np.uint64(64 - bits)).astype(np.int64)
    some = np.flatnonzero(last.used & (at == edges[last.rows.cell]))
    cell = last.rows.cell[some].astype(np.uint32)
    columns = (cell, last.rows.key[some], last.rows.place[some], records.size[some])
    yield pa.table([numbers(one) for one in columns], schema=EDGES)
    return Counts()


def choose(bucket: Bucket, work: tuple[Selection, str]) -> Batches:
    """Write the duplicates of each part as segments, yield their index.

    A side table has the sums of what each stage uses (schema USED_ROWS). `work`: the selection, and
    the folder of the segments.
    """
    selection, folder = work
    records = _read(bucket, selection.dedup)
    sums, duplicates, parts = [USED_ROWS.empty_table()], [DUPLICATES.empty_table()], []
    for stage, chosen in enumerate(_stages(records, selection)):
        sums.append(_sums(stage, records, chosen, len(selection.languages) * 2))
        rows = np.flatnonzero(chosen.twice)
        parts.append(records.part[rows])
        stages = np.full(len(rows), stage, np.uint8)
        columns = [numbers(stages), numbers(records.at[rows])]
        duplicates.append(pa.table(columns, schema=DUPLICATES))
    with SegmentWriter(segment_file(Path(folder), bucket.name), DUPLICATES) as segments:
        segments.write(pa.concat_tables(duplicates), np.concatenate(parts))
    yield SideTable(USED, pa.concat_tables(sums).combine_chunks())
    yield segments.index()
    return Counts()


def _sums(stage: int, records: _Records, chosen: _Chosen, classes: int) -> pa.Table:
    source = chosen.rows.source.astype(np.int64)
    code = (source * classes + records.kind)[chosen.is_open]
    found, inverse = np.unique(code, return_inverse=True)
    ones = np.ones(len(code), np.int64)
    size, length = (one[chosen.is_open] for one in (records.size, records.bytes))
    used, twice = (one[chosen.is_open] for one in (chosen.used, chosen.twice))
    over = ~used & ~twice
    weights = (
        *(ones * used, size * used, length * used),
        *(ones * twice, size * twice, ones * over, size * over),
    )
    return pa.table(
        [
            numbers(np.full(len(found), stage, np.uint8)),
            numbers((found // classes).astype(np.uint16)),
            numbers((found % classes).astype(np.uint16)),
            *(numbers(np.bincount(inverse, w, len(found)).astype(np.int64)) for w in weights),
        ],
        schema=USED_ROWS,
    )
