"""Wikidata's JSON dump: a line an entity, decoded to the named fields only.

Format: https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html. PHP writes an empty
map as `[]`; every part may be missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from cstool.dumps.streams import Stream
from cstool.running.errors import CutInputError, InputError

T = TypeVar("T")

DEFAULT_PART_SIZE = 64 << 20
# Bytes. Wikidata's longest has a few millions; what has no line ends would fill the memory.
LONGEST_LINE = 64 << 20

_BOM = b"\xef\xbb\xbf"


class Term(msgspec.Struct, gc=False):
    """A label or an alias; its language is the key that it stands under."""

    value: str


class Sitelink(msgspec.Struct, gc=False):
    """The title of an item's page in a wiki; the wiki is the key that it stands under."""

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
    """An entity of the dump: of items what we keep, of others the type."""

    id: str
    type: str = "item"
    labels: dict[str, Term] | list[None] = []
    aliases: dict[str, list[Term]] | list[None] = []
    sitelinks: dict[str, Sitelink] | list[None] = []
    claims: _Claims | list[None] = []

    def types(self) -> list[int]:
        """Return the QIDs of the best-ranked P31 statements, as numbers.

        Preferred ones if there are any, else the normal ones
        (https://www.wikidata.org/wiki/Help:Ranking).
        """
        statements = self.claims.P31 if isinstance(self.claims, _Claims) else []
        for rank in ("preferred", "normal"):
            ranked = [s.mainsnak.datavalue for s in statements if s.rank == rank]
            if ranked:
                values = [d.value.id for d in ranked if d and isinstance(d.value, _EntityId)]
                return [int(v[1:]) for v in values if is_item(v)]
        return []


def mapped(part: dict[str, T] | list[None]) -> dict[str, T]:
    """Return a map of the dump, empty where PHP wrote `[]`."""
    return part if isinstance(part, dict) else {}


def is_item(entity_id: str) -> bool:
    """Whether it is an item's identifier: Q and a number that 32 bits hold."""
    digits = entity_id[1:]
    return (
        entity_id.startswith("Q")
        and digits.isascii()
        and digits.isdigit()
        and digits[0] != "0"
        and int(digits) < 1 << 32
    )


_decoder = msgspec.json.Decoder(Entity)


def decode(line: bytes) -> Entity:
    """Return the entity of a line of the dump (a comma or the closing ] may stand behind it).

    Raises msgspec.DecodeError for a malformed line.
    """
    return _decoder.decode(line.rstrip(b",]\r\n \t"))


@dataclass(frozen=True)
class LineSlice:
    """Some whole lines of a dump; the first one has that number in the file (from 1)."""

    name: str
    first_line: int
    data: bytes


def line_slices(
    path: str, part_size: int, faults: list[str] | None
) -> Iterator[tuple[LineSlice, int]]:
    """Cut a Wikidata dump at its lines; yield slices and the compressed bytes read for each.

    A slice is `part_size` bytes of JSON and the rest of the line there. With a list `faults`, a
    cut or damaged input ends early and is noted there; without, CutInputError is raised there,
    after the slices before it. Raises InputError for what is no Wikidata dump.
    """
    stream = Stream(path)
    cutter = _Cutter(stream.name, part_size)
    told = 0

    def weighed(slice_: LineSlice) -> tuple[LineSlice, int]:
        nonlocal told
        weight, told = stream.position - told, stream.position
        return slice_, weight

    try:
        for data in stream:
            for slice_ in cutter.take(data):
                yield weighed(slice_)
        cutter.check()
        rest = cutter.rest(whole=False)
    except CutInputError as fault:
        rest = cutter.rest(whole=True)
        if faults is None:
            if rest:
                yield weighed(rest)
            raise
        faults.append(str(fault))
    finally:
        stream.close()
    if rest:
        yield weighed(rest)


class _Cutter:
    """Cuts bytes behind the first line's end at or after `size` of them, however they come in."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._part_size = size
        self._kept: list[bytes] = []
        self._size = 0
        self._line = 1
        self._ends = _Ends(name)

    def take(self, data: bytes) -> Iterator[LineSlice]:
        """Take the next bytes; yield the slices that they complete. Raises InputError."""
        self._ends.look(data)
        self._kept.append(data)
        self._size += len(data)
        if self._size < self._part_size:
            return
        data = b"".join(self._kept)
        begin = 0
        while end := data.find(b"\n", begin + self._part_size - 1) + 1:
            yield self._slice(data[begin:end])
            begin = end
        self._kept = [data[begin:]]
        self._size = len(data) - begin
        if self._size > self._part_size + LONGEST_LINE:
            line = self._line + self._kept[0].count(b"\n")
            raise InputError(
                f"{self._name}: line {line:,} is longer than {LONGEST_LINE >> 20} MB; give a "
                "Wikidata dump that has an entity a line"
            )

    def check(self) -> None:
        """Raise CutInputError when the dump does not end as one does."""
        self._ends.check()

    def rest(self, *, whole: bool) -> LineSlice | None:
        """Return what is left: all of it, or its `whole` lines; None when that is nothing."""
        data = b"".join(self._kept)
        if whole:
            data = data[: data.rfind(b"\n") + 1]
        return self._slice(data) if data else None

    def _slice(self, data: bytes) -> LineSlice:
        first = self._line
        self._line += data.count(b"\n")
        return LineSlice(self._name, first, data.removeprefix(_BOM) if first == 1 else data)


class _Ends:
    """Looks at a dump's first and last bytes: `[` … `]`, or bare JSON lines."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._tail = b""

    def look(self, data: bytes) -> None:
        """Take the next bytes. Raises InputError when the first show that it is no dump."""
        if not self._head:
            self._head = data.lstrip(_BOM + b" \t\r\n")[:20]
            if self._head and self._head[:1] not in (b"[", b"{"):
                raise InputError(
                    f"{self._name}: is no Wikidata JSON dump: it begins with {self._head!r}, "
                    "not with [ or {; give wikidata-<date>-all.json.gz or the like"
                )
        self._tail = data.rstrip()[-1:] or self._tail

    def check(self) -> None:
        """Raise CutInputError when an array was opened and not closed."""
        if self._head[:1] == b"[" and self._tail != b"]":
            raise CutInputError(
                f"{self._name}: ends without its closing ]: it is cut off; download it again, "
                "or keep what is there with --keep-going"
            )
