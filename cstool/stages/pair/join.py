"""Joins the pages of each row into one text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import changes, list_of, list_of_structs, numbers, one_chunk, strings
from cstool.arrays.codepoints import begins_of, bytes_of
from cstool.stages.pair.find_entities import tally_name
from cstool.stages.pair.plan import PairPlan
from cstool.stages.pair.scatter import moved_schema
from cstool.stages.pair.shares import (
    Shares,
    blocks_of,
    number_of_shares,
    shares_of,
    whole_pages,
    window_lengths,
)
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, SideTable
from cstool.storage.schemas import BLANK_LINE, PAIRED, PAIRED_ATTRIBUTION, SEGMENTS
from cstool.storage.segments import Segment, read_segments

# The subfolder of the work folder with the pages of each part.
ATTRIBUTED = "attributed"
# Bytes of text in a row group, unless one row has more.
_BYTES_A_GROUP = 8 << 20
_GAP = len(BLANK_LINE)


@dataclass(frozen=True)
class PagesToJoin:
    """The pages of a part of the output, as segments."""

    segments: tuple[Segment, ...]


class _Pages(NamedTuple):
    """The pages of some rows, in order. `row`: int64[p], from 0; `wiki`: their index."""

    table: pa.Table
    row: Array
    wiki: Array

    @property
    def rows(self) -> int:
        return int(self.row[-1]) + 1


def join_pages(part: PagesToJoin, plan: PairPlan) -> Batches:
    """Yield the rows of a part and its pages; return the counts."""
    counts = Counts()
    table = read_segments(part.segments, moved_schema(plan)).combine_chunks()
    keys, wikis, ids = (table.column(n).to_numpy() for n in ("key", "wiki", "page_id"))
    order = np.lexsort((ids, wikis, keys))
    begins = np.ones(len(order), bool)
    if not plan.options.unpaired:
        begins[1:] = np.diff(keys[order]) != 0
    sizes = np.diff(bytes_of(one_chunk(table.column("text")))[0])[order]
    for first, last in _groups(begins, sizes):
        indices = order[first:last]
        pages = table.take(numbers(indices)).combine_chunks()
        yield SideTable(ATTRIBUTED, _attribution(pages, wikis[indices], plan))
        row = np.cumsum(begins[first:last]) - 1
        yield _joined(_Pages(pages, row, wikis[indices]), plan, counts)
    return counts


def _groups(begins: Array, sizes: Array) -> Iterator[tuple[int, int]]:
    """Yield the ranges of pages of each row group.

    `begins`: bool[p], whether a row begins with the page; `sizes`: bytes of its text.
    """
    firsts = np.append(np.flatnonzero(begins), len(begins))
    ends = np.append(0, np.cumsum(sizes))[firsts]
    index = 0
    while index < len(firsts) - 1:
        last = int(np.searchsorted(ends, ends[index] + _BYTES_A_GROUP, "right")) - 1
        last = max(last, index + 1)
        yield int(firsts[index]), int(firsts[last])
        index = last


def _attribution(pages: pa.Table, wikis: Array, plan: PairPlan) -> pa.Table:
    names = strings([name for name, _ in plan.wikis]).take(numbers(wikis))
    columns = {"wiki": names} | {n: pages.column(n) for n in PAIRED_ATTRIBUTION.names[1:]}
    return pa.table([columns[name] for name in PAIRED_ATTRIBUTION.names], schema=PAIRED_ATTRIBUTION)


def _joined(pages: _Pages, plan: PairPlan, counts: Counts) -> pa.Table:
    """Return the rows of some pages (schema PAIRED)."""
    texts = one_chunk(pages.table.column("text"))
    shares = _shares(pages, texts, plan, counts)
    row = pages.row[shares.page]
    order = np.lexsort((shares.page, shares.share, row))
    page, length = shares.page[order], shares.length[order]
    number = np.bincount(row, minlength=pages.rows)
    ends = np.cumsum(length + _GAP)
    firsts = np.cumsum(number) - number
    starts = ends - length - _GAP
    starts -= np.repeat(starts[firsts], number)
    codes, names = (
        strings([wiki[i] for wiki in plan.wikis]).take(numbers(pages.wiki)) for i in (1, 0)
    )
    of_page = numbers(page)
    segments = list_of_structs(
        number,
        [
            codes.take(of_page),
            names.take(of_page),
            *(one_chunk(pages.table.column(n)).take(of_page) for n in ("page_id", "title")),
            numbers(starts.astype(np.uint32)),
            numbers((starts + length).astype(np.uint32)),
        ],
        SEGMENTS,
    )
    languages = list_of(
        np.bincount(pages.row, minlength=pages.rows), codes, PAIRED.field("languages").type
    )
    begins = changes(pages.row)
    qids = one_chunk(pages.table.column("qid")).take(numbers(np.flatnonzero(begins)))
    _count(pages, page, length, plan, counts)
    text = _text(texts, shares, order, number)
    return pa.table([qids, languages, segments, text], schema=PAIRED)


def _shares(pages: _Pages, texts: pa.StringArray, plan: PairPlan, counts: Counts) -> Shares:
    """Cut the pages as the options say."""
    options = plan.options
    if not options.is_cut:
        return whole_pages(texts, np.diff(begins_of(texts)))
    blocks = blocks_of(texts, one_chunk(pages.table.column("sentences")))
    number = number_of_shares(blocks, pages.row, options.segments, options.window)
    shares = shares_of(blocks, number[pages.row])
    if options.window is not None:
        lengths = window_lengths(shares, pages.row, number)
        longer = int((lengths > options.window).sum())
        counts.add("windows", {"all": len(lengths), "longer than --window": longer})
    return shares


def _text(texts: pa.StringArray, shares: Shares, order: Array, number: Array) -> pa.StringArray:
    """Return the text of each row: its segments, with blank lines between them.

    `order`: the shares in the order of the segments; `number`: of each row's segments.
    """
    _, data = bytes_of(texts)
    # Each segment, and what lies between it and the next one.
    bounds = np.stack([shares.start_byte, shares.end_byte], 1).ravel().astype(np.int32)
    buffers = pa.py_buffer(bounds), pa.py_buffer(data)
    pieces = pa.StringArray.from_buffers(len(bounds) - 1, *buffers).take(numbers(2 * order))
    return pc.binary_join(list_of(number, pieces, pa.list_(pa.string())), BLANK_LINE)


def _count(pages: _Pages, page: Array, length: Array, plan: PairPlan, counts: Counts) -> None:
    """Count rows, and pages and characters by wiki. `page`, `length`: of the segments."""
    counts.tally("rows").keep(pages.rows)
    by_wiki = np.bincount(pages.wiki, minlength=len(plan.wikis)).tolist()
    characters = np.bincount(pages.wiki[page], length, len(plan.wikis)).astype(np.int64).tolist()
    for (name, language), number, many in zip(plan.wikis, by_wiki, characters, strict=True):
        counts.tally(tally_name(name)).keep(number)
        counts.add("pages by language", {language: number})
        counts.add("characters by language", {language: many})
