"""The items of Wikidata's JSON dump as columns: QIDs, labels, aliases, sitelinks and types.

Lines in the form that Wikidata publishes are read by an extension in C, which makes no object per
text. All others, damaged ones too, are decoded by msgspec (`wikidata.decode`) and then appended; so
are all without the extension. A test checks that both give the same columns.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from mmap import mmap
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import strings
from cstool.dumps.wikidata import Entity, mapped

try:
    from cstool.dumps._item_columns import new_columns, read_items, take_items

    COMPILED = True
except ImportError:  # installed without a C compiler
    COMPILED = False

# Texts that are converted at once, while they are still in the CPU's cache: reading them from
# memory again takes as long as decoding.
_AT_ONCE = 8192

_value, _title = attrgetter("value"), attrgetter("title")


class Terms(NamedTuple):
    """The labels, aliases or sitelinks of items, as parallel arrays.

    `counts`: the number of texts of each item. `names`: the languages or sites; `codes`: the index
    of each text's name.
    """

    counts: Array
    names: list[str]
    codes: Array
    texts: pa.StringArray


class Items(NamedTuple):
    """Items in the order of the dump; `qids`: uint32[items].

    `type_counts`: the number of types of each item; `types`: the QIDs of all. `others`: the number
    of entities that are no items, by type; `unwanted`: that of items that were not to be read. Both
    count only lines that `ItemColumns.read` has read.
    """

    qids: Array
    labels: Terms
    aliases: Terms
    sitelinks: Terms
    type_counts: Array
    types: Array
    others: Counter[str]
    unwanted: int


class _TermColumns:
    """Collects the labels, aliases or sitelinks of items."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._codes_of: dict[str, int] = {}
        self._pending: tuple[list[int], list[str], list[str]] = ([], [], [])
        self._parts: list[tuple[Array, Array, pa.StringArray]] = []

    def append(self, keys: Iterable[str], texts: Iterable[str]) -> None:
        """Append the texts of an item, with their languages or sites."""
        counts, all_keys, all_texts = self._pending
        before = len(all_keys)
        all_keys += keys
        all_texts += texts
        counts.append(len(all_keys) - before)
        if len(all_keys) >= _AT_ONCE:
            # Twice as fast as `strings`; not for few texts, because pa.array may import pandas.
            self._store(pa.array(all_texts, pa.string()))

    def extend(self, counts: bytes, codes: bytes, offsets: bytes, texts: bytes) -> None:
        """Append the columns of items, as `take_items` returns them."""
        self._store(strings(self._pending[2]))
        buffers = pa.py_buffer(offsets), pa.py_buffer(texts)
        array = pa.StringArray.from_buffers(len(codes) // 4, *buffers)
        self._parts.append((np.frombuffer(counts, np.int32), np.frombuffer(codes, np.int32), array))

    def _store(self, texts: pa.StringArray) -> None:
        counts, keys, _ = self._pending
        for name in self.names[len(self._codes_of) :]:  # those that the extension appended
            self._codes_of[name] = len(self._codes_of)
        codes = np.fromiter(map(self._code, keys), np.int32, len(keys))
        self._parts.append((np.array(counts, np.int32), codes, texts))
        self._pending = ([], [], [])

    def _code(self, name: str) -> int:
        code = self._codes_of.setdefault(name, len(self.names))
        if code == len(self.names):
            self.names.append(name)
        return code

    def take(self) -> Terms:
        """Return all terms."""
        self._store(strings(self._pending[2]))
        counts, codes, texts = zip(*self._parts, strict=True)
        return Terms(
            np.concatenate(counts), self.names, np.concatenate(codes), pa.concat_arrays(texts)
        )


class ItemColumns:
    """Collects items. `wanted`: QIDs to read from lines (uint32, sorted); None reads all."""

    def __init__(self, wanted: Array | None = None) -> None:
        self._wanted = wanted
        self._items: tuple[list[int], list[int], list[int]] = ([], [], [])
        self._parts: list[tuple[Array, Array, Array]] = []
        self._terms = _TermColumns(), _TermColumns(), _TermColumns()
        self._others: Counter[str] = Counter()
        self._unwanted = 0
        # Items that were read since the last call of `append`.
        self._read = new_columns(*(terms.names for terms in self._terms)) if COMPILED else None

    def append(self, qid: int, entity: Entity) -> None:
        """Append an item."""
        self._take_read()
        labels, aliases, sitelinks = self._terms
        _append_each(labels, entity.labels, _value)
        lists = mapped(entity.aliases)
        aliases.append(
            [language for language, many in lists.items() for _ in many],
            [alias.value for many in lists.values() for alias in many],
        )
        _append_each(sitelinks, entity.sitelinks, _title)
        qids, counts, types = self._items
        of_item = entity.types()
        qids.append(qid)
        counts.append(len(of_item))
        types += of_item

    def read(self, data: bytes | mmap, begin: int, end: int) -> tuple[int, int]:
        """Append the items of whole lines of `data[begin:end]` up to one for `wikidata.decode`.

        Return the position behind these lines, and their number.
        """
        if not COMPILED:
            return begin, 0
        return read_items(self._read, data, begin, end, self._wanted)

    def _take_read(self) -> None:
        if not COMPILED:
            return
        qids, *terms, counts, types, others, unwanted = take_items(self._read)
        self._others.update(others)
        self._unwanted += unwanted
        if qids:
            self._store()
            self._parts.append(
                (
                    np.frombuffer(qids, np.uint32),
                    np.frombuffer(counts, np.int32),
                    np.frombuffer(types, np.uint32),
                )
            )
            for column, found in zip(self._terms, terms, strict=True):
                column.extend(*found)

    def _store(self) -> None:
        qids, counts, types = self._items
        self._parts.append(
            (np.array(qids, np.uint32), np.array(counts, np.int32), np.array(types, np.uint32))
        )
        self._items = ([], [], [])

    def take(self) -> Items:
        """Return all items."""
        self._take_read()
        self._store()
        qids, counts, types = map(np.concatenate, zip(*self._parts, strict=True))
        labels, aliases, sitelinks = (terms.take() for terms in self._terms)
        return Items(qids, labels, aliases, sitelinks, counts, types, self._others, self._unwanted)


def _append_each(
    column: _TermColumns, texts: dict[str, Any] | list[None], text: Callable[[Any], str]
) -> None:
    """Append the texts of an item, one per language or site."""
    found = mapped(texts)
    column.append(found, map(text, found.values()))
