"""Rules for rows that checksums do not cover: lexicons, and spans in Latin letters."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.arrays import Array
from cstool.arrays.arrow import flat, one_chunk
from cstool.storage.checksums import open_part
from cstool.storage.manifest import Manifest

# Columns with the spans of rows, one of which each romanized row has.
_SPANS = ("entities", "mentions", "segments")
_ROMANIZED, _PLACES = "romanized", "romanized_entities"


class BrokenRule(NamedTuple):
    """A part with a row that breaks a rule, and how."""

    file: str
    what: str


def broken_rules(folder: Path, manifest: Manifest) -> Iterator[BrokenRule]:
    """Yield the first row of each part that breaks a rule; none for other stages.

    Parts that cannot be read are left out: they are reported as changed.
    """
    last = 0
    for part in manifest.tables:
        try:
            if manifest.stage == "lexicon":
                what, last = _lexicon(folder / part.file, last)
            elif manifest.stage == "romanize":
                what = _romanized(folder / part.file)
            else:
                return
        except (OSError, pa.ArrowInvalid, pa.ArrowTypeError, KeyError):
            continue
        if what:
            yield BrokenRule(part.file, what)


def _groups(path: Path, columns: list[str]) -> Iterator[tuple[int, pa.Table]]:
    """Yield the row groups of a part, each with the number of rows before it."""
    file: pq.ParquetFile = open_part(path)
    before = 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns)
        yield before, table
        before += table.num_rows


def _lexicon(path: Path, last: int) -> tuple[str, int]:
    """Return a broken rule of a part of a lexicon, "" if there is none, and its last QID.

    `last`: the last QID of the part before.
    """
    for before, table in _groups(path, ["qid", "source", "target"]):
        qids = one_chunk(table.column("qid")).fill_null(0).to_numpy().astype(np.int64)
        falls = np.diff(qids, prepend=last) < 0
        if falls.any():
            return f"row {before + _first(falls)}: QIDs are not sorted", last
        last = int(qids[-1]) if len(qids) else last
        for name in ("source", "target"):
            lengths = pc.fill_null(pc.utf8_length(one_chunk(table.column(name))), 0)
            if (empty := lengths.to_numpy(zero_copy_only=False) == 0).any():
                return f"row {before + _first(empty)}: {name} is empty", last
    return "", last


def _romanized(path: Path) -> str:
    """Return a broken rule of a part of rows in Latin letters, "" if there is none."""
    names = open_part(path, []).schema_arrow.names
    spans = next(name for name in _SPANS if name in names)
    for before, table in _groups(path, [_ROMANIZED, _PLACES, spans]):
        texts = one_chunk(table.column(_ROMANIZED))
        if texts.null_count:
            return f"row {before + _first(_array(texts.is_null()))}: {_ROMANIZED} is null"
        offsets, places = flat(one_chunk(table.column(_PLACES)))
        number = _array(pc.list_value_length(table.column(spans)))
        if (unequal := np.diff(offsets) != number).any():
            return f"row {before + _first(unequal)}: not as many {_PLACES} as {spans}"
        row = np.repeat(np.arange(table.num_rows), np.diff(offsets))
        start, end = (_array(places.field(name)).astype(np.int64) for name in ("start", "end"))
        lengths = _array(pc.utf8_length(texts)).astype(np.int64)
        if (outside := (start > end) | (end > lengths[row])).any():
            return f"row {before + int(row[_first(outside)])}: a span ends beyond {_ROMANIZED}"
        overlap = (start[1:] < end[:-1]) & (row[1:] == row[:-1])
        if overlap.any():
            return f"row {before + int(row[1:][_first(overlap)])}: {_PLACES} overlap"
    return ""


def _array(column: pa.ChunkedArray | pa.Array) -> Array:
    values: Array = one_chunk(column).to_numpy(zero_copy_only=False)
    return values


def _first(chosen: Array) -> int:
    return int(np.flatnonzero(chosen)[0])
