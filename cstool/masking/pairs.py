"""Pairs of sentences: are they from the same paragraph, the same page?

Di Liello 2023, second part; first in Di Liello et al., *Paragraph-based Transformer Pre-training
for Multi-Sentence Inference* (NAACL 2022) and *Pre-training Transformer Models with Sentence-Level
Objectives* (EMNLP 2022). What is drawn follows the code published with the former
(github.com/amazon-science/wqa-multi-sentence-inference, commit 9f27cbb: sentence_sentence.py, and
the numbers in its README): with one sentence of the same paragraph come four others, up to two of
them hard, from other paragraphs of the page, the rest easy, from other pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import U64, hash_word, mix

PairScope = Literal["paragraph", "page"]

SAME, HARD, EASY = range(3)
KINDS = ("same", "hard", "easy")
# Sentences from elsewhere for each one from the same place, and how many of them may be hard.
OTHERS = 4
MOST_HARD = {"paragraph": 2, "page": 0}
_ALONE = {"paragraph": "alone in its paragraph", "page": "no other paragraph in its page"}
_SAME, _HARD, _EASY = 0, 1, 1 + max(MOST_HARD.values())  # what lots are for: from which on
_LOTS = tuple(hash_word(f"pair {number}") for number in range(_EASY + OTHERS))


@dataclass(frozen=True)
class Pairs:
    """Two sentences each, by their numbers, and the pair's kind."""

    first: Array
    second: Array
    kind: Array


@dataclass(frozen=True)
class PairingResult:
    """Pairs, how many sentences they begin with, and how many made none, by reason."""

    pairs: Pairs
    anchors: int
    dropped: dict[str, int]


@dataclass(frozen=True)
class _Stretch:
    """For each anchor a stretch of the rows: of its sentence, its paragraph, or its page."""

    begin: Array
    end: Array

    @property
    def size(self) -> Array:
        return self.end - self.begin

    def at(self, anchors: Array) -> "_Stretch":
        """Return it for these anchors alone."""
        return _Stretch(self.begin[anchors], self.end[anchors])


@dataclass(frozen=True)
class _Stretches:
    """For each anchor the stretches that it is in, one within the other."""

    page: _Stretch
    paragraph: _Stretch
    sentence: _Stretch

    def at(self, anchors: Array) -> "_Stretches":
        """Return them for these anchors alone."""
        return _Stretches(
            self.page.at(anchors), self.paragraph.at(anchors), self.sentence.at(anchors)
        )

    def same(self, place: PairScope) -> tuple[_Stretch, _Stretch]:
        """Return where partners of the same place are, and where within that they are not."""
        if place == "paragraph":
            return self.paragraph, self.sentence
        return self.page, self.paragraph


def pair_up(
    pages: Array, paragraphs: Array, ids: Array, lots: U64, place: PairScope
) -> PairingResult:
    """Pair each sentence that can be: sorted by page, paragraph and id; lots are its own.

    One that is there several times, switched otherwise, is no partner of itself.

    "paragraph": with one of its paragraph (same), some of its page's others (hard), of other pages
    (easy). "page": with one of its page but not its paragraph (same), some of other pages (easy).
    """
    number = len(pages)
    new_page = _changes(pages)
    new_paragraph = new_page | _changes(paragraphs)
    new_sentence = new_paragraph | _changes(ids)
    within = _Stretches(*map(_stretch, (new_page, new_paragraph, new_sentence)))
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
    pairs = _drawn(at, within.at(at), lots[at], number, place)
    return PairingResult(_shuffled(pairs, lots), len(at), dropped)


def _changes(values: Array) -> Array:
    """Return where a value is another than the one before."""
    return np.append(True, values[1:] != values[:-1])[: len(values)]


def _stretch(new: Array) -> _Stretch:
    """Return the stretch that each row is in, where a row that begins one is `new`."""
    begin = np.flatnonzero(new)
    end = np.append(begin[1:], len(new))
    of = np.cumsum(new) - 1
    return _Stretch(begin[of], end[of]) if len(new) else _Stretch(begin, begin)


def _drawn(at: Array, within: _Stretches, lots: U64, number: int, place: PairScope) -> Pairs:
    """Return the pairs of these anchors, kind by kind."""
    page, paragraph = within.page, within.paragraph
    outer, inner = within.same(place)
    same = _around(outer, inner, _below(lots, _SAME, outer.size - inner.size))
    drawn = [(np.arange(len(at)), same, SAME)]  # which anchors, with which sentences
    beside = page.size - paragraph.size  # of the page, not of the paragraph
    hard = np.minimum(beside, MOST_HARD[place])
    for some, lot in _several(lots, _HARD, hard, beside):
        drawn.append((some, _around(page.at(some), paragraph.at(some), lot), HARD))
    everything = _Stretch(np.zeros(len(at), np.int64), np.full(len(at), number))
    for some, lot in _several(lots, _EASY, OTHERS - hard, number - page.size):
        drawn.append((some, _around(everything.at(some), page.at(some), lot), EASY))
    first, second, kind = zip(*drawn, strict=True)
    sizes = [len(some) for some in first]
    return Pairs(at[np.concatenate(first)], np.concatenate(second), np.repeat(kind, sizes))


def _several(
    lots: U64, purpose: int, wanted: Array, bounds: Array
) -> Iterator[tuple[Array, Array]]:
    """Yield which anchors get a further number below their bound: none twice, if there are more."""
    taken = np.zeros((len(wanted), 0), np.int64)  # ascending
    for nth in range(int(wanted.max(initial=0))):
        some = np.flatnonzero(wanted > nth)
        left = bounds[some] - nth
        lot = _below(lots[some], purpose + nth, np.where(left > 0, left, bounds[some]))
        for before in taken[some].T:
            lot += (left > 0) & (lot >= before)
        yield some, lot
        further = np.full(len(wanted), np.iinfo(np.int64).max)
        further[some] = lot
        taken = np.sort(np.column_stack([taken, further]), axis=1)


def _around(outer: _Stretch, inner: _Stretch, lot: Array) -> Array:
    """Return the row of that lot among those of a stretch that are in none within."""
    row = outer.begin + lot
    return row + (row >= inner.begin) * inner.size


def _below(lots: U64, purpose: int, bounds: Array) -> Array:
    """Return a number below each bound."""
    return (mix(lots ^ _LOTS[purpose]) % bounds.astype(np.uint64)).astype(np.int64)


def _shuffled(pairs: Pairs, lots: U64) -> Pairs:
    order = np.argsort(mix(mix(lots[pairs.first]) ^ lots[pairs.second]), kind="stable")
    return Pairs(pairs.first[order], pairs.second[order], pairs.kind[order])
