"""Splits lines of a file of pairs into cells, a block of whole lines at a time."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import put
from cstool.dictionaries.pair_columns import PairColumns

_LINE_FEED, _TAB, _SPACE = b"\n\t "


class SplitLines(NamedTuple):
    """The cells of the lines that are not blank.

    `cells`: the columns asked for, string[n]; white space around cells is removed. `lines`:
    int64[n], the index of each line in the block. `number`: int64[n], the number of its columns.
    Cells of a line with too few columns are "".
    """

    cells: list[pa.StringArray]
    lines: Array
    number: Array


def split_lines(block: bytes, columns: PairColumns, wanted: list[int]) -> SplitLines:
    """Return the cells of a block of lines in UTF-8, each ending with a line feed.

    `wanted`: the indexes of the columns. Raises pa.ArrowInvalid for a block that is not UTF-8.
    """
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == _LINE_FEED)
    starts = np.concatenate([[0], ends[:-1] + 1])
    marks = _spaces(data) if columns.spaced else np.flatnonzero(data == _TAB)
    first = np.searchsorted(marks, starts)
    number = np.searchsorted(marks, ends) - first + 1
    enough = number >= columns.number
    padded = np.append(marks, [0] * columns.number)
    cells = []
    for column in wanted:
        start = starts if column == 0 else padded[first + column - 1] + 1
        end = np.where(number > column + 1, padded[first + column], ends)
        cells.append(_cut(block, np.where(enough, start, ends), np.where(enough, end, ends)))
    lines = np.arange(len(ends))
    narrow = np.flatnonzero(number == 1)
    blank = narrow[_are_blank(block, starts[narrow], ends[narrow])]
    if len(blank):
        lines = np.delete(lines, blank)
        cells = [cell.take(numbers(lines)) for cell in cells]
    return SplitLines([_trimmed(cell) for cell in cells], lines, number[lines])


def _spaces(data: Array) -> Array:
    """Return where the white space between two words of a line begins, as a separator."""
    space = (data == _SPACE) | (data == _TAB)
    begins = space.copy()
    begins[1:] &= ~space[:-1] & (data[:-1] != _LINE_FEED)
    begins[:1] = False
    runs = np.flatnonzero(begins)
    others = np.flatnonzero(~space)
    separators: Array = runs[data[others[np.searchsorted(others, runs)]] != _LINE_FEED]
    return separators


def _cut(block: bytes, starts: Array, ends: Array) -> pa.StringArray:
    """Return the strings between byte offsets; both ascend, and no two strings overlap."""
    bounds = np.empty(2 * len(starts), np.int32)
    bounds[0::2], bounds[1::2] = starts, ends
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(block)]
    pieces = pa.StringArray.from_buffers(max(0, len(bounds) - 1), buffers[1], buffers[2])
    return pieces.take(numbers(np.arange(len(starts)) * 2))


def _are_blank(block: bytes, starts: Array, ends: Array) -> Array:
    trimmed = pc.utf8_trim_whitespace(_cut(block, starts, ends))
    blank: Array = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    return blank


def _trimmed(cells: pa.StringArray) -> pa.StringArray:
    """Return cells without white space at both ends, and with single spaces inside."""
    trimmed = pc.utf8_trim_whitespace(cells)
    uneven = pc.match_substring_regex(trimmed, r"[\s\x{a0}\x{3000}]{2}|[^\S ]|[\x{a0}\x{3000}]")
    rows = np.flatnonzero(uneven.to_numpy(zero_copy_only=False))
    if not len(rows):
        return trimmed
    some = pc.replace_substring_regex(trimmed.take(numbers(rows)), r"[\s\x{a0}\x{3000}]+", " ")
    return put(trimmed, rows, some)
