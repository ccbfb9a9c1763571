"""What a sentence says about the places of its mentions: once for a mention, for all languages."""

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

# How much is seen of the sentence on either side, in characters.
_SEEN = 40
# What may stand before a sentence's first letter, and the longest word that is looked at.
_MOST_MARKS, _LONGEST = 6, 24
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

START, AFTER_ARTICLE, IN_QUOTES, BEFORE_STOP, BEFORE_REMARK = (1 << bit for bit in range(5))


@dataclass(frozen=True)
class ContextWindow:
    """Sentences as code points, and in them each mention's span and how far is seen around it.

    `begin`: where its sentence begins; `left`, `right`: at most 40 characters off, up to the next
    mention.
    """

    points: Array
    begin: Array
    left: Array
    start: Array
    end: Array
    right: Array

    @cached_property
    def anchors(self) -> pa.Array:
        """The anchors, a column of strings."""
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
        """Return for these mentions the text before, the anchor and the text after."""
        cuts = zip(
            *(part[rows].tolist() for part in (self.left, self.start, self.end, self.right)),
            strict=True,
        )
        return [(self._text(a, b), self._text(b, c), self._text(c, d)) for a, b, c, d in cuts]

    def _text(self, first: int, last: int) -> str:
        return self.points[first:last].tobytes().decode("utf-32-le")


class WordKeys(NamedTuple):
    """Words by what is quickly compared: their length in bytes (0: none), the first two bytes."""

    lengths: Array
    first: Array
    second: Array


class MentionContexts(NamedTuple):
    """What is known of each mention's place: a bit of `flags` for each thing, and its words.

    `word_before`, `word_after`: a word right beside the anchor that a name may bring, too: it
    begins with a capital, or has none ("Lake", "University"; not "of").
    """

    around: ContextWindow
    labels: pa.Array | None
    source_language: str
    flags: Array
    word_before: WordKeys
    word_after: WordKeys


def around(texts: pa.Array, sentence: Array, start: Array, end: Array) -> ContextWindow:
    """Return anchors and what stands around them.

    For each mention the number of its sentence in `texts`, and its span there in characters.
    Mentions are in the order of the text, sentence by sentence.
    """
    offsets, points = points_of(texts)
    begin = offsets[sentence]
    start, end = begin + start, begin + end
    same = sentence[1:] == sentence[:-1]
    left, right = begin.copy(), offsets[1:][sentence]
    left[1:][same] = end[:-1][same]
    right[:-1][same] = start[1:][same]
    # Spans that overlap see nothing of each other.
    left = np.minimum(np.maximum(left, start - _SEEN), start)
    right = np.maximum(np.minimum(right, end + _SEEN), end)
    # One more, so that what stands behind the last character can be looked at.
    return ContextWindow(np.append(points, np.uint32(0)), begin, left, start, end, right)


def places(around: ContextWindow, labels: pa.Array | None, source_language: str) -> MentionContexts:
    """Return what is to be known of places; `labels`: the entities' names in the source language.

    Labels (null: none) tell articles that are part of a name: "the Dodgers", label "Los Angeles
    Dodgers".
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
    """Return the mentions that begin a sentence, which is not one that begins with a small letter.

    Such a sentence is part of one, or begins with a name like iPhone.
    """
    marks = around.start - around.begin
    # Nothing but marks before it: so that the last mention does not end there, either.
    rows_ = np.flatnonzero((marks <= _MOST_MARKS) & (around.left == around.begin))
    kinds = classes()
    good = np.ones(len(rows_), bool)
    for step in range(1, _MOST_MARKS + 1):
        some = marks[rows_] >= step
        character = around.points[np.maximum(around.start[rows_] - step, 0)]
        good &= ~some | ((kinds[character] & is_.SHOWN == 0) & (character != ord("…")))
    rows_ = rows_[good]
    # The anchor's first letter or figure.
    at, end = around.start[rows_].copy(), around.end[rows_]
    for _ in range(_MOST_MARKS):
        at += (at + 1 < end) & (kinds[around.points[at]] & is_.SHOWN == 0)
    kept: Array = rows_[kinds[around.points[at]] & is_.SMALL == 0]
    return kept


def _walk(points: Array, at: Array, bound: Array, step: int) -> Array:
    """Return where words end that begin at these places: the next place that is none of them."""
    at = at.copy()
    word = classes()
    going = np.arange(len(at))
    for _ in range(_LONGEST):
        here = at[going]
        inside = (bound[going] - here) * step >= 0
        inside &= word[points[np.maximum(here, 0)]] & is_.WORD != 0
        going = going[inside]
        if not len(going):
            break
        at[going] += step
    return at


def _hashes_back(points: Array, at: Array, reached: Array, bound: Array, tie: Array) -> Array:
    """Return the words' hashes, read from behind: with a tie at their end, a ' before them."""
    small = small_letters()
    found = np.where(tie > 0, small[tie], 0).astype(np.uint64)
    lengths = at - reached
    for step in range(int(_most_letters())):
        some = np.flatnonzero((lengths > step) & (lengths <= _most_letters()))
        found[some] = found[some] * _FACTOR + small[points[at[some] - step]]
    mark = np.where(reached >= bound, small[points[np.maximum(reached, 0)]], 0)
    some = np.flatnonzero(mark == ord("'"))
    found[some] = found[some] * _FACTOR + np.uint64(ord("'"))
    found[lengths > _most_letters()] = 0
    return found


def _words(
    points: Array, number: int, rows_: Array, first: Array, last: Array, good: Array
) -> WordKeys:
    """Return the words from and to these places that a name may begin or end with."""
    found = WordKeys(*np.zeros((3, number), np.int64))
    good = good & (last - first > 1) & (last - first < _LONGEST)
    good[good] = classes()[points[first[good]]] & is_.GREAT != 0
    rows_, first, lengths = rows_[good], first[good], (last - first)[good]
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
    """A language's articles: those names bring, and what else before a name holds one."""

    brought: tuple[str, ...]
    held: tuple[str, ...]


@cache
def articles(language: str) -> Articles:
    """Return a language's articles; none for one that is not in the table."""
    for code, brought, held in rows("cstool.languages", "articles.tsv"):
        if code == language:
            return Articles(tuple(brought.split()), tuple(held.split()))
    base = language.split("-", maxsplit=1)[0]
    return articles(base) if base != language else Articles((), ())


@cache
def _held(language: str) -> Array:
    """Return the hashes of a language's articles."""
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
