"""Read tables of MariaDB or MySQL dumps: cut them into slices of whole rows, return columns.

https://mariadb.com/kb/en/mariadb-dump/. The columns are those of CREATE TABLE, or of an INSERT's
own list; a statement may take one line or many, and contain one row or many. The slices do not
depend on how the file is compressed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from cstool.dumps.sql_rows import (
    MOST_BACKSLASHES,
    Block,
    SqlError,
    careful_columns,
    escaped_offsets,
    plain_columns,
)
from cstool.dumps.sql_text import (
    BLANK,
    CREATE,
    INSERT,
    INTO,
    MOST_COLUMNS,
    REST,
    ROWS,
    created_columns,
    name_of,
    names_of,
)
from cstool.dumps.streams import Stream
from cstool.errors import CutInputError, InputError
from cstool.storage.file_hashes import FileRead
from cstool.storage.tasks import Task, part_name

DEFAULT_PART_SIZE = 16 << 20
# Bytes. Rows of the tables in question have some kilobytes; statements of mariadb-dump have at most
# 16 MB (net_buffer_length), unless a row is longer. Memory is needed for this, a slice, and copies.
_LARGEST_ROW = 16 << 20
_BEGINS = re.compile(rb"-- (?:MariaDB|MySQL) dump ")
_DATABASE = re.compile(rb"^-- Host: .*\bDatabase: (\w+)\s*\n", re.MULTILINE)
_COMPLETED = b"-- Dump completed"
_EDGE = 1 << 10
_MOST_TRIES = 4
# Number and length of the names of tables or columns in a message.
_SHOWN_NAMES = 20
_SHOWN_LENGTH = 60


@dataclass(frozen=True)
class SqlTable:
    """A table of a dump: its name, the `needed` columns, and the `others`, which may be absent."""

    name: str
    needed: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """All columns to read."""
        return self.needed + self.others


@dataclass(frozen=True)
class SqlSlice:
    """Rows of a table; `place` is the byte offset in the decompressed file where they begin."""

    name: str
    place: int
    block: Block


def read_columns(slice_: SqlSlice, table: SqlTable) -> list[pa.Array]:
    """Return the wanted columns of a slice as binary arrays with nulls; numbers as their digits.

    Raises InputError, with the byte offset, for a row that is malformed.
    """
    try:
        columns = plain_columns(slice_.block, table.wanted)
        return careful_columns(slice_.block, table.wanted) if columns is None else columns
    except SqlError as error:
        raise InputError(
            f"{slice_.name}: {error} (byte {slice_.place + error.place:,} of the SQL); give the "
            f"table `{table.name}` as written by mariadb-dump"
        ) from error


def whole_numbers(values: pa.Array, type_: pa.DataType, slice_: SqlSlice, column: str) -> pa.Array:
    """Return a column as integers. Raises InputError for NULL, malformed or too large values."""
    try:
        if values.null_count:
            raise pa.ArrowInvalid("NULL")
        return pc.cast(values.cast(pa.string()), type_)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{slice_.name}: a value of {column} is not a valid {type_} ({error}; after byte "
            f"{slice_.place:,} of the SQL); give the table as written by mariadb-dump"
        ) from error


def sql_tasks(
    path: str,
    table: SqlTable,
    part_size: int,
    faults: list[str] | None,
    *,
    database: str = "",
    read: dict[str, FileRead] | None = None,
) -> Iterator[Task[SqlSlice]]:
    """Cut a table's dump into tasks, one per slice; arguments and errors as for `sql_slices`."""
    slices = sql_slices(path, table, part_size, faults, database=database, read=read)
    for index, (slice_, weight) in enumerate(slices):
        digest = xxhash.xxh3_128(slice_.block.data)
        digest.update(repr((slice_.block.columns, slice_.block.inside)).encode())
        yield Task(part_name(index), slice_, digest.hexdigest(), weight)


def sql_slices(
    path: str,
    table: SqlTable,
    part_size: int,
    faults: list[str] | None,
    *,
    database: str = "",
    read: dict[str, FileRead] | None = None,
) -> Iterator[tuple[SqlSlice, int]]:
    """Yield a table's rows in slices, each with the number of compressed bytes read for it.

    A slice has at most `part_size` bytes of SQL, unless a row has more. With a list `faults`, a
    truncated or damaged file ends early and the message is appended to it; without, CutInputError
    is raised after the slices before the fault. `read`: receives the file's fingerprint, by `path`,
    once the whole file has been read. Raises InputError if the file does not contain the table, the
    table lacks a needed column, or the file's header names another `database`.
    """
    stream = Stream(path)
    cutter = _Cutter(stream.name, table, part_size, database)
    counted = 0

    def weighed(slices: Iterator[SqlSlice]) -> Iterator[tuple[SqlSlice, int]]:
        nonlocal counted
        for slice_ in slices:
            weight, counted = stream.position - counted, stream.position
            yield slice_, weight

    try:
        yield from weighed(chain.from_iterable(map(cutter.take, stream)))
        yield from weighed(cutter.finish())
        stream.record(read)
    except CutInputError as fault:
        yield from weighed(cutter.rest())
        if faults is None:
            raise
        faults.append(str(fault))
        stream.record(read)
    finally:
        stream.close()


@dataclass
class _Cutter:
    """Cut a stream of bytes, in pieces of any size, between statements or between rows."""

    name: str
    table: SqlTable
    size: int
    database: str = ""
    _data: bytearray = field(default_factory=bytearray)
    _place: int = 0
    _head: bytes = b""
    _tail: bytes = b""
    _columns: tuple[str, ...] | None = None
    _others: list[str] = field(default_factory=list)
    _begun: bool = False
    _inside: tuple[str, ...] | None = None
    _window: int = 0

    def take(self, data: bytes) -> Iterator[SqlSlice]:
        """Take the next bytes; yield the slices that they complete."""
        if len(self._head) < _EDGE:
            self._head += data[:_EDGE]
            self._need_database()
        self._tail = (self._tail + data)[-_EDGE:]
        self._data += data
        self._window = self._window or self.size
        while len(self._data) >= self._window:
            window = bytes(self._data[: self._window])
            if not self._begun:
                skipped = self._before_rows(window)
                if skipped or self._begun:
                    self._drop(skipped)
                else:
                    self._grow()
                continue
            end, inside = self._cut(window)
            if not end:
                self._grow()
                continue
            yield self._slice(window[:end], inside)

    def _need_database(self) -> None:
        named = _DATABASE.search(self._head)
        if named and self.database and named[1].decode() != self.database:
            raise InputError(
                f"{self.name}: dump of {named[1].decode()}, not of {self.database}; give "
                f"--wiki {named[1].decode()} or another dump"
            )

    def _grow(self) -> None:
        """Double the window, because it contains no whole statement or row."""
        self._window *= 2
        if self._window > _LARGEST_ROW + self.size:
            raise InputError(
                f"{self.name}: row or statement longer than {_LARGEST_ROW >> 20} MB (at byte "
                f"{self._place:,} of the SQL); give the table `{self.table.name}` as written by "
                "mariadb-dump"
            )

    def finish(self) -> Iterator[SqlSlice]:
        """Yield the rest. Raises CutInputError if the dump is truncated."""
        if not self._begun:
            self._drop(self._before_rows(bytes(self._data)))
        left = bytes(self._data)
        if self._begun:
            end = self._statements_end(left)
            if end:
                yield self._slice(left[:end], None)
            left = left[end:]
        if BLANK.fullmatch(left) is None:
            raise self._is_cut("the SQL ends inside a statement")
        if _BEGINS.search(self._head) and _COMPLETED not in self._tail:
            raise self._is_cut(f"the last line ({_COMPLETED.decode()} …) is missing")
        self._need_table()

    def _is_cut(self, how: str) -> CutInputError:
        return CutInputError(
            f"{self.name}: truncated: {how}, after byte {self._place + len(self._data):,} of the "
            "SQL; download it again"
        )

    def rest(self) -> Iterator[SqlSlice]:
        """Yield the whole rows before a fault."""
        if not self._begun:
            self._drop(self._before_rows(bytes(self._data)))
        while self._begun and self._data:
            window = bytes(self._data)
            end = self._statements_end(window)
            inside = None
            if not end:
                end, inside = self._rows_end(window)
            if not end:
                return
            yield self._slice(window[:end], inside)

    def _need_table(self) -> None:
        if self._columns is None and not self._begun:
            others = f" (tables: {_listed(self._others)})" if self._others else ""
            raise InputError(
                f"{self.name}: no table `{self.table.name}`{others}; give the dump of that table"
            )

    def _before_rows(self, data: bytes) -> int:
        """Skip statements before the table's first rows; return the byte offset where they end."""
        position = 0
        while True:
            begin = BLANK.match(data, position).end()  # type: ignore[union-attr]
            head = INSERT.match(data, begin)
            if head and name_of(head["table"]) == self.table.name:
                self._begun = True
                listed = names_of(head["columns"]) if head["columns"] else self._columns
                self._need_columns(listed)
                return begin
            statement = REST.match(data, begin)
            if not statement:
                return position
            self._look_at(statement[0])
            position = statement.end()

    def _look_at(self, statement: bytes) -> None:
        """Read the columns from a CREATE TABLE statement."""
        into = INTO.match(statement)
        if into and name_of(into["table"]) == self.table.name:
            raise InputError(
                f"{self.name}: INSERT without VALUES into `{self.table.name}`; give the table as "
                "written by mariadb-dump"
            )
        create = CREATE.match(statement)
        if not create:
            return
        name = name_of(create[1])
        if name == self.table.name:
            self._columns = created_columns(statement, create.end())
            self._need_columns(self._columns)
        elif len(self._others) < _SHOWN_NAMES:
            self._others.append(name[:_SHOWN_LENGTH])

    def _need_columns(self, columns: tuple[str, ...] | None) -> None:
        if columns is not None and len(columns) > MOST_COLUMNS:
            raise InputError(
                f"{self.name}: table `{self.table.name}` has more than {MOST_COLUMNS:,} columns; "
                "give the table of a MediaWiki database"
            )
        if columns is None:
            raise InputError(
                f"{self.name}: no CREATE TABLE before the rows of `{self.table.name}`, so its "
                "columns are unknown; give a dump made without --no-create-info"
            )
        missing = [name for name in self.table.needed if name not in columns]
        if missing:
            raise InputError(
                f"{self.name}: table `{self.table.name}` has no column {missing[0]} (columns: "
                f"{_listed(columns)}); give the table of a MediaWiki database"
            )

    def _drop(self, end: int) -> None:
        del self._data[:end]
        self._place += end
        self._window = self.size

    def _slice(self, data: bytes, inside: tuple[str, ...] | None) -> SqlSlice:
        block = Block(self.table.name, self._columns or (), self._inside, data)
        slice_ = SqlSlice(self.name, self._place, block)
        self._inside = inside
        self._drop(len(data))
        return slice_

    def _cut(self, window: bytes) -> tuple[int, tuple[str, ...] | None]:
        """Return where to cut (0: nowhere), and the columns of the INSERT that continues there."""
        end = _quick_end(window) or self._statements_end(window)
        return (end, None) if end else self._rows_end(window)

    def _statements_end(self, window: bytes) -> int:
        end = 0
        while match := REST.match(window, end):
            end = match.end()
        return end

    def _rows_end(self, window: bytes) -> tuple[int, tuple[str, ...] | None]:
        """Return the end of the last whole row of a statement that does not end in the window."""
        names, begin = self._inside, 0
        if names is None:
            head = INSERT.match(window, BLANK.match(window).end())  # type: ignore[union-attr]
            if not head or name_of(head["table"]) != self.table.name:
                return 0, None
            names = names_of(head["columns"]) if head["columns"] else self._columns
            begin = head.end()
        end = ROWS.match(window, begin).end()  # type: ignore[union-attr]
        return (end, names) if end > begin else (0, None)


def _listed(names: Sequence[str]) -> str:
    more = ", …" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(name[:_SHOWN_LENGTH] for name in names[:_SHOWN_NAMES]) + more


def _quick_end(window: bytes) -> int:
    """Return where the window's last statement ends, by counting quotes; 0 if that is ambiguous.

    A line that ends with `;` ends a statement if the quotes before it are balanced.
    """
    end = len(window)
    for _ in range(_MOST_TRIES):
        end = window.rfind(b";\n", 0, end)
        if end < 0:
            return 0
        balanced = _quotes_are_balanced(window[:end])
        if balanced is None:
            return 0
        if balanced:
            return end + 2
    return 0


def _quotes_are_balanced(text: bytes) -> bool | None:
    """Return whether quotes are balanced; None if comments or backticks may contain some."""
    if b"#" in text or b"--" in text or b"/*" in text:
        return None
    if text.count(b"\\") > MOST_BACKSLASHES:
        return None
    codes = np.frombuffer(text, np.uint8)
    escaped = codes[escaped_offsets(np.flatnonzero(codes == ord("\\")), len(codes))]
    single, double = (
        int(np.count_nonzero(codes == code)) - int(np.count_nonzero(escaped == code))
        for code in b"'\""
    )
    return single % 2 == 0 if not double else None
