"""Selects the rows to process by their length, their mentions, their text and the marks in it."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, flat, numbers
from cstool.languages.prose import NOT_PROSE, not_prose
from cstool.stages.switch.options import RowFilter, SwitchOptions
from cstool.storage.counts import Counts

MARK_IN_TEXT = "a mark in the text"


def select_rows(
    rows: pa.RecordBatch, options: SwitchOptions, language: str, counts: Counts
) -> tuple[pa.RecordBatch, Counter[str]]:
    """Return the rows that pass the filters, and the number of others by reason.

    `language`: of the text. With marks that may occur in the text, the rows that contain one are
    counted in the detail `texts with marks`.
    """
    rows, dropped = _within_bounds(rows, options.filter or RowFilter())
    if options.prose:
        found = not_prose(rows.column("text"), language)
        for index, why in enumerate(NOT_PROSE, 1):
            dropped[why] += int(np.count_nonzero(found == index))
        rows = rows.filter(booleans(found == 0)) if found.any() else rows
    if options.marks:
        rows = _without_marks(rows, options, counts, dropped)
    return rows, dropped


def with_mark(texts: pa.Array, marks: tuple[str, ...]) -> Array:
    """Return bool[n]: which texts contain one of the marks."""
    result = np.zeros(len(texts), bool)
    for mark in marks:
        result |= pc.match_substring(texts, mark).to_numpy(zero_copy_only=False)
    return result


def _without_marks(
    rows: pa.RecordBatch, options: SwitchOptions, counts: Counts, dropped: Counter[str]
) -> pa.RecordBatch:
    marked = with_mark(rows.column("text"), options.marks)
    number = int(np.count_nonzero(marked))
    if options.marks_in_text == "keep":
        counts.add("texts with marks", {"kept": number} if number else {})
        return rows
    dropped[MARK_IN_TEXT] += number
    return rows.filter(booleans(~marked)) if number else rows


def _within_bounds(rows: pa.RecordBatch, bounds: RowFilter) -> tuple[pa.RecordBatch, Counter[str]]:
    """Return the rows within the bounds, and the number of others by reason."""
    dropped: Counter[str] = Counter()
    kept = np.ones(rows.num_rows, bool)
    for reason, drop in _outside(rows, bounds):
        dropped[reason] += int((kept & drop).sum())
        kept &= ~drop
    return (rows if kept.all() else rows.filter(booleans(kept))), dropped


def _outside(rows: pa.RecordBatch, bounds: RowFilter) -> list[tuple[str, Array]]:
    """Return reasons, and for each of them bool[rows]: which rows are out of bounds."""
    offsets, mentions = flat(rows.column("mentions"))
    number = np.diff(offsets)
    reasons: list[tuple[str, Array]] = []
    if bounds.fewest_mentions is not None:
        reasons.append(("fewer mentions than asked for", number < bounds.fewest_mentions))
    if bounds.most_mentions is not None:
        reasons.append(("more mentions than asked for", number > bounds.most_mentions))
    text = rows.column("text")
    limits = bounds.more_than_characters, bounds.most_words, bounds.longest_anchor
    if all(limit is None for limit in limits):
        return reasons
    characters = pc.utf8_length(text).to_numpy()
    if bounds.more_than_characters is not None:
        reasons.append(("too short", characters <= bounds.more_than_characters))
    if bounds.most_words is not None:
        # Only these can have too many words: n words have at least 2n - 1 characters.
        words = np.zeros(rows.num_rows, np.int64)
        long = np.flatnonzero(characters > 2 * bounds.most_words)
        words[long] = [len(one.split()) for one in text.take(numbers(long)).to_pylist()]
        reasons.append(("too many words", words > bounds.most_words))
    if bounds.longest_anchor is not None:
        ends, starts = (mentions.field(n).to_numpy().astype(np.int64) for n in ("end", "start"))
        only = np.zeros(len(number), np.int64)
        only[number == 1] = (ends - starts)[offsets[:-1][number == 1]]
        too_long = only > bounds.longest_anchor * characters
        reasons.append(("hardly more than one mention", too_long))
    return reasons
