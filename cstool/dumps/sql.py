"""Tables that mariadb-dump or mysqldump wrote: cut into slices of whole rows, read as columns.

https://mariadb.com/kb/en/mariadb-dump/. The columns are those of CREATE TABLE, or of an INSERT's
own list; statements may stand on one line or many, with one row or many. A slice never depends
on how the file is compressed.
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
    escaped_places,
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
from cstool.storage.manifest import FileRead
from cstool.storage.tasks import Task, part_name

DEFAULT_PART_SIZE = 16 << 20
# A row of the tables that are read has some kilobytes; mariadb-dump's statements have 16 MB at most
# (net_buffer_length), unless a row is longer. A slice comes on top, and copies of it all.
_LARGEST_ROW = 16 << 20
_BEGINS = re.compile(rb"-- (?:MariaDB|MySQL) dump ")
_DATABASE = re.compile(rb"^-- Host: .*\bDatabase: (\w+)\s*\n", re.MULTILINE)
_COMPLETED = b"-- Dump completed"
_EDGE = 1 << 10
_LAST_TRIES = 4
# Names of tables or columns in a message.
_SHOWN_NAMES = 20
_SHOWN_LENGTH = 60


@dataclass(frozen=True)
class SqlTable:
    """A table of a dump, and the columns of it that are wanted: those it must have, and may."""

    name: str
    needed: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """All wanted columns."""
        return self.needed + self.others


@dataclass(frozen=True)
class SqlSlice:
    """Some rows of a table: `place` is the byte of the unpacked file where they begin."""

    name: str
    place: int
    block: Block


def read_columns(slice_: SqlSlice, table: SqlTable) -> list[pa.Array]:
    """Return the wanted columns of a slice: binary, with nulls; numbers are their digits.

    Raises InputError, which names the place, for a row that is none.
    """
    try:
        columns = plain_columns(slice_.block, table.wanted)
        return careful_columns(slice_.block, table.wanted) if columns is None else columns
    except SqlError as error:
        raise InputError(
            f"{slice_.name}: byte {slice_.place + error.place:,} of its SQL: {error}; give the "
            f"table `{table.name}` as mariadb-dump writes it"
        ) from error


def whole_numbers(values: pa.Array, type_: pa.DataType, slice_: SqlSlice, column: str) -> pa.Array:
    """Return a column as numbers. Raises InputError when one is missing, none, or too large."""
    try:
        if values.null_count:
            raise pa.ArrowInvalid("NULL")
        return pc.cast(values.cast(pa.string()), type_)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{slice_.name}: after byte {slice_.place:,} of its SQL: {column} holds what is no "
            f"{type_} ({error}); give the table as mariadb-dump writes it"
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
    """Cut a table's dump into tasks, one for each slice; arguments as for `sql_slices`."""
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
    """Yield a table's rows in slices, and the bytes of the file that were read for each.

    A slice has at most `part_size` bytes of SQL, unless a row has more. With a list `faults`, a
    cut or damaged file ends early and is noted there; without, CutInputError is raised there,
    after the slices before it. Raises InputError for a file that does not hold the table, or
    whose table lacks a needed column, or whose first lines name another `database`. `read`: gets
    the file's fingerprint, by `path`, when all of it has been read.
    """
    stream = Stream(path)
    cutter = _Cutter(stream.name, table, part_size, database)
    told = 0

    def weighed(slices: Iterator[SqlSlice]) -> Iterator[tuple[SqlSlice, int]]:
        nonlocal told
        for slice_ in slices:
            weight, told = stream.position - told, stream.position
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
    """Takes bytes, however they come in, and cuts them between statements, or between rows."""

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
                passed = self._before_rows(window)
                if passed or self._begun:
                    self._drop(passed)
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
                f"{self.name}: is a dump of {named[1].decode()}, not of {self.database}; give "
                f"--wiki {named[1].decode()} or another dump"
            )

    def _grow(self) -> None:
        """Look at more bytes: so many hold no whole statement, nor a row."""
        self._window *= 2
        if self._window > _LARGEST_ROW + self.size:
            raise InputError(
                f"{self.name}: from byte {self._place:,} of its SQL on, {_LARGEST_ROW >> 20} MB "
                f"hold no whole row or statement; give the table `{self.table.name}` as "
                "mariadb-dump writes it"
            )

    def finish(self) -> Iterator[SqlSlice]:
        """Yield what is left. Raises CutInputError when the dump does not end as one does."""
        if not self._begun:
            self._drop(self._before_rows(bytes(self._data)))
        left = bytes(self._data)
        if self._begun:
            end = self._statements_end(left)
            if end:
                yield self._slice(left[:end], None)
            left = left[end:]
        if BLANK.fullmatch(left) is None:
            raise self._is_cut("ends inside a statement")
        if _BEGINS.search(self._head) and _COMPLETED not in self._tail:
            raise self._is_cut(f"ends without its last line ({_COMPLETED.decode()} …)")
        self._need_table()

    def _is_cut(self, how: str) -> CutInputError:
        return CutInputError(
            f"{self.name}: {how}, after byte {self._place + len(self._data):,} of its SQL: it is "
            "cut off; download it again, or keep what is there with --keep-going"
        )

    def rest(self) -> Iterator[SqlSlice]:
        """Yield the whole rows that stand before a fault."""
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
            has = f" (it has {_listed(self._others)})" if self._others else ""
            raise InputError(
                f"{self.name}: has no table `{self.table.name}`{has}; give that table's dump"
            )

    def _before_rows(self, data: bytes) -> int:
        """Pass over statements up to the table's first rows; return where those passed end."""
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
        """Take the columns from CREATE TABLE."""
        into = INTO.match(statement)
        if into and name_of(into["table"]) == self.table.name:
            raise InputError(
                f"{self.name}: fills `{self.table.name}` by an INSERT without VALUES; give the "
                "table as mariadb-dump writes it"
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
                f"{self.name}: its table `{self.table.name}` has more than {MOST_COLUMNS:,} "
                "columns; give the table of a MediaWiki database"
            )
        if columns is None:
            raise InputError(
                f"{self.name}: has rows of `{self.table.name}` and no CREATE TABLE before them, so "
                "nothing tells its columns; give a dump without --no-create-info"
            )
        missing = [name for name in self.table.needed if name not in columns]
        if missing:
            raise InputError(
                f"{self.name}: its table `{self.table.name}` has no column {missing[0]} (it has "
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
        """Return where to cut, and the columns of the INSERT that goes on there; 0: nowhere."""
        end = _quick_end(window) or self._statements_end(window)
        return (end, None) if end else self._rows_end(window)

    def _statements_end(self, window: bytes) -> int:
        end = 0
        while match := REST.match(window, end):
            end = match.end()
        return end

    def _rows_end(self, window: bytes) -> tuple[int, tuple[str, ...] | None]:
        """Return the end of the last whole row of a statement that does not end here."""
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
    """Return where the window's last statement ends, by counting quotes; 0 when that won't do.

    A line that ends with `;` ends a statement when the quotes before it pair up.
    """
    end = len(window)
    for _ in range(_LAST_TRIES):
        end = window.rfind(b";\n", 0, end)
        if end < 0:
            return 0
        paired = _quotes_pair(window[:end])
        if paired is None:
            return 0
        if paired:
            return end + 2
    return 0


def _quotes_pair(text: bytes) -> bool | None:
    """Whether quotes pair up; None where other things than strings may hold some."""
    if b"#" in text or b"--" in text or b"/*" in text:
        return None
    if text.count(b"\\") > MOST_BACKSLASHES:
        return None
    codes = np.frombuffer(text, np.uint8)
    escaped = codes[escaped_places(np.flatnonzero(codes == ord("\\")), len(codes))]
    single, double = (
        int(np.count_nonzero(codes == code)) - int(np.count_nonzero(escaped == code))
        for code in b"'\""
    )
    return single % 2 == 0 if not double else None
