"""Pairs of sentences: are they from the same place? (Di Liello 2023, second part; first in
Di Liello et al., EMNLP 2022, *Pre-training Transformer Models with Sentence-Level Objectives*.)

There the places are paragraphs and documents. A corpus has no paragraphs, only each sentence's
page and its number there. So sentences one right behind the other (`NEAR`) stand in for those of
one paragraph, which they are in 42 to 69 of 100 cases, and those `FAR` apart on a page for those
of different paragraphs, which they are in 99 (scripts/paragraph_proxy.py).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cstool.parts.hashing import U64, hash_word, mix

Array = np.ndarray[Any, Any]
Place = Literal["neighbours", "page"]

NEAR, FAR = 1, 10
SAME, HARD, EASY = range(3)
KINDS = ("same", "hard", "easy")
_KEYS = tuple(hash_word(f"pair {kind}") for kind in KINDS)
_WIDTH = 2**21  # more than a page's positions with FAR around them


@dataclass(frozen=True)
class Pairs:
    """Two sentences each, by their numbers, and the pair's kind."""

    first: Array
    second: Array
    kind: Array


@dataclass(frozen=True)
class Found:
    """Pairs, and how many sentences made none, by reason."""

    pairs: Pairs
    anchors: int
    dropped: dict[str, int]


def pair_up(pages: Array, positions: Array, lots: U64, place: Place) -> Found:
    """Pair each sentence that can be: sorted by page, then position; lots are its own.

    "neighbours": with the next one (same), one of its page far off (hard), one of another page
    (easy). "page": with one of its page far off (same), one of another page (easy).
    """
    number = len(pages)
    every = np.arange(number)
    rank = np.concatenate([[0], np.cumsum(pages[1:] != pages[:-1])]) if number else every
    begin = np.searchsorted(rank, rank, side="left")
    end = np.searchsorted(rank, rank, side="right")
    key = rank * _WIDTH + positions + FAR
    before = np.searchsorted(key, key - FAR, side="right")
    before = np.maximum(before, begin) - begin
    behind = np.minimum(np.searchsorted(key, key + FAR, side="left"), end)
    far = before + end - behind
    other = number - (end - begin)
    following = np.minimum(every + 1, max(number - 1, 0))
    near = (key[following] - key == NEAR) if place == "neighbours" else np.ones(number, bool)
    reasons = (
        ("the next sentence of its page is not there", ~near),
        ("no sentence of its page is far enough", far == 0),
        ("no other page", other == 0),
    )
    anchor = np.ones(number, bool)
    dropped: dict[str, int] = {}
    for reason, lost in reasons:
        dropped[reason] = int((anchor & lost).sum())
        anchor &= ~lost
    at = every[anchor]
    drawn = _below(lots[at], HARD, far[at])
    left = drawn < before[at]
    distant = np.where(left, begin[at] + drawn, behind[at] + drawn - before[at])
    drawn = _below(lots[at], EASY, other[at])
    elsewhere = np.where(drawn < begin[at], drawn, drawn + (end - begin)[at])
    partners = {SAME: distant, EASY: elsewhere}
    if place == "neighbours":
        partners = {SAME: following[at], HARD: distant, EASY: elsewhere}
    second, kinds = np.concatenate([*partners.values()]), np.repeat([*partners], len(at))
    pairs = Pairs(np.tile(at, len(partners)), second, kinds)
    return Found(_shuffled(pairs, lots), len(at), dropped)


def _below(lots: U64, purpose: int, bounds: Array) -> Array:
    """Return a number below each bound."""
    return (mix(lots ^ _KEYS[purpose]) % bounds.astype(np.uint64)).astype(np.int64)


def _shuffled(pairs: Pairs, lots: U64) -> Pairs:
    order = np.argsort(mix(lots[pairs.first] + pairs.kind.astype(np.uint64)), kind="stable")
    return Pairs(pairs.first[order], pairs.second[order], pairs.kind[order])
