"""Decodes lines of Wikidata's dump into columns of items, sorted by QID.

Labels, aliases and sitelinks are appended to flat lists as each entity is decoded. Sorting and
filtering then operate on integer codes of all of them together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import list_of_structs, numbers, offsets_of, strings
from cstool.dumps.wikidata import MALFORMED, Entity, LineSlice, decode, item_number
from cstool.execution.gc import seldom_collecting
from cstool.storage.checksums import load_array
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.storage.schemas import ENTITIES
from cstool.storage.sorted_runs import in_groups

MALFORMED_LINE = "malformed line"
# A detail in the counts of the sorted runs, for the merge; removed before the manifest is written.
IN_MEMORY = "in memory"
_LINES_STORED = 20
_AT_ONCE = 8192

_value, _title = attrgetter("value"), attrgetter("title")


@dataclass(frozen=True)
class EntityFilter:
    """The languages of labels and aliases, the sites and the QIDs to keep; None keeps all.

    `only`: path of a NumPy file with the QIDs (`uint32`, sorted), which workers map into memory.
    """

    languages: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None
    only: str | None = None


ALL = EntityFilter()


def sort_lines(slice_: LineSlice, choice: EntityFilter) -> Batches:
    """Yield the selected items of a slice, sorted by QID; return counts of all its entities."""
    counts = Counts()
    with seldom_collecting():
        rows = _read(slice_, _Only(choice.only), counts)
        table = rows.table(choice, counts)
    yield from in_groups(table)
    return counts


def _read(slice_: LineSlice, only: "_Only", counts: Counts) -> "ItemRows":
    tally = counts.tally("entities")
    rows = ItemRows()
    malformed: dict[str, int] = {}
    for number, line in slice_.lines():
        try:
            entity = decode(line)
        except MALFORMED as error:
            tally.drop(MALFORMED_LINE)
            if len(malformed) < _LINES_STORED:
                malformed[f"line {number}: {error}"] = 1
            continue
        qid = item_number(entity.id) if entity.type == "item" else 0
        if not qid:
            tally.drop(entity.type if entity.type != "item" else "no QID")
        elif qid in only:
            rows.append(qid, entity)
        else:
            tally.drop("not asked for")
    tally.keep(len(rows.qids))
    if malformed:
        counts.add("malformed lines", malformed)
    return rows


class _Only:
    """The selected QIDs; without a file, all."""

    def __init__(self, file: str | None) -> None:
        self._qids = None if file is None else _mapped(file, Path(file).stat().st_mtime_ns)

    def __contains__(self, qid: int) -> bool:
        if self._qids is None:
            return True
        index = self._qids.searchsorted(np.uint32(qid))
        return bool(index < len(self._qids) and self._qids[index] == qid)


@lru_cache(1)
def _mapped(file: str, _: int) -> Array:
    return load_array(Path(file))


class _Numbers(dict[str, int]):
    """Assigns consecutive integers to names, in the order of first lookup."""

    def __missing__(self, name: str) -> int:
        self[name] = number = len(self)
        return number


class _Terms:
    """The labels, aliases or sitelinks of all items as flat lists of keys and texts.

    Keys are languages or sites. Lists are converted to arrays every `_AT_ONCE` texts, while the
    texts are still in the CPU cache: reading them from memory again takes as long as decoding.
    """

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._texts: list[str] = []
        self._ends = [0]
        self._stored = 0
        self._numbers = _Numbers()
        self._code_arrays: list[Array] = []
        self._text_arrays: list[pa.Array] = []

    def add(self, texts: dict[str, Any] | list[None], text: Callable[[Any], str]) -> None:
        """Append the texts of an item, one per key."""
        if texts and isinstance(texts, dict):
            self._keys += texts
            self._texts += map(text, texts.values())
        self._end()

    def add_lists(
        self, texts: dict[str, list[Any]] | list[None], text: Callable[[Any], str]
    ) -> None:
        """Append the texts of an item, several per key."""
        if texts and isinstance(texts, dict):
            for key, many in texts.items():
                self._keys += repeat(key, len(many))
                self._texts += map(text, many)
        self._end()

    def _end(self) -> None:
        number = len(self._keys)
        self._ends.append(self._stored + number)
        if number >= _AT_ONCE:
            # pa.array imports pandas if it is installed, so it is not called for few texts.
            self._store(pa.array(self._texts, pa.string()))

    def _store(self, texts: pa.Array) -> None:
        keys = self._keys
        self._code_arrays.append(
            np.fromiter(map(self._numbers.__getitem__, keys), np.int64, len(keys))
        )
        self._text_arrays.append(texts)
        self._stored += len(keys)
        self._keys, self._texts = [], []

    def column(
        self, ranks: Array, kept: tuple[str, ...] | None, type_: pa.DataType
    ) -> tuple[pa.ListArray, int, int]:
        """Return the list column, its number of texts, and the number before filtering.

        `ranks`: row of each item, `int64[items]`. Texts are sorted by key and keep their order
        within a key. `kept`: the keys to keep; None keeps all.
        """
        self._store(strings(self._texts))
        names = sorted(self._numbers)
        sorted_codes = np.empty(len(names), np.int64)
        sorted_codes[[self._numbers[name] for name in names]] = np.arange(len(names))
        codes = sorted_codes[np.concatenate(self._code_arrays)]
        ends = np.array(self._ends, np.int64)
        items = np.repeat(ranks, ends[1:] - ends[:-1])
        order = np.argsort(items * max(1, len(names)) + codes, kind="stable")
        if kept is not None:
            order = order[np.isin(names, kept)[codes[order]]]
        lengths = np.bincount(items[order], minlength=len(ranks))
        keys = strings(names).take(numbers(codes[order]))
        texts = pa.concat_arrays(self._text_arrays).take(numbers(order))
        return list_of_structs(lengths, (keys, texts), type_), len(order), len(codes)


class ItemRows:
    """Collects decoded items."""

    def __init__(self) -> None:
        self.qids: list[int] = []
        self._types: list[int] = []
        self._type_counts: list[int] = []
        self._labels, self._aliases, self._sitelinks = _Terms(), _Terms(), _Terms()

    def append(self, qid: int, entity: Entity) -> None:
        """Append an item."""
        self.qids.append(qid)
        self._labels.add(entity.labels, _value)
        self._aliases.add_lists(entity.aliases, _value)
        self._sitelinks.add(entity.sitelinks, _title)
        types = entity.types()
        self._types += types
        self._type_counts.append(len(types))

    def table(self, choice: EntityFilter, counts: Counts) -> pa.Table:
        """Return the items as a table, sorted by QID; equal QIDs keep their order.

        Counts their terms, and the table's bytes as IN_MEMORY.
        """
        qids = np.array(self.qids, np.uint32)
        order = np.argsort(qids, kind="stable")
        ranks = np.empty(len(qids), np.int64)
        ranks[order] = np.arange(len(qids))
        columns: list[Any] = [numbers(qids[order])]
        for name, terms, kept, reason in (
            ("labels", self._labels, choice.languages, "other language"),
            ("aliases", self._aliases, choice.languages, "other language"),
            ("sitelinks", self._sitelinks, choice.sites, "other site"),
        ):
            column, written, read = terms.column(ranks, kept, ENTITIES.field(name).type)
            columns.append(column)
            counts.tally(name).keep(written)
            counts.tally(name).drop(reason, read - written)
        types = pa.ListArray.from_arrays(
            offsets_of(self._type_counts),
            numbers(np.array(self._types, np.uint32)),
            type=ENTITIES.field("types").type,
        )
        table = pa.table([*columns, types.take(numbers(order))], schema=ENTITIES)
        counts.add(IN_MEMORY, {"bytes": table.nbytes})
        return table


def is_range(order: Sequence[int] | Array) -> bool:
    """Whether an order is the identity: 0, 1, 2, …"""
    return bool((np.asarray(order) == np.arange(len(order))).all())


def count_terms(table: pa.Table) -> Iterable[tuple[str, int]]:
    """Yield the name and the number of terms of each column: labels, aliases, sitelinks."""
    for name in ("labels", "aliases", "sitelinks"):
        yield name, sum(len(chunk.flatten()) for chunk in table.column(name).chunks)
