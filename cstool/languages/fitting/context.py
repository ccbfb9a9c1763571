"""The context of mentions in their sentences, computed once per mention for all languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.codepoints import points_of
from cstool.languages.codes import current
from cstool.languages.data_tables import rows
from cstool.languages.fitting import character_classes as is_
from cstool.languages.fitting.character_classes import (
    byte_lengths,
    classes,
    lead_bytes,
    small_letters,
)

# Characters of context on each side of a mention.
_SEEN = 40
# Characters that may precede the first letter of a sentence, and those of the longest word to
# check.
_MOST_MARKS, _LONGEST = 6, 24
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

START, AFTER_ARTICLE, IN_QUOTES, BEFORE_STOP, BEFORE_REMARK = (1 << bit for bit in range(5))


@dataclass(frozen=True)
class ContextWindow:
    """Sentences as code points, and for each mention its span and the bounds of its context.

    int64[n], as offsets into `points`. `begin`, `stop`: the bounds of the sentence. `left`,
    `right`: at most 40 characters away, up to the next mention.
    """

    points: Array
    begin: Array
    stop: Array
    left: Array
    start: Array
    end: Array
    right: Array

    @cached_property
    def anchors(self) -> pa.Array:
        """The anchors, a string column."""
        lengths = self.end - self.start
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        points = self.points[np.repeat(self.start - ends + lengths, lengths) + np.arange(total)]
        begins = np.concatenate([[0], np.cumsum(byte_lengths(points))])
        offsets = begins[np.concatenate([[0], ends])].astype(np.int32)
        data = points.tobytes().decode("utf-32-le").encode()
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.string(), len(lengths), buffers)

    def pieces(self, rows: Array) -> list[tuple[str, str, str]]:
        """Return (text before, anchor, text after) for these mentions."""
        cuts = zip(
            *(part[rows].tolist() for part in (self.left, self.start, self.end, self.right)),
            strict=True,
        )
        return [(self._text(a, b), self._text(b, c), self._text(c, d)) for a, b, c, d in cuts]

    def _text(self, first: int, last: int) -> str:
        return self.points[first:last].tobytes().decode("utf-32-le")


class WordKeys(NamedTuple):
    """Keys for a fast comparison of words: length in bytes (0: no word), first two bytes."""

    lengths: Array
    first: Array
    second: Array


class MentionContexts(NamedTuple):
    """The context of each mention: bits of `flags`, and the words next to it.

    `word_before`, `word_after`: a word next to the anchor that a name may also contain: it begins
    with a capital, or has no case ("Lake", "University"; not "of").
    """

    around: ContextWindow
    labels: pa.Array | None
    source_language: str
    flags: Array
    word_before: WordKeys
    word_after: WordKeys


def around(texts: pa.Array, sentence: Array, start: Array, end: Array) -> ContextWindow:
    """Return the anchors and their contexts.

    For each mention: the index of its sentence in `texts`, and its start and end there in character
    offsets. Mentions must be in the order of the text, sentence by sentence.
    """
    # One more character, so that the position after the last one can be read.
    offsets, points = points_of(texts, after=1)
    begin = offsets[sentence]
    start, end = begin + start, begin + end
    same = sentence[1:] == sentence[:-1]
    stop = offsets[1:][sentence]
    left, right = begin.copy(), stop.copy()
    left[1:][same] = end[:-1][same]
    right[:-1][same] = start[1:][same]
    # Overlapping spans are not part of each other's context.
    left = np.minimum(np.maximum(left, start - _SEEN), start)
    right = np.maximum(np.minimum(right, end + _SEEN), end)
    return ContextWindow(points, begin, stop, left, start, end, right)


def places(around: ContextWindow, labels: pa.Array | None, source_language: str) -> MentionContexts:
    """Return the contexts; `labels`: the entities' labels in the source language.

    Labels (null if there is none) show which articles are part of a name: "the Dodgers", label "Los
    Angeles Dodgers".
    """
    seen, last = around.points, len(around.points) - 1
    before = np.where(around.start > around.left, seen[around.start - 1], 0)
    after = np.where(around.right > around.end, seen[around.end], 0)
    second = np.where(around.right > around.end + 1, seen[np.minimum(around.end + 1, last)], 0)
    kinds = classes()
    flags = np.zeros(len(before), np.uint8)
    flags[(kinds[before] | kinds[after]) & is_.QUOTE != 0] |= IN_QUOTES
    flags[kinds[after] & is_.STOP != 0] |= BEFORE_STOP
    bracket = (after == ord(" ")) & (second == ord("("))
    flags[bracket | (after == ord(",")) & (second == ord(" "))] |= BEFORE_REMARK
    flags[_starts(around)] |= START
    spaced = np.isin(before, [ord(c) for c in " \u00a0\u202f"])
    tied = np.isin(before, [ord(c) for c in "'’-"])
    rows_ = np.flatnonzero(spaced | tied)
    bound, at = around.left[rows_], around.start[rows_] - 2
    reached = _walk(seen, at, bound, -1)
    hashes = _hashes_back(seen, at, reached, bound, np.where(tied, before, 0)[rows_])
    held = np.isin(hashes, _held(current(source_language)))
    flags[rows_[held]] |= AFTER_ARTICLE
    word_before = _words(seen, len(flags), rows_, reached + 1, at + 1, before[rows_] == ord(" "))
    rows_ = np.flatnonzero(after == ord(" "))
    at = around.end[rows_] + 1
    reached = _walk(seen, at, around.right[rows_] - 1, 1)
    word_after = _words(seen, len(flags), rows_, at, reached, np.ones(len(rows_), bool))
    return MentionContexts(around, labels, source_language, flags, word_before, word_after)


def _starts(around: ContextWindow) -> Array:
    """Return the mentions at the start of a sentence that does not begin with a lower-case letter.

    Such a sentence is a fragment, or begins with a name like iPhone.
    """
    marks = around.start - around.begin
    # Only marks before it, so that no other mention precedes it, either.
    rows_ = np.flatnonzero((marks <= _MOST_MARKS) & (around.left == around.begin))
    kinds = classes()
    valid = np.ones(len(rows_), bool)
    for step in range(1, _MOST_MARKS + 1):
        some = marks[rows_] >= step
        character = around.points[np.maximum(around.start[rows_] - step, 0)]
        valid &= ~some | ((kinds[character] & is_.SHOWN == 0) & (character != ord("…")))
    rows_ = rows_[valid]
    # The anchor's first letter or digit.
    at, end = around.start[rows_].copy(), around.end[rows_]
    for _ in range(_MOST_MARKS):
        at += (at + 1 < end) & (kinds[around.points[at]] & is_.SHOWN == 0)
    kept: Array = rows_[kinds[around.points[at]] & is_.SMALL == 0]
    return kept


def _walk(points: Array, at: Array, bound: Array, step: int) -> Array:
    """Return where the words end that begin at these positions: the first position after each."""
    at = at.copy()
    word = classes()
    active = np.arange(len(at))
    for _ in range(_LONGEST):
        positions = at[active]
        inside = (bound[active] - positions) * step >= 0
        inside &= word[points[np.maximum(positions, 0)]] & is_.WORD != 0
        active = active[inside]
        if not len(active):
            break
        at[active] += step
    return at


def _hashes_back(points: Array, at: Array, reached: Array, bound: Array, tie: Array) -> Array:
    """Return the words' hashes, from last to first character, with the tie after and a ' before."""
    small = small_letters()
    hashes = np.where(tie > 0, small[tie], 0).astype(np.uint64)
    lengths = at - reached
    for step in range(int(_most_letters())):
        some = np.flatnonzero((lengths > step) & (lengths <= _most_letters()))
        hashes[some] = hashes[some] * _FACTOR + small[points[at[some] - step]]
    mark = np.where(reached >= bound, small[points[np.maximum(reached, 0)]], 0)
    some = np.flatnonzero(mark == ord("'"))
    hashes[some] = hashes[some] * _FACTOR + np.uint64(ord("'"))
    hashes[lengths > _most_letters()] = 0
    return hashes


def _words(
    points: Array, number: int, rows_: Array, first: Array, last: Array, valid: Array
) -> WordKeys:
    """Return the words between these positions that a name may begin or end with."""
    found = WordKeys(*np.zeros((3, number), np.int64))
    valid = valid & (last - first > 1) & (last - first < _LONGEST)
    valid[valid] = classes()[points[first[valid]]] & is_.GREAT != 0
    rows_, first, lengths = rows_[valid], first[valid], (last - first)[valid]
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    if not total:
        return found
    letters = points[np.repeat(first - ends + lengths, lengths) + np.arange(total)]
    found.lengths[rows_] = np.add.reduceat(byte_lengths(letters), ends - lengths)
    one, two = points[first], points[first + 1]
    found.first[rows_] = lead_bytes(one)
    shift = np.select([one < 0x800, one < 0x10000], [0, 6], 12)
    found.second[rows_] = np.where(one < 0x80, lead_bytes(two), 0x80 | (one >> shift & 0x3F))
    return found


class Articles(NamedTuple):
    """A language's articles: those of names, and words before a name that contain one."""

    brought: tuple[str, ...]
    held: tuple[str, ...]


@cache
def articles(language: str) -> Articles:
    """Return a language's articles; none for a language that is not in the table."""
    for code, brought, held in rows("cstool.languages", "articles.tsv"):
        if code == language:
            return Articles(tuple(brought.split()), tuple(held.split()))
    base = language.split("-", maxsplit=1)[0]
    return articles(base) if base != language else Articles((), ())


@cache
def _held(language: str) -> Array:
    """Return uint64[n]: the hashes of a language's articles."""
    words: Sequence[str] = [word for part in articles(language) for word in part]
    return np.array([_hash(word) for word in words], np.uint64)


def _hash(word: str) -> int:
    found = 0
    for character in reversed(word):
        found = (found * int(_FACTOR) + ord(character)) % 2**64
    return found


@cache
def _most_letters() -> int:
    table = rows("cstool.languages", "articles.tsv")
    return max(len(word) for row in table for part in row[1:] for word in part.split())
