"""The tags of tokens: in a column of the folder, or in a file with a line per token.

The file is that of MLRS/malti (src/etymology_data/annotations.tsv): columns separated by tabs,
without quotation, after a line with their names: `id`, `token` and those of tags. Lines with the
same `id` are the tokens of the row with that id, in their order; the rows may be in any order.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, list_of_structs, numbers, one_chunk
from cstool.errors import InputError, WrongCallError
from cstool.storage.checksums import load_array, save_array

TAGGED = pa.list_(
    pa.field(
        "element",
        pa.struct([("start", pa.uint32()), ("end", pa.uint32()), ("tag", pa.string())]),
    )
)
_FIELDS = ("start", "end", "tag")


@dataclass(frozen=True)
class TagSource:
    """Where the tags of tokens are: a column of the rows, or a file.

    `column`: of the rows, or of the file that contains the tags. `index`: the table of the places
    of rows in the file.
    """

    column: str
    file: str = ""
    index: str = ""


class TaggedTokens(NamedTuple):
    """The tokens of rows: `firsts`, int64[n + 1]; `starts`, `ends`, int64; their tags."""

    firsts: Array
    starts: Array
    ends: Array
    tags: pa.Array


def find_tags(value: str, column: str, schema: pa.Schema, stage: str) -> TagSource:
    """Return where the tags are that `--tags` names. Raises InputError or WrongCallError.

    `column`: of the file; `schema`: of the folder's rows.
    """
    path = Path(value)
    if value in schema.names and not path.is_file():
        if not {*_FIELDS} <= {*_fields_of(schema.field(value).type)}:
            raise InputError(
                f"--tags: the column {value} has no lists of start, end and tag; give one that has"
            )
        return TagSource(value)
    if not path.is_file():
        raise WrongCallError(
            f"--tags: {value} is neither a column of the rows nor a file; give one of them"
        )
    if stage not in ("extract", "link"):
        raise InputError(
            f"{path}: tags of rows by their id, but several rows of `cstool {stage}` may have one; "
            "give the folder of `cstool extract` or `link`, or a column of the rows"
        )
    _columns(path, column)
    return TagSource(column, str(path.absolute()))


def _fields_of(type_: pa.DataType) -> list[str]:
    """Return the names of the fields in lists of structs."""
    if not (pa.types.is_list(type_) and pa.types.is_struct(type_.value_type)):
        return []
    return [field.name for field in type_.value_type]


def _columns(path: Path, column: str) -> tuple[int, int, int]:
    """Return the places of the columns `id`, `token` and of the tags in a file."""
    with path.open("rb") as file:
        names = file.readline().decode("utf-8", "replace").rstrip("\r\n").split("\t")
    for name in ("id", "token", column):
        if name not in names:
            hint = "; name the column of the tags with --tag-column" if name == column else ""
            raise InputError(
                f"{path}, line 1: no column {name!r} among {', '.join(names)[:80]}{hint}"
            )
    return names.index("id"), names.index("token"), names.index(column)


def index_tags(source: TagSource, path: Path) -> TagSource:
    """Write where the lines of each row are in the file, sorted by id; return the source."""
    ids, begins, lines = array("q"), array("q"), array("q")
    place = _columns(Path(source.file), source.column)[0]
    last = None
    at = 0
    with Path(source.file).open("rb") as file:
        for number, line in enumerate(file, 1):
            cells = line.rstrip(b"\r\n").split(b"\t")
            if number > 1 and line.strip() and cells[place] != last:
                last = cells[place]
                try:
                    ids.append(int(last))
                except ValueError as error:
                    raise InputError(
                        f"{source.file}, line {number}: {last[:40].decode('utf-8', 'replace')!r} "
                        "is not the id of a row; give its number"
                    ) from error
                begins.append(at)
                lines.append(number)
            at += len(line)
    table = np.array([ids, begins, [*begins[1:], at], lines], np.int64)
    table = table[:, np.argsort(table[0], kind="stable")]
    repeated = np.flatnonzero(np.diff(table[0]) == 0)
    if len(repeated):
        number = table[3, repeated[0] + 1]
        raise InputError(
            f"{source.file}, line {number}: row {table[0, repeated[0]]} again; give the tokens of "
            "a row in consecutive lines"
        )
    save_array(path, table.ravel())
    return TagSource(source.column, source.file, str(path))


def tokens_of(rows: pa.Table, source: TagSource, known: frozenset[str]) -> TaggedTokens:
    """Return the tokens of rows.

    `known`: the tags that lines of a file may have. Raises InputError for others, and for tokens
    that do not match the text.
    """
    own = None if source.file else one_chunk(rows.column(source.column))
    firsts, tokens = flat(_read(rows, source, known) if own is None else own)
    starts, ends = (tokens.field(name).to_numpy().astype(np.int64) for name in _FIELDS[:2])
    return TaggedTokens(firsts, starts, ends, tokens.field("tag"))


def _read(rows: pa.Table, source: TagSource, known: frozenset[str]) -> pa.ListArray:
    """Return the tokens of rows in the file, as in a column."""
    table = load_array(Path(source.index)).reshape(4, -1)
    places = _columns(Path(source.file), source.column)
    ids = one_chunk(rows.column("id")).to_numpy()
    texts = one_chunk(rows.column("text")).to_pylist()
    index = np.searchsorted(table[0], ids)
    found: list[tuple[int, int, str]] = []
    lengths = []
    with Path(source.file).open("rb") as file:
        for row, (text, at) in enumerate(zip(texts, index.tolist(), strict=True)):
            before = len(found)
            if at < table.shape[1] and table[0, at] == ids[row]:
                file.seek(int(table[1, at]))
                data = file.read(int(table[2, at] - table[1, at]))
                lines = _Lines(source.file, int(table[3, at]), places, known)
                found += _placed(data, text, lines)
            lengths.append(len(found) - before)
    columns: Sequence[Sequence[int] | Sequence[str]] = [*zip(*found, strict=True)] or [[], [], []]
    return list_of_structs(
        lengths,
        [
            *(numbers(np.array(columns[i], np.uint32)) for i in (0, 1)),
            pa.array(columns[2], pa.string()),
        ],
        TAGGED,
    )


class _Lines(NamedTuple):
    """Some lines of a file: the number of the first one, the places of columns, known tags."""

    file: str
    first: int
    places: tuple[int, int, int]
    known: frozenset[str]


def _placed(data: bytes, text: str, lines: _Lines) -> list[tuple[int, int, str]]:
    """Return where the tokens of some lines are in a text: start, end, tag.

    Between tokens may be white space only.
    """
    file, line, places, known = lines
    found: list[tuple[int, int, str]] = []
    at = 0
    for number, raw in enumerate(data.decode("utf-8", "replace").split("\n"), line):
        cells = raw.rstrip("\r").split("\t")
        if not raw.strip():
            continue
        if len(cells) <= max(places):
            raise InputError(f"{file}, line {number}: too few columns; separate them with tabs")
        token, tag = cells[places[1]], cells[places[2]]
        if tag not in known:
            raise InputError(
                f"{file}, line {number}: tag {tag[:40]!r} has no action; add it to the table"
            )
        while at < len(text) and text[at].isspace():
            at += 1
        if not token or not text.startswith(token, at):
            raise InputError(
                f"{file}, line {number}: token {token[:40]!r} is not next in the text of row "
                f"{cells[places[0]]}, which goes on with {text[at : at + 20]!r}; tag the same text"
            )
        found.append((at, at + len(token), tag))
        at += len(token)
    if text[at:].strip():
        raise InputError(
            f"{file}, line {line}: the tokens of the row end before its text, which goes on with "
            f"{text[at : at + 20].strip()!r}; tag the same text"
        )
    return found
