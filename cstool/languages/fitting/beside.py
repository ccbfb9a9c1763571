"""What is next to mentions: marks, articles, and words that a name may also contain.

There is a compiled version; tests/languages/test_beside.py checks that both agree.
"""

from typing import NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.languages.fitting import character_classes as is_
from cstool.languages.fitting.character_classes import (
    byte_lengths,
    classes,
    lead_bytes,
    small_letters,
)
from cstool.languages.fitting.windows import ContextWindow

# Characters that may precede the first letter of a sentence, and those of the longest word to
# check.
_MOST_MARKS, _LONGEST = 6, 24
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
# Between an article and a name: spaces, or a mark that ends the article.
_SPACES, _TIES = " \u00a0\u202f", "'’-"

START, AFTER_ARTICLE, IN_QUOTES, BEFORE_STOP, BEFORE_REMARK = (1 << bit for bit in range(5))


class ArticleHashes(NamedTuple):
    """The hashes of a language's articles (`hash_of`), and the letters of the longest ones."""

    hashes: Array
    letters: int


class WordKeys(NamedTuple):
    """Keys for a fast comparison of words: length in bytes (0: no word), first two bytes."""

    lengths: Array
    first: Array
    second: Array


class Beside(NamedTuple):
    """For each mention, bits of `flags` (uint8[n]), and the words next to it.

    `word_before`, `word_after`: a word next to the anchor that a name may also contain: it begins
    with a capital, or has no case ("Lake", "University"; not "of").
    """

    flags: Array
    word_before: WordKeys
    word_after: WordKeys


def beside_in_python(around: ContextWindow, articles: ArticleHashes) -> Beside:
    """Return what is next to each mention; `articles`: those of the text's language."""
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
    spaced = np.isin(before, [ord(c) for c in _SPACES])
    tied = np.isin(before, [ord(c) for c in _TIES])
    rows_ = np.flatnonzero(spaced | tied)
    bound, at = around.left[rows_], around.start[rows_] - 2
    reached = _walk(seen, at, bound, -1)
    tie = np.where(tied, before, 0)[rows_]
    hashes = _hashes_back(seen, (at, reached, bound), tie, articles.letters)
    flags[rows_[np.isin(hashes, articles.hashes)]] |= AFTER_ARTICLE
    word_before = _words(seen, len(flags), rows_, reached + 1, at + 1, before[rows_] == ord(" "))
    rows_ = np.flatnonzero(after == ord(" "))
    at = around.end[rows_] + 1
    reached = _walk(seen, at, around.right[rows_] - 1, 1)
    word_after = _words(seen, len(flags), rows_, at, reached, np.ones(len(rows_), bool))
    return Beside(flags, word_before, word_after)


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


def _hashes_back(
    points: Array, words: tuple[Array, Array, Array], tie: Array, letters: int
) -> Array:
    """Return the words' hashes, from last to first character, with the tie after and a ' before.

    `words`: the last character of each, the character before it, and the bound of the context.
    The hash is 0 for words of more than `letters` letters.
    """
    small, (at, reached, bound) = small_letters(), words
    hashes = np.where(tie > 0, small[tie], 0).astype(np.uint64)
    lengths = at - reached
    for step in range(letters):
        some = np.flatnonzero((lengths > step) & (lengths <= letters))
        hashes[some] = hashes[some] * _FACTOR + small[points[at[some] - step]]
    mark = np.where(reached >= bound, small[points[np.maximum(reached, 0)]], 0)
    some = np.flatnonzero(mark == ord("'"))
    hashes[some] = hashes[some] * _FACTOR + np.uint64(ord("'"))
    hashes[lengths > letters] = 0
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



def hash_of(word: str) -> int:
    """Return the hash of an article in lower case, by which it is found in a text."""
    found = 0
    for character in reversed(word):
        found = (found * int(_FACTOR) + ord(character)) % 2**64
    return found


def beside_compiled(around: ContextWindow, articles: ArticleHashes) -> Beside:
    """Return the same as `beside_in_python`; raises ValueError for a place outside the text."""
    spans = around.begin, around.left, around.start, around.end, around.right
    flags, words = _beside.beside(
        around.points, *spans, classes(), small_letters(), articles.hashes, articles.letters
    )
    keys = np.frombuffer(words, np.int64).reshape(6, -1)
    return Beside(np.frombuffer(flags, np.uint8), WordKeys(*keys[:3]), WordKeys(*keys[3:]))


try:
    from cstool.languages.fitting import _beside

    beside = beside_compiled
except ImportError:
    beside = beside_in_python
