"""Cuts pages into matching shares, between their paragraphs.

Share i of a page goes beside share i of the other pages of its row. All functions take the pages of
many rows at once.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import changes, flat
from cstool.arrays.codepoints import bytes_of
from cstool.storage.schemas import BLANK_LINE

_GAP = len(BLANK_LINE)
_NEWLINE = 10
# More than the characters of any page, and a number that fits into an array.
_MOST = 1 << 40


class PageBlocks(NamedTuple):
    """The pieces of pages that are not cut: a paragraph and the headings before it.

    `first`: int64[p + 1], the index of each page's first block. `start`, `end`: int64[b], in
    characters of all texts; `start_byte`, `end_byte`: the same in bytes. `begins`: int64[p + 1],
    where each page begins, in characters.
    """

    first: Array
    start: Array
    end: Array
    start_byte: Array
    end_byte: Array
    begins: Array

    @property
    def number(self) -> Array:
        """The number of blocks of each page: int64[p]."""
        return np.diff(self.first)


class Shares(NamedTuple):
    """Runs of blocks: `page`, `share`: int64[s], the page and the number of the share.

    `start_byte`, `end_byte`: in bytes of all texts. `length`: in characters. Sorted by page and
    share.
    """

    page: Array
    share: Array
    start_byte: Array
    end_byte: Array
    length: Array


def whole_pages(texts: pa.StringArray, lengths: Array) -> Shares:
    """Return one share for each page; `lengths`: int64[p], in characters."""
    offsets, _ = bytes_of(texts)
    page = np.arange(len(texts))
    return Shares(page, np.zeros_like(page), offsets[:-1], offsets[1:], lengths)


def blocks_of(texts: pa.StringArray, sentences: pa.ListArray) -> PageBlocks:
    """Return the blocks of pages; `sentences`: where the sentences of each page start.

    A paragraph without a sentence is a heading.
    """
    offsets, data = bytes_of(texts)
    gaps = _gaps(data, offsets)
    first = np.arange(len(offsets)) + np.searchsorted(gaps, offsets)
    is_first = np.zeros(first[-1], bool)
    is_first[first[:-1]] = True
    start_byte, end_byte = np.empty((2, first[-1]), np.int64)
    start_byte[is_first], start_byte[~is_first] = offsets[:-1], gaps + _GAP
    is_last = np.append(is_first[1:], True)
    end_byte[is_last], end_byte[~is_last] = offsets[1:], gaps
    points = _characters(data, np.stack([start_byte, end_byte], 1).ravel())
    start, end = points[0::2], points[1::2]
    begins = np.append(start[first[:-1]], end[-1:])
    keep = _may_begin(sentences, start, first, begins)
    # A block ends where the next one of its page begins, without the blank line.
    kept = np.flatnonzero(keep)
    last = np.append(kept[1:], len(keep)) - 1
    return PageBlocks(
        np.append(np.cumsum(keep) - keep, len(kept))[np.append(first[:-1], len(keep))],
        start[kept],
        end[last],
        start_byte[kept],
        end_byte[last],
        begins,
    )


def _gaps(data: Array, offsets: Array) -> Array:
    """Return the byte offsets of blank lines: of the first two newlines of each sequence."""
    newlines = data == _NEWLINE
    pairs = newlines[:-1] & newlines[1:]
    ends = offsets[1:-1] - 1
    pairs[ends[(ends >= 0) & (ends < len(pairs))]] = False
    found = np.flatnonzero(pairs)
    gaps: Array = found[np.append(True, np.diff(found) > 1)[: len(found)]]
    return gaps


def _characters(data: Array, positions: Array) -> Array:
    """Return byte offsets (ascending) as character offsets."""
    leads = (data & 0xC0) != 0x80  # first bytes of characters
    pieces = np.append(np.insert(positions, 0, 0), len(data))
    sums = np.add.reduceat(np.append(leads, False), pieces, dtype=np.int64)
    sums[:-1][np.diff(pieces) == 0] = 0  # `reduceat` returns the element of an empty range
    return np.cumsum(sums)[: len(positions)]


def _may_begin(sentences: pa.ListArray, start: Array, first: Array, begins: Array) -> Array:
    """Return bool[b]: whether a page may be cut before this paragraph.

    Not behind a heading, nor behind the last paragraph that has a sentence.
    """
    firsts, values = flat(sentences)
    positions = np.repeat(begins[:-1], np.diff(firsts)) + values.to_numpy()
    has = np.zeros(len(start), bool)
    has[np.searchsorted(start, positions, "right") - 1] = True
    later = np.maximum.reduceat(np.where(has, np.arange(len(has)), -1), first[:-1])
    keep = np.append(True, has[:-1]) & (np.arange(len(has)) <= np.repeat(later, np.diff(first)))
    keep[first[:-1]] = True
    return keep


def shares_of(blocks: PageBlocks, numbers: Array) -> Shares:
    """Cut each page into `numbers` (int64[p]) shares of about the same length.

    A page with fewer blocks than shares has no text in some of them; its first block is in share 0,
    each other one in the share of its position in the page.
    """
    share = _positions(blocks, numbers)
    enough = blocks.number >= numbers
    if enough.any():
        pages = np.flatnonzero(enough)
        share[np.repeat(enough, blocks.number)] = _evenly(blocks, numbers, pages)
    page = np.repeat(np.arange(len(numbers)), blocks.number)
    new = changes(page) | changes(share)
    begin = np.flatnonzero(new)
    end = np.append(begin[1:], len(page)) - 1
    return Shares(
        page[begin],
        share[begin],
        blocks.start_byte[begin],
        blocks.end_byte[end],
        blocks.end[end] - blocks.start[begin],
    )


def _positions(blocks: PageBlocks, numbers: Array) -> Array:
    """Return the share that contains the position at which a block begins: int64[b]."""
    begins = np.repeat(blocks.begins[:-1], blocks.number)
    total = np.repeat(np.maximum(np.diff(blocks.begins), 1), blocks.number)
    wanted = np.repeat(numbers, blocks.number)
    of_block: Array = np.minimum((blocks.start - begins) * wanted // total, wanted - 1)
    return of_block


def _evenly(blocks: PageBlocks, numbers: Array, pages: Array) -> Array:
    """Return the share of each block of these pages, which have a block for each share.

    A share begins with the block that begins nearest to its position if all had the same length.
    """
    wanted, number = numbers[pages], blocks.number[pages]
    page = np.repeat(np.arange(len(pages)), wanted)
    firsts = np.cumsum(wanted) - wanted
    index = np.arange(len(page)) - firsts[page]
    begins, total = blocks.begins[pages], np.diff(blocks.begins)[pages]
    goal = begins[page] + total[page] * index // wanted[page]
    after = np.minimum(np.searchsorted(blocks.start, goal), len(blocks.start) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(goal - blocks.start[before] <= blocks.start[after] - goal, before, after)
    # From the index among all blocks to that among those of these pages.
    base = np.cumsum(number) - number
    place = nearer - blocks.first[pages][page]
    place = np.clip(place, index, number[page] - wanted[page] + index) + base[page]
    # At least one block each: the index grows from share to share.
    steps = np.arange(len(page))
    place = np.maximum.accumulate(place - steps) + steps
    begun = np.zeros(int(number.sum()), np.int64)
    begun[place] = 1
    of_page = np.repeat(np.arange(len(pages)), number)
    share: Array = np.cumsum(begun) - 1 - firsts[of_page]
    return share


def number_of_shares(blocks: PageBlocks, row: Array, segments: int, window: int | None) -> Array:
    """Return the number of shares of each row's pages: int64[r].

    `row`: int64[p], the row of each page, ascending from 0. It is `segments`, or the smallest
    number, up to twice what the length of all pages suggests, with which no window (share i of all
    pages of a row, and a blank line after each) is longer than `window` characters. At most as many
    as the page with the most blocks has, so that this page has text in every share.
    """
    firsts = np.flatnonzero(changes(row))
    most = np.maximum.reduceat(blocks.number, firsts)
    numbers: Array = np.minimum(most, min(segments, _MOST))
    if window is None:
        return numbers
    length = np.add.reduceat(np.diff(blocks.begins) + _GAP, firsts)
    smallest = -(-length // min(window, _MOST))
    most = np.minimum(most, 2 * smallest)
    numbers = np.minimum(most, smallest)
    due = np.flatnonzero(numbers < most)
    while len(due):
        own = _of_rows(blocks, row, due)
        longest = _longest_windows(own.blocks, own.row, numbers[due])
        due = due[(longest > window) & (numbers[due] < most[due])]
        numbers[due] = np.minimum(most[due], numbers[due] + np.maximum(numbers[due] // 8, 1))
    return numbers


class _OfRows(NamedTuple):
    """The blocks of some rows, and the row of each page among these."""

    blocks: PageBlocks
    row: Array


def _of_rows(blocks: PageBlocks, row: Array, rows: Array) -> _OfRows:
    pages = np.flatnonzero(np.isin(row, rows))
    number = blocks.number[pages]
    chosen = np.repeat(np.isin(row, rows), blocks.number)
    # The texts of these pages are moved together.
    length = np.diff(blocks.begins)[pages]
    begins = np.append(0, np.cumsum(length))
    move = np.repeat(begins[:-1] - blocks.begins[pages], number)
    first = np.append(0, np.cumsum(number))
    some = PageBlocks(
        first,
        blocks.start[chosen] + move,
        blocks.end[chosen] + move,
        blocks.start_byte[chosen],
        blocks.end_byte[chosen],
        begins,
    )
    return _OfRows(some, np.searchsorted(rows, row[pages]))


def _longest_windows(blocks: PageBlocks, row: Array, numbers: Array) -> Array:
    """Return the length of the longest window of each row: int64[r]."""
    sizes = window_lengths(shares_of(blocks, numbers[row]), row, numbers)
    longest: Array = np.maximum.reduceat(sizes, np.cumsum(numbers) - numbers)
    return longest


def window_lengths(shares: Shares, row: Array, numbers: Array) -> Array:
    """Return the length of each window in characters, row by row: int64[numbers.sum()]."""
    begins = np.cumsum(numbers) - numbers
    window = begins[row[shares.page]] + shares.share
    sizes = np.zeros(int(numbers.sum()), np.int64)
    np.add.at(sizes, window, shares.length + _GAP)
    return sizes
