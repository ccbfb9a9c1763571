"""Convert the rows of INSERT statements to columns.

Two implementations return the same values, which a test checks: `plain_columns` scans a whole block
with NumPy and builds Arrow columns without a Python object per value; it returns None for any
construct it does not know, and `careful_columns` reads that block value by value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.dumps.sql_text import (
    BLANK,
    INSERT,
    INTO,
    REST,
    ROW,
    VALUE,
    literal,
    name_of,
    names_of,
)

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

_QUOTE, _OPEN, _CLOSE, _COMMA, _BACKSLASH, _TICK, _DOUBLE = b"'(),\\`\""
_IS_MARK = np.zeros(256, bool)
_IS_MARK[[_QUOTE, _OPEN, _CLOSE, _COMMA, _DOUBLE]] = True
_IS_DIGIT = np.zeros(256, bool)
_IS_DIGIT[list(b"0123456789")] = True


# Arrays of byte offsets take many times the memory of the text, so blocks with more backslashes or
# marks are read value by value. (A slice of 16 MB of pairs of digits has 11 million marks.)
MOST_BACKSLASHES = 2 << 20
_MOST_MARKS = 12 << 20


# A backslash before anything but a quote or a backslash, or a doubled quote.
_HARD = r"\\[^'\"\\]|(?:^|[^\\])'"


class SqlError(ValueError):
    """A row that cannot be read; `place` is its byte offset in the block, the message says why."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place = place


@dataclass(frozen=True)
class Block:
    """Statements of a table's dump.

    `columns`: the table's columns, by its CREATE TABLE. `inside`: the columns of the INSERT whose
    rows the block begins with, None if it begins with a statement.
    """

    table: str
    columns: tuple[str, ...]
    inside: tuple[str, ...] | None
    data: bytes


def plain_columns(block: Block, wanted: Sequence[str]) -> list[pa.Array] | None:
    """Return the wanted columns as binary arrays; None if the block needs `careful_columns`.

    A column that the table does not have is all null.
    """
    names = _first_names(block)
    if names is None:
        return None
    data = block.data
    text = np.frombuffer(data, np.uint8)
    bounds = _bounds(text, len(names))
    if bounds is None:
        return None
    bounds = bounds[text[bounds[:, 0] + 1] != _TICK]  # lists of columns begin with a backtick
    if not len(bounds) or not _gaps_are_known(block, bounds, text, names):
        return None
    columns = []
    for name in wanted:
        if name not in names:
            columns.append(pa.nulls(len(bounds), pa.binary()))
            continue
        place = names.index(name)
        column = _column(data, text, bounds[:, place] + 1, bounds[:, place + 1])
        if column is None:
            return None
        columns.append(column)
    return columns


def _first_names(block: Block) -> tuple[str, ...] | None:
    """Return the columns of the block's first rows; None if it does not begin with rows."""
    if block.inside is not None:
        return block.inside
    head = INSERT.match(block.data, BLANK.match(block.data).end())  # type: ignore[union-attr]
    if not head or name_of(head["table"]) != block.table:
        return None
    return names_of(head["columns"]) if head["columns"] else block.columns


def _bounds(text: Bytes, width: int) -> Ints | None:
    """Return int64[rows, width + 1]: byte offsets of parentheses and commas; None if irregular."""
    is_mark = _IS_MARK[text]
    if np.count_nonzero(text == _BACKSLASH) > MOST_BACKSLASHES:
        return None
    if np.count_nonzero(is_mark) > _MOST_MARKS:
        return None
    unescaped = text
    backslashes = np.flatnonzero(text == _BACKSLASH)
    if len(backslashes):
        unescaped = text.copy()
        unescaped[escaped_offsets(backslashes, len(text))] = 0
    marks = np.flatnonzero(is_mark if unescaped is text else _IS_MARK[unescaped])
    kinds = unescaped[marks]
    quotes = kinds == _QUOTE
    within = np.cumsum(quotes, dtype=np.uint8) & 1  # an overflow does not change the last bit
    # (Dumps write \" inside strings; an unescaped one may delimit a string.)
    if not len(within) or within[-1] or (kinds == _DOUBLE).any():
        return None
    outside = ~quotes & (within == 0)
    marks, kinds = marks[outside], kinds[outside]
    between = np.zeros(len(kinds), bool)
    between[1:] = (kinds[1:] == _COMMA) & (kinds[:-1] == _CLOSE)
    marks, kinds = marks[~between], kinds[~between]
    if len(marks) % (width + 1) or not len(marks):
        return None
    kinds = kinds.reshape(-1, width + 1)
    regular = (kinds[:, 0] == _OPEN) & (kinds[:, -1] == _CLOSE)
    if not regular.all() or not (kinds[:, 1:-1] == _COMMA).all():
        return None
    bounds: Ints = marks.reshape(-1, width + 1)
    return bounds


def escaped_offsets(backslashes: Ints, length: int) -> Ints:
    """Return int64[n]: byte offsets of escaped bytes; in a run, every second backslash escapes."""
    begins = np.ones(len(backslashes), bool)
    begins[1:] = np.diff(backslashes) != 1
    numbers = np.arange(len(backslashes))
    in_run = numbers - np.maximum.accumulate(np.where(begins, numbers, 0))
    escaped: Ints = backslashes[in_run % 2 == 0] + 1
    return escaped[escaped < length]


def _gaps_are_known(block: Block, bounds: Ints, text: Bytes, names: tuple[str, ...]) -> bool:
    """Return whether only commas and heads of this table's INSERTs appear between the rows."""
    data = block.data
    begins, ends = bounds[1:, 0], bounds[:-1, -1] + 1
    lengths = begins - ends
    comma = text[np.minimum(ends, len(text) - 1)] == _COMMA
    known = comma & ((lengths == 1) | ((lengths == 2) & (text[begins - 1] == 0x0A)))
    gaps = {data[end:begin] for begin, end in zip(begins[~known], ends[~known], strict=True)}
    if not all(_is_gap(gap, block, names) for gap in gaps):
        return False
    head = data[: bounds[0, 0]]
    if block.inside is None and not _is_head(head, block, names):
        return False
    if block.inside is not None and not _all_blank(head):
        return False
    tail = data[bounds[-1, -1] + 1 :].lstrip()
    return tail[:1] in (b",", b";", b"") and not INTO.search(tail)


def _is_gap(gap: bytes, block: Block, names: tuple[str, ...]) -> bool:
    gap = gap.lstrip()
    return gap.rstrip() == b"," or (gap[:1] == b";" and _is_head(gap[1:], block, names))


def _is_head(text: bytes, block: Block, names: tuple[str, ...]) -> bool:
    begin = BLANK.match(text).end()  # type: ignore[union-attr]
    head = INSERT.match(text, begin)
    if not head or head.end() < len(text) or name_of(head["table"]) != block.table:
        return False
    return (names_of(head["columns"]) if head["columns"] else block.columns) == names


def _all_blank(text: bytes) -> bool:
    return BLANK.fullmatch(text) is not None


def _column(data: bytes, text: Bytes, begins: Ints, ends: Ints) -> pa.Array | None:
    """Return the values between these byte offsets; None if one is empty."""
    lengths = ends - begins
    if (lengths < 1).any():
        return None
    first, last = text[begins], text[ends - 1]
    quoted = (first == _QUOTE) & (last == _QUOTE) & (lengths > 1)
    digits = (_IS_DIGIT[first] | (first == 0x2D)) & _IS_DIGIT[last]
    digits &= (lengths < 3) | _IS_DIGIT[text[np.minimum(begins + 1, len(text) - 1)]]
    null = (first == 0x4E) & (lengths == 4)
    null[null] = [data[begin : begin + 4] == b"NULL" for begin in begins[null]]
    values = _gathered(data, begins + quoted, ends - quoted)
    odd = ~(quoted | digits | null)
    if quoted.any():
        values, needs_literal = _unescaped(values, quoted)
        odd |= needs_literal
    places = np.flatnonzero(odd)
    if len(places):
        values = _replaced(values, places, _literals(data, begins[places], ends[places]))
    if null.any():
        values = pc.if_else(pa.array(null), pa.scalar(None, pa.binary()), values)
    return values


def _unescaped(values: pa.Array, quoted: Flags) -> tuple[pa.Array, Flags]:
    """Return strings without their backslashes, and flags of those that need `literal`."""
    escaped = _flags(pc.match_substring(values, b"\\")) & quoted
    needs_literal = _flags(pc.match_substring(values, b"'")) & ~escaped  # a doubled quote
    places = np.flatnonzero(escaped)
    if len(places):
        pieces = values.take(pa.array(places))
        needs_literal[places] = _flags(pc.match_substring_regex(pieces, _HARD))
        easy = pc.replace_substring_regex(pieces, r"\\(['\"\\])", r"\1")
        values = _replaced(values, places, easy)
    return values, needs_literal


def _flags(mask: pa.Array) -> Flags:
    return mask.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _gathered(data: bytes, begins: Ints, ends: Ints) -> pa.Array:
    """Return the pieces of the data between these byte offsets."""
    offsets = np.empty(2 * len(begins), np.int32)
    offsets[0::2] = begins
    offsets[1::2] = ends
    # An array without gaps has every second element between two pieces.
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    all_pieces = pa.BinaryArray.from_buffers(pa.binary(), len(offsets) - 1, buffers)
    return all_pieces.take(pa.array(np.arange(0, len(offsets), 2)))


def _literals(data: bytes, begins: Ints, ends: Ints) -> pa.Array:
    values = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        try:
            values.append(literal(data[begin:end]))
        except ValueError as error:
            raise SqlError(begin, f"{error} is not a valid value") from error
    return pa.array(values, pa.binary())


def _replaced(values: pa.Array, places: Ints, others: pa.Array) -> pa.Array:
    """Return the values with those at some row indices replaced."""
    take = np.arange(len(values))
    take[places] = np.arange(len(values), len(values) + len(others))
    return pa.concat_arrays([values, others]).take(pa.array(take))


def careful_columns(block: Block, wanted: Sequence[str]) -> list[pa.Array]:
    """Return the wanted columns as `plain_columns` does, for any block of a dump.

    Raises SqlError for a row that does not fit its statement, or a malformed value.
    """
    columns: list[list[bytes | None]] = [[] for _ in wanted]
    for names, place, row in _rows(block):
        matches = VALUE.finditer(row, 1, len(row) - 1)
        values = [match[0] for match in islice(matches, len(names))]
        more = sum(1 for _ in matches)
        if more or len(values) != len(names):
            number = len(values) + more
            raise SqlError(place, f"row with {number} values for {len(names)} columns")
        for column, name in zip(columns, wanted, strict=True):
            try:
                column.append(literal(values[names.index(name)]) if name in names else None)
            except ValueError as error:
                raise SqlError(place, f"{error} is not a valid value of {name}") from error
    return [pa.array(column, pa.binary()) for column in columns]


def _rows(block: Block) -> Iterator[tuple[tuple[str, ...], int, bytes]]:
    """Yield each row of the table: its columns, its byte offset, its bytes."""
    data = block.data
    names = block.inside
    position = 0
    while (position := BLANK.match(data, position).end()) < len(data):  # type: ignore[union-attr]
        if names is None:
            names, position = _next_statement(block, position)
            continue
        row = ROW.match(data, position)
        if not row:
            raise SqlError(position, f"{_shown(data, position)} is not a row of values")
        yield names, position, row[0]
        position = BLANK.match(data, row.end()).end()  # type: ignore[union-attr]
        if data[position : position + 1] == b",":
            position += 1
        elif rest := REST.match(data, position):
            names, position = None, rest.end()
        elif position < len(data):
            raise SqlError(position, f"unexpected {_shown(data, position)} after a row")


def _next_statement(block: Block, position: int) -> tuple[tuple[str, ...] | None, int]:
    """Return the columns of the INSERT and where its rows begin; skip any other statement."""
    data = block.data
    into = INTO.match(data, position)
    head = INSERT.match(data, position)
    if head and name_of(head["table"]) == block.table:
        columns = names_of(head["columns"]) if head["columns"] else block.columns
        return columns, head.end()
    if into and not head and name_of(into["table"]) == block.table:
        raise SqlError(position, f"INSERT without VALUES: {_shown(data, position)}")
    rest = REST.match(data, position)
    if not rest:
        raise SqlError(position, f"statement without an end: {_shown(data, position)}")
    return None, rest.end()


def _shown(data: bytes, position: int) -> str:
    return repr(data[position : position + 40].decode("utf-8", "replace"))
