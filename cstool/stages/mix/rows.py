"""The rows of the sources: those of corpora as they are, those of `pair` cut into windows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.arrays import Array
from cstool.arrays.arrow import changes, flat, list_of, list_of_structs, numbers, one_chunk
from cstool.arrays.codepoints import begins_of, cut
from cstool.arrays.hashing import hash_word, mix, page_hashes
from cstool.storage.checksums import open_part
from cstool.storage.schemas import PAIRED, POSITIONS_A_PAGE, SPANS, UNIT_FIELDS
from cstool.storage.segments import groups_at_once, read_groups

# Ids of sentences have fewer bits (`schemas.sentence_id`).
_PASS_SHIFT = 52
_PAGES_OF_PAIRS = {"wiki": "wiki", "source_language": "language", "page_id": "page_id"}


@dataclass(frozen=True)
class MixPart:
    """A part of a source: its number among all parts, its name in the work folder, its file.

    `folder`: the index of its folder among those of the recipe. `paired`: whether `pair` wrote it.
    """

    number: int
    name: str
    file: str
    folder: int
    paired: bool


class RowGroup(NamedTuple):
    """Some rows of a part: their number, and a function that reads a column of the mixture."""

    rows: int
    column: Callable[[str], pa.Array]
    windows: "PairWindows | None"


class PairWindows(NamedTuple):
    """The windows of some rows of `pair`.

    `table`: the columns of a mixture, one row per window. `entities`: uint64[n], a hash of the row
    that contains each window. `segments`: the segments of all windows; `first`: int64[n + 1], the
    index of the first segment of each.
    """

    table: pa.Table
    entities: Array
    segments: pa.StructArray
    first: Array


def groups_of(part: MixPart) -> Iterator[RowGroup]:
    """Yield the rows of a part, some row groups at a time. Raises InputError if it is damaged."""
    source = open_part(Path(part.file))
    for groups in groups_at_once(source):
        if part.paired:
            rows = read_groups(source, groups, PAIRED.names).combine_chunks()
            windows = windows_of(rows)
            table = windows.table
            yield RowGroup(table.num_rows, partial(_column_of, table), windows)
        else:
            number = sum(source.metadata.row_group(group).num_rows for group in groups)
            yield RowGroup(number, partial(_read_column, source, groups, number), None)


def _column_of(table: pa.Table, name: str) -> pa.Array:
    return one_chunk(table.column(name))


def _read_column(source: pq.ParquetFile, groups: list[int], rows: int, name: str) -> pa.Array:
    if name == "pass" and name not in source.schema_arrow.names:  # of a corpus with one
        return numbers(np.zeros(rows, np.uint8))
    return one_chunk(read_groups(source, groups, [name]).column(0))


def hashes_of(group: RowGroup) -> tuple[Array, Array, Array]:
    """Return hashes of rows that determine their order, and of their pages.

    The first array, uint64[n], is of what identifies a row; windows of an entity have the same.
    The second one, uint64[p], is of pages, and the third one, int64[p], the row of each.
    """
    if group.windows is not None:
        _, entities, segments, first = group.windows
        fields = {name: segments.field(field) for name, field in _PAGES_OF_PAIRS.items()}
        pages = page_hashes(pa.table(fields), 0)
        return entities, pages, np.repeat(np.arange(len(entities)), np.diff(first))
    columns = {name: group.column(name) for name in ("wiki", "source_language", "page_id")}
    pages = page_hashes(pa.table(columns), 0)
    languages = group.column("language").dictionary_encode()
    words = _words(languages.dictionary)[languages.indices.to_numpy()]
    ids = group.column("id").to_numpy().astype(np.uint64)
    ids |= group.column("pass").to_numpy().astype(np.uint64) << np.uint64(_PASS_SHIFT)
    return mix(mix(ids) ^ words ^ pages), pages, np.arange(group.rows)


def _words(names: pa.Array) -> Array:
    return np.array([hash_word(name) for name in names.to_pylist()], np.uint64)


def windows_of(rows: pa.Table) -> PairWindows:
    """Cut the rows of `pair` into windows.

    A window ends before each segment whose wiki is not after that of the previous segment, in the
    order of the row's wikis. `rows`: a table of one chunk, with the columns of `pair`.
    """
    firsts, segments = flat(one_chunk(rows.column("segments")))
    row = np.repeat(np.arange(rows.num_rows), np.diff(firsts))
    wikis = segments.field("wiki").dictionary_encode()
    begins = _begins(row, wikis.indices.to_numpy())
    first = np.append(np.flatnonzero(begins), len(row))
    of_row = row[first[:-1]]
    last = first[1:] - 1
    table = _window_table(rows, segments, of_row, first[:-1], last)
    lead = firsts[:-1][of_row]  # the first segment of the row
    one = pc.equal(pc.list_value_length(rows.column("languages")), 1)
    alone = one_chunk(one).to_numpy(zero_copy_only=False)[of_row]
    # With `--order unpaired`, the pages of an entity are rows of their own.
    word = np.where(alone, _words(wikis.dictionary)[wikis.indices.to_numpy()[lead]], np.uint64(0))
    qids = one_chunk(rows.column("qid")).to_numpy().astype(np.uint64)[of_row]
    return PairWindows(table, mix(mix(qids) ^ word), segments, first)


def _begins(row: Array, wiki: Array) -> Array:
    """Return bool[s]: whether a window begins with the segment."""
    if not len(row):
        return np.zeros(0, bool)
    _, first, inverse = np.unique(
        row.astype(np.int64) << 32 | wiki, return_index=True, return_inverse=True
    )
    rank = first[inverse]  # the first segment of the same wiki in the row
    begins = changes(row)
    begins[1:] |= rank[1:] <= rank[:-1]
    return begins


def _window_table(
    rows: pa.Table, segments: pa.StructArray, of_row: Array, first: Array, last: Array
) -> pa.Table:
    """Return the windows with the columns of a mixture; `first`, `last`: their segments."""
    texts = one_chunk(rows.column("text"))
    begins = begins_of(texts)
    starts, ends = (segments.field(n).to_numpy().astype(np.int64) for n in ("start", "end"))
    bounds = np.stack([begins[of_row] + starts[first], begins[of_row] + ends[last]], 1).ravel()
    # Between two windows is what separates them; the last bound is the end of all texts.
    pieces = cut(texts, np.append(bounds, begins[-1:]))
    window = pieces.take(numbers(2 * np.arange(len(of_row))))
    number = (
        np.arange(len(of_row)) - np.flatnonzero(changes(of_row))[np.cumsum(changes(of_row)) - 1]
    )
    ids = one_chunk(rows.column("qid")).to_numpy().astype(np.int64)[of_row] * POSITIONS_A_PAGE
    none = np.zeros(len(of_row), np.int32)
    lead = segments.take(numbers(first))
    columns = {
        "id": numbers(ids + number),
        "language": _languages(segments.field("language"), last + 1 - first),
        "source_language": lead.field("language"),
        "source_text": window,
        "text": window,
        "entities": list_of_structs(none, [[] for _ in SPANS.value_type], SPANS),
        **{name: lead.field(name) for name in ("page_id", "title", "wiki")},
        "pass": numbers(np.zeros(len(of_row), np.uint8)),
        "sentences": list_of(none, numbers(np.zeros(0, np.uint32)), UNIT_FIELDS[0].type),
        "gaps": numbers(np.zeros(len(of_row), np.uint16)),
    }
    return pa.table(columns)


def _languages(codes: pa.StringArray, number: Array) -> pa.StringArray:
    """Return the languages of each window, joined by `+`; `number`: int64[n], of its segments."""
    joined = pc.binary_join(list_of(number, codes, pa.list_(pa.string())), "+").dictionary_encode()
    different = ["+".join(dict.fromkeys(one.split("+"))) for one in joined.dictionary.to_pylist()]
    return pa.array(different, pa.string()).take(joined.indices)
