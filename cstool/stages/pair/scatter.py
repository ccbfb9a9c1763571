"""Distributes the pages that are written over the parts of the output."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.hashing import hash_word, mix
from cstool.stages.pair.plan import PairPlan, SavedArray, place
from cstool.storage.checksums import load_array, open_part, read_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.storage.schemas import QID, UNIT_FIELDS
from cstool.storage.segments import SegmentWriter, segment_file

# A page on its way to its part. `key`: see `PairPlan`; `wiki`: the index of its wiki.
_PAGES = pa.schema(
    [
        ("key", pa.uint64()),
        ("qid", QID),
        ("wiki", pa.uint16()),
        ("page_id", pa.uint32()),
        ("revision_id", pa.int64()),
        ("title", pa.string()),
        ("text", pa.string()),
    ]
)
# Columns that the input does not have.
_ADDED = {"key", "qid", "wiki"}
# Bytes of rows that are collected before they are written: fewer would make too many segments.
_BYTES_AT_ONCE = 32 << 20


@dataclass(frozen=True)
class PagesToMove:
    """A part with pages. `number`, `name`: of the part; `wiki`: the index of its wiki.

    `found`: the file of its pages that are about an entity.
    """

    file: str
    number: int
    name: str
    wiki: int
    found: str


@dataclass(frozen=True)
class MovePages:
    """The parameters of `scatter_pages`: the plan, and the folder of the segments."""

    plan: PairPlan
    segments: str


def moved_schema(plan: PairPlan) -> pa.Schema:
    """Return the columns of pages in segments; the starts of sentences only if pages are cut."""
    return _PAGES.append(UNIT_FIELDS[0]) if plan.options.is_cut else _PAGES


def scatter_pages(part: PagesToMove, work: MovePages) -> Batches:
    """Write the pages of a part as segments, one per destination; yield the index of these."""
    plan = work.plan
    schema = moved_schema(plan)
    rows, qids = _chosen(part, plan)
    file = segment_file(Path(work.segments), part.name)
    held: list[pa.Table] = []
    with SegmentWriter(file, schema) as segments:
        for table in _rows(open_part(Path(part.file)), rows, qids, part, plan):
            held.append(table)
            if sum(one.nbytes for one in held) >= _BYTES_AT_ONCE:
                _write(segments, held, plan)
                held = []
        if held:
            _write(segments, held, plan)
    yield segments.index()
    return Counts()


def _chosen(part: PagesToMove, plan: PairPlan) -> tuple[Array, Array]:
    """Return the rows of a part that are written, in order, and their QIDs."""
    found = read_part(part.found, ["row", "qid"])
    rows, qids = (found.column(name).to_numpy() for name in ("row", "qid"))
    entities, repeated = _loaded(plan.entities), _loaded(plan.repeated)
    index = np.minimum(np.searchsorted(entities, qids), len(entities) - 1)
    kept = entities[index] == qids
    if len(repeated):
        kept &= ~np.isin(place(part.number, rows), repeated)
    return rows[kept], qids[kept]


@lru_cache(maxsize=2)
def _loaded(saved: SavedArray) -> Array:
    return load_array(Path(saved.file))


def _rows(
    source: pq.ParquetFile, rows: Array, qids: Array, part: PagesToMove, plan: PairPlan
) -> Iterator[pa.Table]:
    """Yield the chosen rows of each row group, with their keys."""
    schema = moved_schema(plan)
    names = [name for name in schema.names if name not in _ADDED]
    first = 0
    for group in range(source.num_row_groups):
        last = first + source.metadata.row_group(group).num_rows
        begin, end = np.searchsorted(rows, [first, last])
        if begin < end:
            table = source.read_row_group(group, columns=names, use_threads=False)
            if end - begin < table.num_rows:
                table = table.take(numbers(rows[begin:end].astype(np.int64) - first))
            columns = {name: table.column(name) for name in names} | {
                "key": numbers(_keys(qids[begin:end], table, part, plan)),
                "qid": numbers(qids[begin:end]),
                "wiki": numbers(np.full(end - begin, part.wiki, np.uint16)),
            }
            yield pa.table([columns[name] for name in schema.names], schema=schema)
        first = last


def _keys(qids: Array, table: pa.Table, part: PagesToMove, plan: PairPlan) -> Array:
    """Return the key of each row, by which the rows of the output are sorted: uint64[n]."""
    if not plan.options.unpaired:
        return qids.astype(np.uint64)
    name, _ = plan.wikis[part.wiki]
    return mix(table.column("page_id").to_numpy().astype(np.uint64) ^ hash_word(name))


def _write(segments: SegmentWriter, tables: list[pa.Table], plan: PairPlan) -> None:
    table = pa.concat_tables(tables)
    inner = np.array(plan.cuts[1:-1], np.uint64)
    keys = table.column("key").to_numpy()
    segments.write(table, np.searchsorted(inner, keys, "right").astype(np.uint32))
