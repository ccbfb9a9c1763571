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
        and int(digits) < 1 << 32
    )


_decoder = msgspec.json.Decoder(Entity)


def decode(line: bytes) -> Entity:
    """Return the entity of a line of the dump (its comma may be there).

    Raises msgspec.DecodeError for a malformed line.
    """
    return _decoder.decode(line.rstrip(b",\r\n \t"))


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

    With a list `faults`, a cut or damaged input ends early and is noted there; without,
    CutInputError is raised there, after the slices before it. Raises InputError for what is no
    Wikidata dump.
    """
    stream = Stream(path)
    kept: list[bytes] = []
    size = told = 0
    line = 1
    seen = _Ends()
    try:
        for data in stream:
            seen.look(data, stream.name)
            kept.append(data)
            size += len(data)
            if size >= part_size:
                whole, rest = _cut(b"".join(kept))
                kept, size = [rest], len(rest)
                if whole:
                    yield LineSlice(stream.name, line, whole), stream.position - told
                    line += whole.count(b"\n")
                    told = stream.position
        seen.check(stream.name)
    except CutInputError as fault:
        whole, rest = _cut(b"".join(kept))
        kept = [whole]
        if faults is None:
            if whole:
                yield LineSlice(stream.name, line, whole), stream.position - told
            raise
        faults.append(str(fault))
    finally:
        stream.close()
    data = b"".join(kept)
    if data:
        yield LineSlice(stream.name, line, data), stream.position - told


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """Return the whole lines and the begun one."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


class _Ends:
    """Looks at a dump's first and last bytes: `[` … `]`, or bare JSON lines."""

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""

    def look(self, data: bytes, name: str) -> None:
        """Take the next bytes. Raises InputError when the first show that it is no dump."""
        if not self._head:
            self._head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:20]
            if self._head and self._head[:1] not in (b"[", b"{"):
                raise InputError(
                    f"{name}: is no Wikidata JSON dump: it begins with {self._head!r}, "
                    "not with [ or {; give wikidata-<date>-all.json.gz or the like"
                )
        self._tail = data[-100:].rstrip()[-1:] or self._tail

    def check(self, name: str) -> None:
        """Raise CutInputError when an array was opened and not closed."""
        if self._head[:1] == b"[" and self._tail != b"]":
            raise CutInputError(
                f"{name}: ends without its closing ]: it is cut off; download it again, "
                "or keep what is there with --keep-going"
            )
