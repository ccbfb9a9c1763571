"""Read Wikidata's JSON dump: one entity per line, of which only the needed fields are decoded.

Format: https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html. PHP writes an empty
map as `[]`; every field may be missing.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from mmap import mmap
from typing import Literal, NamedTuple, TypeVar

import msgspec
import numpy as np
import xxhash

from cstool.dumps.array_ends import BOM, ArrayEnds
from cstool.dumps.streams import Stream
from cstool.errors import CutInputError, InputError
from cstool.execution.shared_memory import CAN_SHARE, SharedBytes
from cstool.storage.file_hashes import FileRead

T = TypeVar("T")

DEFAULT_PART_SIZE = 64 << 20
# Bytes. Wikibase limits entities to 2.5 MB; the decoded objects take up to 25 times a line's size.
LONGEST_LINE = 16 << 20

_OPEN = ord("{")
_NEWLINE = ord("\n")


class Term(msgspec.Struct, gc=False):
    """A label or an alias; its language is the key in the map of terms."""

    value: str


class Sitelink(msgspec.Struct, gc=False):
    """The title of an item's page in a wiki; the wiki is the key in the map of sitelinks."""

    title: str


class _EntityId(msgspec.Struct, gc=False):
    id: str = ""


class _DataValue(msgspec.Struct, gc=False):
    value: _EntityId | str | float | None = None


class _Snak(msgspec.Struct, gc=False):
    datavalue: _DataValue | None = None


class _Statement(msgspec.Struct, gc=False):
    mainsnak: _Snak
    rank: Literal["preferred", "normal", "deprecated"] = "normal"


class _Claims(msgspec.Struct, gc=False):
    P31: list[_Statement] = []


class Entity(msgspec.Struct, gc=False):
    """An entity of the dump, reduced to the fields that are kept."""

    id: str
    type: str = "item"
    labels: dict[str, Term] | list[None] = []
    aliases: dict[str, list[Term]] | list[None] = []
    sitelinks: dict[str, Sitelink] | list[None] = []
    claims: _Claims | list[None] = []

    def types(self) -> list[int]:
        """Return the QIDs (without the Q) of the best-ranked P31 statements.

        These are the preferred statements if there are any, else the normal ones
        (https://www.wikidata.org/wiki/Help:Ranking).
        """
        if not isinstance(self.claims, _Claims):
            return []
        best: list[_Statement] = []
        rank = "normal"
        for statement in self.claims.P31:
            if statement.rank == rank:
                best.append(statement)
            elif statement.rank == "preferred":
                rank = "preferred"
                best = [statement]
        qids = []
        for statement in best:
            data = statement.mainsnak.datavalue
            if data is not None and isinstance(data.value, _EntityId):
                number = item_number(data.value.id)
                if number:
                    qids.append(number)
        return qids


def mapped(part: dict[str, T] | list[None]) -> dict[str, T]:
    """Return a map of the dump; empty if PHP wrote `[]`."""
    return part if isinstance(part, dict) else {}


_ITEM = re.compile(r"Q([1-9][0-9]{0,9})")


def item_number(entity_id: str) -> int:
    """Return the number of a QID such as Q42; 0 if it is not a QID, or exceeds 32 bits."""
    match = _ITEM.fullmatch(entity_id)
    number = int(match[1]) if match else 0
    return number if number < 1 << 32 else 0


# Errors of decoding: not JSON or wrong types, invalid UTF-8, too deep nesting.
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_decoder = msgspec.json.Decoder(Entity)


def decode(line: bytes | memoryview) -> Entity:
    """Decode the JSON of a line (see `LineSlice.lines`).

    Raises one of MALFORMED. Fields that are not decoded are only checked for valid JSON.
    """
    return _decoder.decode(line)


class SliceTransport(Enum):
    """Where a slice is processed: this process, a worker of this machine, or another machine."""

    HERE = auto()
    WORKER = auto()
    ELSEWHERE = auto()


class ByteRange(NamedTuple):
    """The bytes of `data` from `begin` up to `end`, exclusive."""

    data: bytes | mmap
    begin: int
    end: int


# Takes bytes and their range from the beginning of a line; returns the position behind the lines
# that it has processed, and their number.
LineSkip = Callable[[bytes | mmap, int, int], tuple[int, int]]


@dataclass(frozen=True)
class LineSlice:
    """Whole lines of a dump; `first_line` is the number of the first one in the file, from 1.

    `data`: their bytes, in pieces, or the shared memory that contains them. `fingerprint`: the xxh3
    of all bytes.
    """

    name: str
    first_line: int
    data: tuple[ByteRange, ...] | SharedBytes
    fingerprint: str

    def pieces(self) -> Iterable[ByteRange]:
        """Return the bytes, in pieces."""
        if not isinstance(self.data, SharedBytes):
            return self.data
        data = self.data.map()
        return (ByteRange(data, 0, len(data)),)

    def lines(
        self, skip: LineSkip = lambda _, begin, __: (begin, 0)
    ) -> Iterator[tuple[int, memoryview | bytes]]:
        """Yield line number and JSON of each non-empty line, without brackets and commas.

        `skip` is called at the beginning of each of these lines, and may skip it and others.
        """
        number = self.first_line
        for data, first, stop in self._whole_lines():
            begin = first
            view = memoryview(data)
            while begin < stop:
                begin, skipped = skip(data, begin, stop)
                number += skipped
                if begin == stop:
                    break
                end = data.find(b"\n", begin, stop)
                end = stop if end < 0 else end
                if data[begin] == _OPEN and data[end - 2 : end] == b"},":
                    yield number, view[begin : end - 1]  # the published form needs no copy
                elif line := stripped(data[begin:end]):
                    yield number, line
                begin = end + 1
                number += 1

    def _whole_lines(self) -> Iterator[ByteRange]:
        """Yield the bytes in pieces of whole lines; the last line may lack its end."""
        before: list[bytes] = []  # the beginning of a line that continues in the next piece
        for data, first, stop in self.pieces():
            begin, end = first, data.rfind(b"\n", first, stop) + 1
            if before and end:
                begin = data.find(b"\n", first, stop) + 1
                yield _joined([*before, data[first:begin]])
                before = []
            if begin < end:
                yield ByteRange(data, begin, end)
            if max(begin, end) < stop:
                before.append(data[max(begin, end) : stop])
        if before:
            yield _joined(before)


def _joined(pieces: list[bytes]) -> ByteRange:
    data = b"".join(pieces)
    return ByteRange(data, 0, len(data))


def stripped(line: bytes) -> bytes:
    """Return a line of a dump without the array's brackets and commas, and outer white space."""
    return line.removeprefix(BOM).strip().removeprefix(b"[").rstrip(b",]\r\n \t")


def line_slices(
    path: str,
    part_size: int,
    faults: list[str] | None,
    *,
    way: SliceTransport = SliceTransport.HERE,
    read: dict[str, FileRead] | None = None,
    limit: int | None = None,
) -> Iterator[tuple[LineSlice, int]]:
    """Cut a Wikidata dump between lines; yield slices and the compressed bytes read for each.

    A slice has `part_size` bytes of JSON and the rest of the line there. `way` says where the
    slices are processed. With a list `faults`, a truncated or damaged input ends early and the
    message is appended to it; without, CutInputError is raised after the slices before the fault.
    `read`: receives the file's fingerprint, by `path`, once the whole file has been read. `limit`:
    ends after the line with this many items; the rest is not read. Raises InputError if the file is
    not a Wikidata dump.
    """
    stream = Stream(path)
    cutter = _Cutter(stream.name, part_size, way)
    items = None if limit is None else ItemLimit(stream, limit)
    counted = 0

    def weighed(slice_: LineSlice) -> tuple[LineSlice, int]:
        nonlocal counted
        weight, counted = stream.position - counted, stream.position
        return slice_, weight

    try:
        for data in items or stream:
            for slice_ in cutter.take(data):
                yield weighed(slice_)
        if items is None or not items.reached:
            cutter.check()
            stream.record(read)
        rest = cutter.rest(whole=False)
    except CutInputError as fault:
        rest = cutter.rest(whole=True)
        if faults is None:
            if rest:
                yield weighed(rest)
            raise
        faults.append(str(fault))
        stream.record(read)
    finally:
        stream.close()
    if rest:
        yield weighed(rest)


class _EntityType(msgspec.Struct, gc=False):
    type: str = "item"


class ItemLimit:
    """The bytes of a dump up to the end of the line with its `limit`-th item.

    `reached`: whether there was such a line, so that the rest of the dump was not read.
    """

    def __init__(self, pieces: Iterable[bytes], limit: int) -> None:
        self._pieces = pieces
        self._left = limit
        self.reached = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        before: list[bytes] = []  # the beginning of a line that continues in the next piece
        for data in self._pieces:
            begin = 0
            while (end := data.find(b"\n", begin)) >= 0:
                self._left -= _is_item(b"".join([*before, data[begin:end]]))
                before, begin = [], end + 1
                if not self._left:
                    self.reached = True
                    yield data[:begin]
                    return
            before.append(data[begin:])
            yield data


def _is_item(line: bytes) -> bool:
    try:
        return msgspec.json.decode(stripped(line), type=_EntityType).type == "item"
    except MALFORMED:
        return False


def _view(piece: ByteRange) -> memoryview:
    return memoryview(piece.data)[piece.begin : piece.end]


class _Cutter:
    """Cut a stream of bytes at the first line end at or after `size` bytes of each slice."""

    def __init__(self, name: str, size: int, way: SliceTransport) -> None:
        self._name = name
        self._part_size = size
        self._way = way
        self._line = 1
        self._open = 0  # bytes of the line that has not ended yet
        self._ends = ArrayEnds(name)
        self._begin()

    def _begin(self) -> None:
        self._kept: list[ByteRange] = []
        self._size = 0
        self._lines = 0
        self._hash = xxhash.xxh3_128()

    def take(self, data: bytes) -> Iterator[LineSlice]:
        """Take the next bytes; yield the slices that they complete.

        Raises InputError if they are not a Wikidata dump, or a line is too long.
        """
        self._ends.look(data)
        self._need_short_lines(data)
        begin = 0
        while begin < len(data):
            wanted = max(1, self._part_size - self._size)
            end = data.find(b"\n", begin + wanted - 1) + 1
            self._keep(data, begin, end or len(data))
            if not end:
                break
            yield self._slice()
            begin = end

    def _need_short_lines(self, data: bytes) -> None:
        """Raise InputError if a line is too long, wherever in a slice it begins."""
        number = self._line + self._lines
        end = data.find(b"\n")
        if end >= 0 and self._open + end <= LONGEST_LINE:
            # Lines that begin and end in these bytes cannot be longer than them.
            self._open = len(data) - data.rfind(b"\n") - 1
            number += data.count(b"\n") if self._open > LONGEST_LINE else 0
        else:
            self._open += len(data) if end < 0 else end
        if self._open > LONGEST_LINE:
            raise InputError(
                f"{self._name}: line {number:,} is longer than {LONGEST_LINE >> 20} MB; give a "
                "Wikidata JSON dump with one entity per line"
            )

    def _keep(self, data: bytes, begin: int, end: int) -> None:
        if begin == end:
            return
        self._kept.append(ByteRange(data, begin, end))
        self._size += end - begin
        # Three times as fast as data.count.
        numbers = np.frombuffer(data, np.uint8, end - begin, begin)
        self._lines += int(np.count_nonzero(numbers == _NEWLINE))
        self._hash.update(numbers.data)

    def check(self) -> None:
        """Raise CutInputError if the dump is truncated."""
        self._ends.check()

    def rest(self, *, whole: bool) -> LineSlice | None:
        """Return the rest, or only its `whole` lines; None if that is empty."""
        if whole:
            data = b"".join(map(_view, self._kept))
            self._begin()
            self._keep(data, 0, data.rfind(b"\n") + 1)
        return self._slice() if self._size else None

    def _slice(self) -> LineSlice:
        first = self._line
        self._line += self._lines
        data: tuple[ByteRange, ...] | SharedBytes = tuple(self._kept)
        if self._way is SliceTransport.WORKER and CAN_SHARE:
            data = SharedBytes.of(map(_view, self._kept))
        elif self._way is not SliceTransport.HERE:
            data = (ByteRange(b"".join(map(_view, self._kept)), 0, self._size),)
        slice_ = LineSlice(self._name, first, data, self._hash.hexdigest())
        self._begin()
        return slice_
