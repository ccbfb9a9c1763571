"""Decodes lines of Wikidata's dump into columns of items, sorted by QID.

Sorting and filtering operate on integer codes of all labels, aliases or sitelinks together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, list_of_structs, numbers, rows_at, strings
from cstool.dumps.item_columns import ItemColumns, Items, Terms
from cstool.dumps.wikidata import MALFORMED, LineSlice, decode, item_number
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
        table = item_table(_read(slice_, _wanted(choice.only), counts), choice, counts)
    yield from in_groups(table)
    return counts


def _read(slice_: LineSlice, wanted: Array | None, counts: Counts) -> Items:
    tally = counts.tally("entities")
    columns = ItemColumns(wanted)
    malformed: dict[str, int] = {}
    for number, line in slice_.lines(columns.read):
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
        elif _is_among(qid, wanted):
            columns.append(qid, entity)
        else:
            tally.drop("not asked for")
    items = columns.take()
    for type_, number in items.others.items():
        tally.drop(type_, number)
    tally.drop("not asked for", items.unwanted)
    tally.keep(len(items.qids))
    if malformed:
        counts.add("malformed lines", malformed)
    return items


def _wanted(file: str | None) -> Array | None:
    """Return the selected QIDs; None, without a file, selects all."""
    return None if file is None else _mapped(file, Path(file).stat().st_mtime_ns)


def _is_among(qid: int, wanted: Array | None) -> bool:
    if wanted is None:
        return True
    index = wanted.searchsorted(np.uint32(qid))
    return bool(index < len(wanted) and wanted[index] == qid)


@lru_cache(1)
def _mapped(file: str, _: int) -> Array:
    return load_array(Path(file))


def item_table(items: Items, choice: EntityFilter, counts: Counts) -> pa.Table:
    """Return the items as a table, sorted by QID; equal QIDs keep their order.

    Counts their terms, and the table's bytes as IN_MEMORY.
    """
    qids = items.qids
    order = np.argsort(qids, kind="stable")
    ranks = np.empty(len(qids), np.int64)
    ranks[order] = np.arange(len(qids))
    columns: list[Any] = [numbers(qids[order])]
    for name, terms, kept, reason in (
        ("labels", items.labels, choice.languages, "other language"),
        ("aliases", items.aliases, choice.languages, "other language"),
        ("sitelinks", items.sitelinks, choice.sites, "other site"),
    ):
        column, written = _term_column(terms, ranks, kept, ENTITIES.field(name).type)
        columns.append(column)
        counts.tally(name).keep(written)
        counts.tally(name).drop(reason, len(terms.codes) - written)
    types = list_of(items.type_counts, numbers(items.types), ENTITIES.field("types").type)
    table = pa.table([*columns, rows_at(types, order)], schema=ENTITIES)
    counts.add(IN_MEMORY, {"bytes": table.nbytes})
    return table


def _term_column(
    terms: Terms, ranks: Array, kept: tuple[str, ...] | None, type_: pa.DataType
) -> tuple[pa.ListArray, int]:
    """Return the list column, and its number of texts.

    `ranks`: row of each item, `int64[items]`. Texts are sorted by name and keep their order within
    a name. `kept`: the names to keep; None keeps all.
    """
    by_name = sorted(range(len(terms.names)), key=terms.names.__getitem__)
    names = [terms.names[i] for i in by_name]
    sorted_codes = np.empty(len(names), np.int64)
    sorted_codes[by_name] = np.arange(len(names))
    codes = sorted_codes[terms.codes]
    items = np.repeat(ranks, terms.counts)
    order = np.argsort(items * max(1, len(names)) + codes, kind="stable")
    if kept is not None:
        order = order[np.isin(names, kept)[codes[order]]]
    lengths = np.bincount(items[order], minlength=len(ranks))
    keys = rows_at(strings(names), codes[order])
    texts = rows_at(terms.texts, order)
    return list_of_structs(lengths, (keys, texts), type_), len(order)


def is_range(order: Sequence[int] | Array) -> bool:
    """Whether an order is the identity: 0, 1, 2, …"""
    return bool((np.asarray(order) == np.arange(len(order))).all())


def count_terms(table: pa.Table) -> Iterable[tuple[str, int]]:
    """Yield the name and the number of terms of each column: labels, aliases, sitelinks."""
    for name in ("labels", "aliases", "sitelinks"):
        yield name, sum(len(chunk.flatten()) for chunk in table.column(name).chunks)
