"""Queries rows of any stage's folder, lazily.

A filter first reads only its own columns, and only of row groups whose statistics allow a match.
So rare matches are found with little reading, and the first row is returned without delay.
"""

import gzip
import io
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from cstool.arrays.arrow import one_chunk
from cstool.errors import InputError
from cstool.formats.corpus_formats import FORMATS
from cstool.formats.format_dolma import GZIP_LINES, METADATA
from cstool.formats.json_lines import LINES, META
from cstool.report.show.query import RowCondition, RowQuery, conditions_of, form_of, need_text
from cstool.storage.checksums import open_part
from cstool.storage.manifest import Manifest, Part
from cstool.storage.schemas import (
    MIX_FIELDS,
    PASS_FIELD,
    ROMANIZED_FIELDS,
    SWITCHED,
    UNIT_FIELDS,
)

Numbers = np.ndarray[Any, np.dtype[np.int64]]
# Rows per batch: few, so that the first ones are shown without delay.
_ROWS_AT_ONCE = 500
_LINES = (f".{LINES}", f".{GZIP_LINES}")
# The columns that a row may have.
_COLUMNS = (*SWITCHED, PASS_FIELD, *UNIT_FIELDS, *ROMANIZED_FIELDS, *MIX_FIELDS)


@dataclass(frozen=True)
class _RowsInGroup:
    """Row indexes in a row group, or in a whole file of JSON lines."""

    file: Path
    group: int
    rows: Numbers


def rows(folder: Path, manifest: Manifest, wanted: RowQuery) -> Iterator[dict[str, Any]]:
    """Yield the matching rows, in the order of the folder, or in random order if sampled.

    Raises WrongCallError for a filter on a column that the folder lacks, InputError for an
    unreadable part and for a corpus without text.
    """
    need_text(folder, manifest)
    filters = conditions_of(manifest, wanted)
    parts = _parts(manifest, wanted.languages)
    if wanted.draw is not None:
        return _drawn(folder, parts, filters, wanted.draw, wanted.seed)
    if not filters:
        return (row for part in parts for row in rows_of_part(folder / part.file))
    return (row for place in _places(folder, parts, filters) for row in _rows_at(place))


class Occurrences(NamedTuple):
    """The number of matching rows by language, and the first match of some languages."""

    rows: dict[str, int]
    examples: list[dict[str, Any]]


def occurrences(folder: Path, manifest: Manifest, wanted: RowQuery, examples: int) -> Occurrences:
    """Count the matching rows by language. Raises the same errors as `rows`."""
    need_text(folder, manifest)
    numbers: dict[str, int] = {}
    kept: list[dict[str, Any]] = []
    source = manifest.source.language if manifest.source else ""
    filters = conditions_of(manifest, wanted)
    for place in _places(folder, _parts(manifest, wanted.languages), filters):
        for language, matches in _by_language(place, manifest, source):
            if language not in numbers and len(kept) < examples:
                kept.extend(_rows_at(_RowsInGroup(place.file, place.group, matches[:1])))
            numbers[language] = numbers.get(language, 0) + len(matches)
    return Occurrences(dict(sorted(numbers.items())), kept)


def _by_language(
    place: _RowsInGroup, manifest: Manifest, source: str
) -> Iterator[tuple[str, Numbers]]:
    """Yield the languages of the rows, with the row indexes of each."""
    if manifest.stage == "shard" or form_of(manifest) != "switch":
        yield place.file.parent.name if manifest.stage == "shard" else source, place.rows
        return
    table = _group(place, ["language"])
    codes = one_chunk(table.column("language")).dictionary_encode()
    of_row = codes.indices.to_numpy()[place.rows]
    for number, code in enumerate(codes.dictionary.to_pylist()):
        if (here := of_row == number).any():
            yield code, place.rows[here]


def _parts(manifest: Manifest, languages: tuple[str, ...]) -> list[Part]:
    if manifest.stage not in ("shard", "mix"):
        return [part for part in manifest.tables if part.rows]
    folder = FORMATS[manifest.parameters.get("format", "cstool")].folder
    data = [part for part in manifest.parts if part.file.startswith(f"{folder}/")]
    if manifest.stage == "mix":
        return data
    return [p for p in data if not languages or p.file.split("/")[1] in languages]


# ---- reading ----


def _places(folder: Path, parts: list[Part], filters: list[RowCondition]) -> Iterator[_RowsInGroup]:
    for part in parts:
        path = folder / part.file
        if path.name.endswith(_LINES):
            table = pa.concat_tables(_line_tables(path))
            yield from _hits(path, 0, table, filters)
            continue
        footer = _open(path, [])
        columns = [column for one in filters for column in one.columns]
        for group in range(footer.num_row_groups):
            if all(_admits(footer, group, one) for one in filters):
                table = _read(path, _open(path, [group]).read_row_group, group, columns)
                yield from _hits(path, group, table, filters)


def _hits(
    path: Path, group: int, table: pa.Table, filters: list[RowCondition]
) -> Iterator[_RowsInGroup]:
    mask = np.ones(table.num_rows, bool)
    for one in filters:
        mask &= one.test(table)
    if mask.any():
        yield _RowsInGroup(path, group, np.flatnonzero(mask))


def _admits(file: pq.ParquetFile, group: int, one: RowCondition) -> bool:
    """Whether the statistics of the row group allow the value of the filter."""
    if one.value is None:
        return True
    [column] = one.columns
    metadata = file.metadata.row_group(group)
    for number in range(metadata.num_columns):
        chunk = metadata.column(number)
        if chunk.path_in_schema == column:
            known = chunk.statistics
            return known is None or not known.has_min_max or known.min <= one.value <= known.max
    return True


def _group(place: _RowsInGroup, columns: list[str] | None = None) -> pa.Table:
    """Return a row group, or a whole file of JSON lines; `columns`: all if None."""
    if place.file.name.endswith(_LINES):
        return pa.concat_tables(_line_tables(place.file))
    file = _open(place.file, [place.group])
    return _read(place.file, file.read_row_group, place.group, columns)


def _rows_at(place: _RowsInGroup) -> Iterator[dict[str, Any]]:
    table = _group(place)
    for first in range(0, len(place.rows), _ROWS_AT_ONCE):
        some = table.take(pa.array(place.rows[first : first + _ROWS_AT_ONCE]))
        yield from some.to_pylist()


def rows_of_part(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file in order. Raises InputError if it cannot be read."""
    if path.name.endswith(_LINES):
        for table in _line_tables(path):
            yield from table.to_pylist()
        return
    batches = _open(path).iter_batches(_ROWS_AT_ONCE)
    while batch := _read(path, next, batches, None):
        yield from batch.to_pylist()


def _open(path: Path, groups: Sequence[int] | None = None) -> pq.ParquetFile:
    """Open a part; read and verify its footer and the given row groups (None: all)."""
    return _read(path, partial(open_part, path, groups))


def _read(path: Path, call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except (OSError, pa.ArrowInvalid) as error:
        raise _unreadable(path, error) from error


def _line_tables(path: Path) -> Iterator[pa.Table]:
    """Yield the rows of a file of JSON lines in batches."""
    rows: list[dict[str, Any]] = []
    opened = gzip.open if path.suffix == ".gz" else zstandard.open
    try:
        with opened(path, "rb") as packed:
            for line in io.BufferedReader(packed):
                rows.append(_row_of(msgspec.json.decode(line)))
                if len(rows) == _ROWS_AT_ONCE:
                    yield _table_of(rows)
                    rows = []
        table = _table_of(rows)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError, pa.ArrowInvalid) as error:
        raise _unreadable(path, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    yield table


def _row_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line as a row; cstool 0.1 wrote rows without a field for the other columns."""
    return {**line, **(line.get(META) or line.get(METADATA) or {})}


def _table_of(rows: list[dict[str, Any]]) -> pa.Table:
    fields = [field for field in _COLUMNS if not rows or field.name in rows[0]]
    return pa.Table.from_pylist(rows, pa.schema(fields))


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: cannot be read ({error}); make the folder again with --overwrite")


# ---- random samples ----


def _drawn(
    folder: Path, parts: list[Part], filters: list[RowCondition], number: int, seed: int
) -> Iterator[dict[str, Any]]:
    generator = random.Random(seed)
    chosen = (
        _reservoir(_places(folder, parts, filters), number, generator)
        if filters
        else _sample(folder, parts, number, generator)
    )
    for path, group, row in chosen:
        yield from _rows_at(_RowsInGroup(path, group, np.array([row])))


def _reservoir(
    places: Iterator[_RowsInGroup], number: int, generator: random.Random
) -> list[tuple[Path, int, int]]:
    """Return a uniform random sample of `number` rows (Vitter's algorithm R)."""
    chosen: list[tuple[Path, int, int]] = []
    seen = 0
    for place in places:
        for row in place.rows.tolist():
            seen += 1
            if len(chosen) < number:
                chosen.append((place.file, place.group, row))
            elif (index := generator.randrange(seen)) < number:
                chosen[index] = (place.file, place.group, row)
    generator.shuffle(chosen)
    return chosen


def _sample(
    folder: Path, parts: list[Part], number: int, generator: random.Random
) -> Iterator[tuple[Path, int, int]]:
    """Yield a uniform random sample of `number` rows, by the row counts in the manifest."""
    ends = np.cumsum([part.rows for part in parts])
    total = int(ends[-1]) if len(ends) else 0
    for row in generator.sample(range(total), min(number, total)):
        part = int(np.searchsorted(ends, row, side="right"))
        path = folder / parts[part].file
        yield path, *_in_group(path, row - (int(ends[part]) - parts[part].rows))


def _in_group(path: Path, row: int) -> tuple[int, int]:
    if path.name.endswith(_LINES):
        return 0, row
    metadata = _open(path, []).metadata
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if row < rows:
            return group, row
        row -= rows
    raise InputError(
        f"{path}: fewer rows than in the manifest; make the folder again with --overwrite"
    )
