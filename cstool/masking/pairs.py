"""Pairs of sentences for a classification: from the same paragraph, or the same page?

Di Liello 2023, second part; first in Di Liello et al., *Paragraph-based Transformer Pre-training
for Multi-Sentence Inference* (NAACL 2022) and *Pre-training Transformer Models with Sentence-Level
Objectives* (EMNLP 2022). The sampling follows the code published with the former
(github.com/amazon-science/wqa-multi-sentence-inference, commit 9f27cbb: sentence_sentence.py, and
the numbers in its README): for each pair from the same paragraph four others are drawn, up to two
of them hard (from other paragraphs of the page), the rest easy (from other pages).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import changes
from cstool.arrays.hashing import U64, hash_word, mix

PairScope = Literal["paragraph", "page"]

SAME, HARD, EASY = range(3)
KINDS = ("same", "hard", "easy")
# Pairs of other kinds for each pair of kind "same", and how many of them may be hard.
OTHERS = 4
MOST_HARD = {"paragraph": 2, "page": 0}
_ALONE = {"paragraph": "alone in its paragraph", "page": "no other paragraph in its page"}
_SAME, _HARD, _EASY = 0, 1, 1 + max(MOST_HARD.values())  # the first purpose of each kind's keys
_PURPOSES = tuple(hash_word(f"pair {number}") for number in range(_EASY + OTHERS))


@dataclass(frozen=True)
class Pairs:
    """Row indices of the two sentences of each pair, and the pair's kind."""

    first: Array
    second: Array
    kind: Array


@dataclass(frozen=True)
class PairingResult:
    """The pairs, the number of sentences that have pairs, and that of those without, by reason."""

    pairs: Pairs
    anchors: int
    dropped: dict[str, int]


@dataclass(frozen=True)
class _Range:
    """For each anchor a range of row indices: of its sentence, its paragraph, or its page."""

    begin: Array
    end: Array

    @property
    def size(self) -> Array:
        return self.end - self.begin

    def at(self, anchors: Array) -> "_Range":
        """Return the ranges of these anchors."""
        return _Range(self.begin[anchors], self.end[anchors])


@dataclass(frozen=True)
class _Ranges:
    """For each anchor the nested ranges that contain it."""

    page: _Range
    paragraph: _Range
    sentence: _Range

    def at(self, anchors: Array) -> "_Ranges":
        """Return the ranges of these anchors."""
        return _Ranges(self.page.at(anchors), self.paragraph.at(anchors), self.sentence.at(anchors))

    def same(self, place: PairScope) -> tuple[_Range, _Range]:
        """Return the range of partners of kind "same", and the range inside it that is excluded."""
        if place == "paragraph":
            return self.paragraph, self.sentence
        return self.page, self.paragraph


def pair_up(
    pages: Array, paragraphs: Array, ids: Array, keys: U64, place: PairScope
) -> PairingResult:
    """Pair each sentence that has partners; the rows are sorted by page, paragraph and id.

    `keys`: uint64[rows], a random key for each row. A sentence that has several rows, switched
    differently, is not its own partner.

    `place` "paragraph": pairs from the same paragraph (same), from other paragraphs of the page
    (hard), from other pages (easy). "page": pairs from another paragraph of the page (same), from
    other pages (easy).
    """
    number = len(pages)
    new_page = changes(pages)
    new_paragraph = new_page | changes(paragraphs)
    new_sentence = new_paragraph | changes(ids)
    within = _Ranges(*map(_ranges_of, (new_page, new_paragraph, new_sentence)))
    outer, inner = within.same(place)
    anchor = np.ones(number, bool)
    dropped: dict[str, int] = {}
    for reason, lost in (
        (_ALONE[place], inner.size == outer.size),
        ("no other page", within.page.size == number),
    ):
        dropped[reason] = int((anchor & lost).sum())
        anchor &= ~lost
    at = np.flatnonzero(anchor)
    pairs = _drawn(at, within.at(at), keys[at], number, place)
    return PairingResult(_shuffled(pairs, keys), len(at), dropped)


def _ranges_of(new: Array) -> _Range:
    """Return the range that contains each row; `new`: bool[rows], whether a row begins a range."""
    begin = np.flatnonzero(new)
    end = np.append(begin[1:], len(new))
    of = np.cumsum(new) - 1
    return _Range(begin[of], end[of]) if len(new) else _Range(begin, begin)


def _drawn(at: Array, within: _Ranges, keys: U64, number: int, place: PairScope) -> Pairs:
    """Return the pairs of these anchors, kind by kind."""
    page, paragraph = within.page, within.paragraph
    outer, inner = within.same(place)
    same = _around(outer, inner, _below(keys, _SAME, outer.size - inner.size))
    drawn = [(np.arange(len(at)), same, SAME)]  # indices of anchors, and their partners
    beside = page.size - paragraph.size  # in the page, but not in the paragraph
    hard = np.minimum(beside, MOST_HARD[place])
    for some, index in _several(keys, _HARD, hard, beside):
        drawn.append((some, _around(page.at(some), paragraph.at(some), index), HARD))
    everything = _Range(np.zeros(len(at), np.int64), np.full(len(at), number))
    for some, index in _several(keys, _EASY, OTHERS - hard, number - page.size):
        drawn.append((some, _around(everything.at(some), page.at(some), index), EASY))
    first, second, kind = zip(*drawn, strict=True)
    sizes = [len(some) for some in first]
    return Pairs(at[np.concatenate(first)], np.concatenate(second), np.repeat(kind, sizes))


def _several(
    keys: U64, purpose: int, wanted: Array, bounds: Array
) -> Iterator[tuple[Array, Array]]:
    """Yield anchors, each with a random index below its bound; distinct while there are enough."""
    taken = np.zeros((len(wanted), 0), np.int64)  # ascending
    for nth in range(int(wanted.max(initial=0))):
        some = np.flatnonzero(wanted > nth)
        left = bounds[some] - nth
        index = _below(keys[some], purpose + nth, np.where(left > 0, left, bounds[some]))
        for before in taken[some].T:
            index += (left > 0) & (index >= before)
        yield some, index
        further = np.full(len(wanted), np.iinfo(np.int64).max)
        further[some] = index
        taken = np.sort(np.column_stack([taken, further]), axis=1)


def _around(outer: _Range, inner: _Range, index: Array) -> Array:
    """Return the row at this index among those of the outer range that are not in the inner one."""
    row = outer.begin + index
    return row + (row >= inner.begin) * inner.size


def _below(keys: U64, purpose: int, bounds: Array) -> Array:
    """Return a random number below each bound."""
    return (mix(keys ^ _PURPOSES[purpose]) % bounds.astype(np.uint64)).astype(np.int64)


def _shuffled(pairs: Pairs, keys: U64) -> Pairs:
    order = np.argsort(mix(mix(keys[pairs.first]) ^ keys[pairs.second]), kind="stable")
    return Pairs(pairs.first[order], pairs.second[order], pairs.kind[order])
