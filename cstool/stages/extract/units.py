"""Joins the sentences of a part to rows of paragraphs or pages.

A sentence with a hole is a gap, which is counted and has no text. What parts two sentences is the
most that the page has between them: a paragraph's begin, a line break, a space or nothing.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import (
    changes,
    flat,
    list_of,
    list_of_structs,
    numbers,
    one_chunk,
    ranges,
    strings,
)
from cstool.arrays.codepoints import bytes_of
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.rows import BEYOND, HOLE, LOST, NO_MENTION, ROWS_A_GROUP
from cstool.storage.counts import Counts, Tally
from cstool.storage.paragraphs import left_beside
from cstool.storage.parts import SideTable
from cstool.storage.schemas import (
    BLANK_LINE,
    MENTION,
    POSITIONS_A_PAGE,
    SENTENCES,
    TALLIES,
    UNIT_FIELDS,
    Unit,
    for_unit,
    sentence_id,
)
from cstool.wikitext.headings import TERM_LEVEL
from cstool.wikitext.sentence_columns import BLOCK, GAP, HEADING, PARTED_BY

# The text of a group of rows, unless a single row has more.
BYTES_A_GROUP = 4 << 20
NO_TEXT = "no text"
MANY_GAPS = "too many gaps"
NOTHING_BELOW = "no text below"
_BEGIN = BLOCK + 1
# What precedes a row in its unit, by level (0: a sentence) and by what parts it from the row before
# it (`_BEGIN`: it is the first).
_BEFORE = [
    between + ("#" * level + " " if 0 < level < TERM_LEVEL else "")
    for level in range(TERM_LEVEL + 1)
    for between in ("", " ", "\n", BLANK_LINE, "")
]
_SIZES = np.array([*map(len, _BEFORE)])


class _Rows(NamedTuple):
    """Rows of the first phase that are kept, and their units. All arrays are of kept rows.

    `at`: their indices in the table; `unit`: the number of each one's unit; `before`: an index of
    `_BEFORE`; `is_sentence`: not a heading.
    """

    at: Array
    unit: Array
    before: Array
    is_sentence: Array


def as_units(
    rows: pa.Table, options: ExtractOptions, pages: int, counts: Counts
) -> Iterator[pa.Table | SideTable]:
    """Yield the rows of a part, in the order of the dump, as paragraphs or pages.

    `rows`: READ_SENTENCES with gaps and headings; `pages`: the number of pages of the part, with
    rows or not. Paragraphs have a side table. Counts what is dropped.
    """
    table = rows.combine_chunks()
    kind, position = _numbers(table, "kind"), _numbers(table, "position")
    is_heading, is_gap = kind >= HEADING, kind & GAP != 0
    lengths = np.diff(flat(one_chunk(table.column("mentions")))[0])
    beyond = ~is_heading & ~is_gap & (position >= POSITIONS_A_PAGE)
    _move(counts, beyond, lengths, BEYOND, LOST)
    is_missing = (is_gap & ~is_heading) | beyond
    is_sentence = ~is_heading & ~is_missing
    page = _numbers(table, "page")
    begins = changes(page)
    page_starts = np.flatnonzero(begins)
    if options.unit == "paragraph":
        begins |= kind & PARTED_BY == BLOCK
    starts, unit = np.flatnonzero(begins), np.cumsum(begins) - 1
    gaps, sentences = (_sums(of, starts) for of in (is_missing, is_sentence))
    mentions = _sums(lengths * is_sentence, starts)
    dropped = {
        NO_TEXT: sentences == 0,
        MANY_GAPS: gaps > options.most_gaps,
        NO_MENTION: (mentions == 0) & (not options.all_sentences),
    }
    kept = _count_units(dropped, len(starts), options.unit, pages, counts)
    of_kept = kept[unit]
    lost = f"in a dropped {options.unit}"
    _move(counts, is_sentence & ~of_kept, lengths, lost, lost)
    shown = _headings(kind, is_sentence, page_starts, of_kept, counts)
    chosen = _chosen(kind, of_kept & (is_sentence | shown), unit)
    for first, last in _groups(table, chosen):
        of_group = _Rows(*(column[first:last] for column in chosen))
        made = _joined(table, of_group, lengths, gaps, options.unit)
        yield made
        if options.unit == "paragraph":
            firsts = _firsts(of_group)
            left = table.column("paragraph").take(numbers(of_group.at[firsts]))
            yield left_beside(one_chunk(made.column("id")), one_chunk(left))


def _numbers(table: pa.Table, name: str) -> Array:
    # `to_numpy` would import pandas, if it is installed.
    values: Array = np.from_dlpack(one_chunk(table.column(name)))
    return values


def _sums(values: Array, starts: Array) -> Array:
    if not len(starts):
        return np.zeros(0, np.int64)
    sums: Array = np.add.reduceat(values, starts, dtype=np.int64)
    return sums


def _move(
    counts: Counts, rows: Array, mentions: Array, reason: str, reason_of_mentions: str
) -> None:
    """Count sentences that were counted as written, bool[n], and their mentions as dropped."""
    _drop_kept(counts.tally("sentences"), int(rows.sum()), reason)
    _drop_kept(counts.tally("mentions"), int(mentions[rows].sum()), reason_of_mentions)


def _drop_kept(tally: Tally, number: int, reason: str) -> None:
    tally.keep(-number)
    tally.drop(reason, number)


def _count_units(
    dropped: dict[str, Array], number: int, unit: Unit, pages: int, counts: Counts
) -> Array:
    """Return which of the units are kept; count the others by the first reason that applies."""
    kept = np.ones(number, bool)
    tally = counts.tally(TALLIES[unit])
    if unit == "page":  # the first phase has counted all pages as written
        _drop_kept(tally, pages - number, NO_TEXT)
    for reason, of_units in dropped.items():
        lost = int((kept & of_units).sum())
        if unit == "page":
            _drop_kept(tally, lost, reason)
        else:
            tally.drop(reason, lost)
        kept &= ~of_units
    if unit != "page":
        tally.keep(int(kept.sum()))
    return kept


def _headings(
    kind: Array, is_sentence: Array, page_starts: Array, of_kept: Array, counts: Counts
) -> Array:
    """Return which rows are headings that are kept; count the others.

    A heading needs a sentence before the next heading of its level or a higher one. Terms in a row
    share their definitions.
    """
    shown = np.zeros(len(kind), bool)
    all_ = np.flatnonzero(kind >= HEADING)
    if not len(all_):
        return shown
    tally = counts.tally("headings")
    tally.drop("in a dropped page", int((~of_kept[all_]).sum()))
    found = all_[of_kept[all_]]
    holed = kind[found] & GAP != 0
    tally.drop(HOLE, int(holed.sum()))
    levels = kind[found] // HEADING
    sentences = np.append(np.flatnonzero(is_sentence), len(kind))
    text = sentences[np.searchsorted(sentences, found)]
    ends = np.append(page_starts, len(kind))
    until = ends[np.searchsorted(ends, found, side="right")]
    in_row = (levels == TERM_LEVEL) & (kind[found - 1] // HEADING == TERM_LEVEL)
    for level in range(1, TERM_LEVEL + 1):
        higher = np.append(found[(levels <= level) & ~in_row], len(kind))
        own = levels == level
        following = higher[np.searchsorted(higher, found[own], side="right")]
        until[own] = np.minimum(until[own], following)
    tally.drop(NOTHING_BELOW, int((~holed & (text >= until)).sum()))
    shown[found[~holed & (text < until)]] = True
    tally.keep(int(shown.sum()))
    return shown


def _chosen(kind: Array, chosen: Array, unit: Array) -> _Rows:
    """Return the rows of the table that are chosen, bool[n], with what precedes each."""
    at = np.flatnonzero(chosen)
    of_unit = unit[at]
    level = kind[at] // HEADING
    if not len(at):
        return _Rows(at, of_unit, level.astype(np.int64), level == 0)
    parted = np.where(kind >= HEADING, BLOCK, kind & PARTED_BY)
    since = np.append(0, at[:-1] + 1)  # the row after the one that was chosen before
    before = np.maximum.reduceat(parted[: at[-1] + 1], since).astype(np.int64)
    before[changes(of_unit)] = _BEGIN
    return _Rows(at, of_unit, before + (_BEGIN + 1) * level, level == 0)


def _firsts(rows: _Rows) -> Array:
    """Return the index, among the rows, of the first sentence of each unit."""
    begins = np.flatnonzero(changes(rows.unit))
    sentences = np.flatnonzero(rows.is_sentence)
    firsts: Array = sentences[np.searchsorted(sentences, begins)]
    return firsts


def _groups(table: pa.Table, rows: _Rows) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the rows of groups of whole units, which have about `BYTES_A_GROUP`."""
    if not len(rows.at):
        return
    begins = np.flatnonzero(changes(rows.unit))
    sizes = np.diff(bytes_of(one_chunk(table.column("text")))[0])[rows.at]
    upto = np.cumsum(_sums(sizes, begins))
    groups = upto // BYTES_A_GROUP, np.arange(len(upto)) // ROWS_A_GROUP
    firsts = np.flatnonzero(changes(groups[0]) | changes(groups[1]))
    bounds = [*begins[firsts].tolist(), len(rows.at)]
    yield from pairwise(bounds)


def _joined(table: pa.Table, rows: _Rows, lengths: Array, gaps: Array, unit: Unit) -> pa.Table:
    """Return the units of rows. `lengths`: the number of mentions of each row of the table."""
    low, high = int(rows.at[0]), int(rows.at[-1]) + 1
    inside = table.slice(low, high - low)
    at = numbers(rows.at - low)
    texts = one_chunk(inside.column("text")).take(at)
    begins = np.flatnonzero(changes(rows.unit))
    before = strings(_BEFORE).take(numbers(rows.before))
    joined = pc.binary_join_element_wise(before, texts, "")
    starts = _starts(texts, rows, begins)
    firsts = numbers(rows.at[_firsts(rows)] - low)
    of_first = {name: one_chunk(inside.column(name)).take(firsts) for name in _OF_FIRST}
    page_ids, positions = (
        np.from_dlpack(of_first[name]).astype(np.int64) for name in ("page_id", "position")
    )
    of_sentences = rows.is_sentence
    columns = of_first | {
        "id": numbers(sentence_id(page_ids, positions)),
        "text": _cut_at(joined, begins),
        "mentions": _mentions(inside, rows.at - low, lengths[low:high], starts, begins),
        "sentences": list_of(
            _sums(of_sentences, begins),
            numbers(starts[of_sentences].astype(np.uint32)),
            UNIT_FIELDS[0].type,
        ),
        "gaps": numbers(gaps[rows.unit[begins]].astype(np.uint16)),
    }
    schema = for_unit(SENTENCES, unit)
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


_OF_FIRST = ("page_id", "revision_id", "title", "position")


def _starts(texts: pa.StringArray, rows: _Rows, begins: Array) -> Array:
    """Return where the text of each row begins in its unit, in characters: int64[n]."""
    sizes = _SIZES[rows.before]
    ends = np.cumsum(sizes + np.from_dlpack(pc.utf8_length(texts)))
    starts = np.append(0, ends[:-1])
    units = np.diff(np.append(begins, len(starts)))
    within: Array = starts + sizes - np.repeat(starts[begins], units)
    return within


def _cut_at(joined: pa.StringArray, begins: Array) -> pa.StringArray:
    """Return the strings of each unit as one string, which shares their memory."""
    offsets, data = bytes_of(joined)
    bounds = np.append(offsets[begins], offsets[-1]).astype(np.int32)
    return pa.StringArray.from_buffers(len(begins), pa.py_buffer(bounds), pa.py_buffer(data))


def _mentions(
    inside: pa.Table, at: Array, lengths: Array, starts: Array, begins: Array
) -> pa.ListArray:
    """Return the mentions of each unit; `at`: the rows of the table, `starts`: where they begin."""
    offsets, mentions = flat(one_chunk(inside.column("mentions")))
    of_rows = lengths[at]
    if of_rows.sum() != len(mentions):
        mentions = mentions.take(numbers(ranges(offsets[at], of_rows)))
    moved = np.repeat(starts, of_rows)
    bounds = [
        (np.from_dlpack(mentions.field(name)) + moved).astype(np.uint32)
        for name in ("start", "end")
    ]
    return list_of_structs(_sums(of_rows, begins), [*bounds, mentions.field("target")], MENTION)
