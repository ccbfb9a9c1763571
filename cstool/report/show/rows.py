"""Queries rows of any stage's folder, lazily.

A filter first reads only its own columns, and only of row groups whose statistics allow a match.
So rare matches are found with little reading, and the first row is returned without delay.
"""

import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from cstool.arrays.arrow import flat, one_chunk
from cstool.errors import InputError, WrongCallError
from cstool.storage.checksums import open_part
from cstool.storage.manifest import Manifest, Part
from cstool.storage.schemas import SWITCHED

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
# Rows per batch: few, so that the first ones are shown without delay.
_ROWS_AT_ONCE = 500
_LINES = ".jsonl.zst"


@dataclass(frozen=True)
class RowQuery:
    """The rows to return: those that match all given filters.

    `grep`: a regular expression (RE2); `draw`: size of a random sample, which depends on `seed`.
    `switched`: only switched sentences. `id`: of a sentence, or of the first one of a paragraph or
    page.
    """

    languages: tuple[str, ...] = ()
    grep: str | None = None
    entity: int | None = None
    title: str | None = None
    draw: int | None = None
    seed: int = 0
    switched: bool = False
    id: int | None = None


@dataclass(frozen=True)
class _Filter:
    """A condition on rows.

    `columns`: Parquet columns (leaves) that `test` needs; `value`: if given, row groups whose
    statistics exclude this value are skipped.
    """

    columns: tuple[str, ...]
    test: Callable[[pa.Table], Mask]
    value: Any = None


@dataclass(frozen=True)
class _RowsInGroup:
    """Row indexes in a row group, or in a whole file of JSON lines."""

    file: Path
    group: int
    rows: Numbers


def rows(folder: Path, manifest: Manifest, wanted: RowQuery) -> Iterator[dict[str, Any]]:
    """Yield the matching rows, in the order of the folder, or in random order if sampled.

    Raises WrongCallError for a filter on a column that the folder lacks, InputError for an
    unreadable part.
    """
    filters = _filters(manifest, wanted)
    parts = _parts(manifest, wanted.languages)
    if wanted.draw is not None:
        return _drawn(folder, parts, filters, wanted.draw, wanted.seed)
    if not filters:
        return (row for part in parts for row in _all_rows(folder / part.file))
    return (row for place in _places(folder, parts, filters) for row in _rows_at(place))


class Occurrences(NamedTuple):
    """The number of matching rows by language, and the first match of some languages."""

    rows: dict[str, int]
    examples: list[dict[str, Any]]


def occurrences(folder: Path, manifest: Manifest, wanted: RowQuery, examples: int) -> Occurrences:
    """Count the matching rows by language. Raises the same errors as `rows`."""
    numbers: dict[str, int] = {}
    kept: list[dict[str, Any]] = []
    source = manifest.source.language if manifest.source else ""
    filters = _filters(manifest, wanted)
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
    if manifest.stage != "switch":
        yield place.file.parent.name if manifest.stage == "shard" else source, place.rows
        return
    file = _open(place.file)
    table = _read(place.file, file.read_row_group, place.group, ["language"])
    codes = one_chunk(table.column("language")).dictionary_encode()
    of_row = codes.indices.to_numpy()[place.rows]
    for number, code in enumerate(codes.dictionary.to_pylist()):
        if (here := of_row == number).any():
            yield code, place.rows[here]


def form_of(manifest: Manifest) -> str:
    """Return the kind of a folder's rows: the name of a stage, or of a corpus's format."""
    form: str = manifest.stage
    if form == "shard":
        form = manifest.parameters.get("format", "cstool")
    return "switch" if form in ("cstool", "jsonl") else form


def _parts(manifest: Manifest, languages: tuple[str, ...]) -> list[Part]:
    if manifest.stage != "shard":
        return [part for part in manifest.tables if part.rows]
    data = [part for part in manifest.parts if part.file.startswith("data/")]
    return [p for p in data if not languages or p.file.split("/")[1] in languages]


# ---- filters ----

# Columns by the kind of rows: texts for --grep, QIDs, titles and languages.
_TEXTS: dict[str, tuple[str, ...]] = {
    "extract": ("text",),
    "link": ("text",),
    "switch": ("source_text", "text"),
    "entitycs": ("en_sentence", "cs_sentence"),
    "mt": ("source", "target"),
    "pair": ("text",),
    "titles": ("title",),
    "entities": ("labels.list.element.value", "aliases.list.element.value"),
}
_QIDS = {
    "link": "mentions.list.element.qid",
    "switch": "entities.list.element.qid",
    "titles": "qid",
    "entities": "qid",
    "pair": "qid",
}
_IDS = dict.fromkeys(("extract", "link", "switch", "entitycs", "mt"), "id")
_TITLES = dict.fromkeys(("extract", "link", "switch", "titles"), "title")
_TITLES["entities"] = "sitelinks.list.element.title"
_TITLES["pair"] = "segments.list.element.title"
_LANGUAGES = dict.fromkeys(("switch", "entitycs", "mt"), "language")
_LANGUAGES["entities"] = "labels.list.element.language"
_LANGUAGES["pair"] = "segments.list.element.language"


def _filters(manifest: Manifest, wanted: RowQuery) -> list[_Filter]:
    form = form_of(manifest)
    filters = []
    # A corpus has a folder for each language.
    if wanted.languages and manifest.stage != "shard":
        codes = pa.array(wanted.languages)
        column = _column(_LANGUAGES, form, "--language", manifest)
        filters.append(_one_of((column,), lambda values: pc.is_in(values, codes)))
    if wanted.switched and form != "mt":  # all rows of `mt` are switched
        filters.append(_switched(form, manifest))
    if wanted.id is not None:
        filters.append(_equal(_column(_IDS, form, "--id", manifest), wanted.id))
    if wanted.entity is not None:
        column = _column(_QIDS, form, "--entity", manifest)
        filters.append(_equal(column, wanted.entity))
    if wanted.title is not None:
        filters.append(_equal(_column(_TITLES, form, "--title", manifest), wanted.title))
    if wanted.grep is not None:
        filters.append(_matching(_TEXTS[form], wanted.grep))
    return filters


def _switched(form: str, manifest: Manifest) -> _Filter:
    """Return the filter for rows that are not source sentences."""
    sources = pa.array({one.source.language for one in manifest.lineage if one.source})
    if form == "entitycs" and len(sources) == 1:  # it has no column of source languages
        return _one_of(("language",), lambda codes: pc.invert(pc.is_in(codes, sources)))
    columns = "language", _column({"switch": "source_language"}, form, "--switched", manifest)
    return _Filter(columns, lambda t: _known(one_chunk(pc.not_equal(*map(t.column, columns)))))


def _column(columns: dict[str, str], form: str, option: str, manifest: Manifest) -> str:
    if form in columns:
        return columns[form]
    what = f"`cstool {manifest.stage}`" + (f" --format {form}" if manifest.stage == "shard" else "")
    raise WrongCallError(
        f"{option}: the output of {what} has no column for it; omit the option, or give a folder "
        "of another stage"
    )


def _equal(column: str, value: Any) -> _Filter:
    equal = _one_of((column,), lambda values: pc.equal(values, value))
    return _Filter(equal.columns, equal.test, value)


def _matching(columns: tuple[str, ...], pattern: str) -> _Filter:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise WrongCallError(
            f"--grep: {pattern!r} is not a valid regular expression ({error}); give one in "
            "the syntax of RE2"
        ) from error
    return _one_of(columns, lambda values: pc.match_substring_regex(values, pattern))


def _one_of(columns: tuple[str, ...], test: Callable[[pa.Array], pa.Array]) -> _Filter:
    """Return the filter for rows with a value that passes the test in any of the columns."""

    def mask(table: pa.Table) -> Mask:
        matches = np.zeros(table.num_rows, bool)
        for column in columns:
            matches |= _rows_where(table, column, test)
        return matches

    return _Filter(columns, mask)


def _rows_where(table: pa.Table, column: str, test: Callable[[pa.Array], pa.Array]) -> Mask:
    """Return which rows have a value that passes the test, in a column or a list of structs."""
    name, *inner = column.split(".")
    values = one_chunk(table.column(name))
    if not inner:
        return _known(test(values))
    offsets, structs = flat(values)
    hits = np.flatnonzero(_known(test(structs.field(inner[-1]))))
    matches = np.zeros(table.num_rows, bool)
    matches[np.searchsorted(offsets, hits, side="right") - 1] = True
    return matches


def _known(passed: pa.Array) -> Mask:
    mask: Mask = pc.fill_null(passed, False).to_numpy(zero_copy_only=False)
    return mask


# ---- reading ----


def _places(folder: Path, parts: list[Part], filters: list[_Filter]) -> Iterator[_RowsInGroup]:
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
    path: Path, group: int, table: pa.Table, filters: list[_Filter]
) -> Iterator[_RowsInGroup]:
    mask = np.ones(table.num_rows, bool)
    for one in filters:
        mask &= one.test(table)
    if mask.any():
        yield _RowsInGroup(path, group, np.flatnonzero(mask))


def _admits(file: pq.ParquetFile, group: int, one: _Filter) -> bool:
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


def _rows_at(place: _RowsInGroup) -> Iterator[dict[str, Any]]:
    if place.file.name.endswith(_LINES):
        table = pa.concat_tables(_line_tables(place.file))
    else:
        file = _open(place.file, [place.group])
        table = _read(place.file, file.read_row_group, place.group)
    for first in range(0, len(place.rows), _ROWS_AT_ONCE):
        some = table.take(pa.array(place.rows[first : first + _ROWS_AT_ONCE]))
        yield from some.to_pylist()


def _all_rows(path: Path) -> Iterator[dict[str, Any]]:
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
        raise InputError(
            f"{path}: cannot be read ({error}); make the folder again with --overwrite"
        ) from error


def _line_tables(path: Path) -> Iterator[pa.Table]:
    """Yield the rows of a file of JSON lines in batches."""
    rows: list[Any] = []
    try:
        with zstandard.open(path, "rb") as packed:
            for line in io.BufferedReader(packed):
                rows.append(msgspec.json.decode(line))
                if len(rows) == _ROWS_AT_ONCE:
                    yield pa.Table.from_pylist(rows, SWITCHED)
                    rows = []
    except (OSError, zstandard.ZstdError, msgspec.DecodeError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); make the folder again with --overwrite"
        ) from error
    yield pa.Table.from_pylist(rows, SWITCHED)


# ---- random samples ----


def _drawn(
    folder: Path, parts: list[Part], filters: list[_Filter], number: int, seed: int
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
