"""Reads the files of test sets, for `shard --decontaminate`.

A file that cannot be read is refused: a test set that was not compared would leave its texts in the
corpus.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path, PurePath
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.dumps.streams import FORMATS, Stream, first_block
from cstool.errors import InputError
from cstool.storage.text_files import BOM, decoded, need_text

_TEXTS_AT_ONCE = 20_000
# Maximum bytes of a line and of a batch: hashed words take 60 times the memory of their text.
_LONGEST_LINE = 4 << 20
_BYTES_AT_ONCE = 4 << 20
_PARQUET = b"PAR1"
# Maximum bytes of a column in a row group, and of the strings of a batch: a string that is stored
# once in the dictionary of a column can occur in all its rows.
_LARGEST_COLUMN = 128 << 20
_LARGEST_BATCH = 128 << 20
# The beginning of JSON: an object, or an array of objects, arrays or strings (`[1]` begins a text).
_JSON = re.compile(rb"\s*(?:\{|\[\s*(?:[\[{\"]|$))")


def texts_of(path: Path) -> Iterator[pa.StringArray]:
    """Yield the texts of a test set, in arrays of a few megabytes.

    Texts are lines, lines and cells of a CSV or TSV file, or all strings of JSON lines or of a
    Parquet file. The file may be compressed (gzip, bzip2, xz, Zstandard). Raises InputError for
    any other file.
    """
    yield from _in_bounds(_texts(path))


def _texts(path: Path) -> Iterator[str]:
    head = first_block(str(path))
    if head.startswith(_PARQUET):
        return _of_parquet(path)
    need_text(head, str(path))
    lines = _lines(path)
    if _JSON.match(head.removeprefix(BOM)):
        return _of_json(lines, path)
    endings = [ending for ending in PurePath(path.name.lower()).suffixes if not _packs(ending)]
    if endings and endings[-1] in (".csv", ".tsv"):
        return _of_cells((line for _, line in lines), path, endings[-1])
    return (text for _, line in lines for text in _of_line(line))


def _packs(ending: str) -> bool:
    return any(ending in format_.endings for format_ in FORMATS)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file and their numbers, with their ends.

    Raises InputError for a line that is too long or not UTF-8.
    """
    stream = Stream(str(path))
    rest = b""
    read = 0
    try:
        for piece in stream:
            *lines, rest = (rest + piece).split(b"\n")
            for number, line in enumerate([*lines, rest], read + 1):
                if len(line) > _LONGEST_LINE:
                    raise InputError(
                        f"{path}: line {number:,} is longer than {_LONGEST_LINE >> 20} MB; "
                        "give a test set with one text per line, or split the text"
                    )
                if number <= read + len(lines):
                    yield number, decoded(line, str(path), number) + "\n"
            read += len(lines)
    finally:
        stream.close()
    yield read + 1, decoded(rest, str(path), read + 1)


def _of_line(line: str) -> Iterator[str]:
    """Yield the texts of a line: its JSON string if it is one, or its parts between `\\r`."""
    text = line.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            yield msgspec.json.decode(text, type=str)
        except msgspec.DecodeError:
            pass
        else:
            return
    yield from text.split("\r")


def _of_cells(lines: Iterator[str], path: Path, ending: str) -> Iterator[str]:
    """Yield the rows of a file of cells, and each cell.

    Cells of CSV may be quoted (RFC 4180); its separator is the most frequent one in the first line.
    """
    first = next(lines)
    row: list[str] = []

    def read() -> Iterator[str]:
        for line in chain([first], lines):
            row.append(line)
            yield line

    if ending == ".csv":
        reader = csv.reader(read(), delimiter=max(",;\t", key=first.count), strict=True)
    else:
        reader = csv.reader(read(), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        for cells in reader:
            yield "".join(row)
            row.clear()
            yield from cells
    except csv.Error as error:
        raise InputError(
            f"{path}: line {reader.line_num:,} is not valid {ending[1:].upper()} ({error}); "
            "correct the file, or give its texts as lines"
        ) from error


def _of_json(lines: Iterator[tuple[int, str]], path: Path) -> Iterator[str]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            yield from _strings(msgspec.json.decode(line))
        except (msgspec.DecodeError, RecursionError) as error:
            raise InputError(
                f"{path}: line {number:,} is not valid JSON ({error}); correct the file, or "
                "write one JSON value per line (jq -c)"
            ) from error


def _strings(value: Any) -> Iterator[str]:
    """Yield all strings in a value, without the keys; bytes are strings if they are UTF-8."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        text = value.decode(errors="ignore")
        if len(text.encode()) == len(value):
            yield text
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _of_parquet(path: Path) -> Iterator[str]:
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
        for group in range(file.num_row_groups):
            rows = _rows_at_once(file.metadata.row_group(group), path, group)
            for batch in file.iter_batches(rows, row_groups=[group]):
                for column in batch.columns:
                    yield from _strings(column.to_pylist())
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{path}: not a readable Parquet file ({error}); give another file"
        ) from error


def _rows_at_once(group: Any, path: Path, number: int) -> int:
    """Return the number of rows per batch. Raises InputError for columns that are too large."""
    columns = [group.column(i) for i in range(group.num_columns)]
    largest = max((c.total_uncompressed_size for c in columns), default=0)
    if largest > _LARGEST_COLUMN:
        raise InputError(
            f"{path}: a column of row group {number:,} has more than {_LARGEST_COLUMN >> 20} MB; "
            "write the file with fewer rows per row group"
        )
    return max(16, min(_TEXTS_AT_ONCE, _LARGEST_BATCH // max(1, largest)))


def _in_bounds(texts: Iterable[str]) -> Iterator[pa.StringArray]:
    """Yield texts in arrays of a few megabytes."""
    some: list[str] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text)
        if len(some) >= _TEXTS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield pa.array(some, pa.string())
            some, size = [], 0
    yield pa.array(some, pa.string())
