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
from cstool.dumps.wikidata import Entity

try:
    from cstool.dumps._item_columns import index_names, read_items

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


class _TermColumns:
    """Collects the labels, aliases or sitelinks of items."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.index = index_names(self.names) if COMPILED else None
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
            # pa.array imports pandas if it is installed, so it is not called for few texts.
            self._store(pa.array(all_texts, pa.string()))

    def extend(self, counts: bytes, codes: bytes, offsets: bytes, texts: bytes) -> None:
        """Append the columns of items, as `read_items` returns them."""
        if self._pending[0]:
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
    """Collects items. `wanted`: QIDs to read from lines (uint32, sorted); None reads all.

    `others`: the number of entities that are no items, by type; `unwanted`: that of other items.
    """

    def __init__(self, wanted: Array | None = None) -> None:
        self.others: Counter[str] = Counter()
        self.unwanted = 0
        self._wanted = wanted
        self._qids: list[Array] = []
        self._types: list[tuple[Array, Array]] = []
        self._pending: tuple[list[int], list[int], list[int]] = ([], [], [])
        self._terms = _TermColumns(), _TermColumns(), _TermColumns()

    def append(self, qid: int, entity: Entity) -> None:
        """Append an item."""
        qids, counts, types = self._pending
        labels, aliases, sitelinks = self._terms
        qids.append(qid)
        _append_each(labels, entity.labels, _value)
        if entity.aliases and isinstance(entity.aliases, dict):
            keys = [key for key, many in entity.aliases.items() for _ in many]
            aliases.append(keys, [_value(one) for many in entity.aliases.values() for one in many])
        else:
            aliases.append((), ())
        _append_each(sitelinks, entity.sitelinks, _title)
        before = len(types)
        types += entity.types()
        counts.append(len(types) - before)

    def read(self, data: bytes | mmap, begin: int, end: int) -> tuple[int, int]:
        """Append the items of whole lines of `data[begin:end]` up to one for `wikidata.decode`.

        Return the position behind these lines, and their number.
        """
        read = None
        if COMPILED:
            labels, aliases, sitelinks = (terms.index for terms in self._terms)
            read = read_items(data, begin, end, (labels, aliases, sitelinks), self._wanted)
        if read is None:
            return begin, 0
        position, lines, qids, *terms, type_counts, types, others, unwanted = read
        self._store()
        self._qids.append(np.frombuffer(qids, np.uint32))
        self._types.append((np.frombuffer(type_counts, np.int32), np.frombuffer(types, np.uint32)))
        for column, found in zip(self._terms, terms, strict=True):
            column.extend(*found)
        self.others.update(others)
        self.unwanted += unwanted
        return position, lines

    def _store(self) -> None:
        qids, counts, types = self._pending
        self._qids.append(np.array(qids, np.uint32))
        self._types.append((np.array(counts, np.int32), np.array(types, np.uint32)))
        self._pending = ([], [], [])

    def qids(self) -> Array:
        """Return the QIDs: uint32[items]."""
        self._store()
        return np.concatenate(self._qids)

    def types(self) -> tuple[Array, Array]:
        """Return the number of types of each item, int32[items], and all types, uint32."""
        self._store()
        counts, types = zip(*self._types, strict=True)
        return np.concatenate(counts), np.concatenate(types)

    def labels(self) -> Terms:
        """Return the labels."""
        return self._terms[0].take()

    def aliases(self) -> Terms:
        """Return the aliases."""
        return self._terms[1].take()

    def sitelinks(self) -> Terms:
        """Return the titles of pages."""
        return self._terms[2].take()


def _append_each(
    column: _TermColumns, texts: dict[str, Any] | list[None], text: Callable[[Any], str]
) -> None:
    """Append the texts of an item, one per language or site."""
    found = texts if isinstance(texts, dict) else {}
    column.append(found, map(text, found.values()))
