"""Which languages a sentence goes into: who may, and who is drawn.

Language sets are bit masks in the store and columns of a table here; the draw is a hash of seed,
sentence and language, so that it is the same wherever and whenever it is made.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, ranges
from cstool.arrays.hashing import hash_word, mix
from cstool.stages.switch.batch import MentionInfo, SentenceBatch
from cstool.stages.switch.options import SwitchOptions
from cstool.storage.label_store import LabelStore


class Candidates(NamedTuple):
    """For each sentence (row) and language (column) whether it may go there.

    `eligible`: whether the sentence has an entity that may be switched; `labelled`: whether some
    language has the labels, be they other words or not.
    """

    may: Array
    eligible: Array
    labelled: Array


@dataclass(frozen=True)
class LanguageSampling:
    """How languages are drawn: at most `most` of them (None: all), by their weights if any."""

    codes: tuple[str, ...]
    seed: int
    most: int | None
    weights: tuple[float, ...] | None = None

    def draw(self, ids: Array, salt: Array | None = None) -> Array:
        """Return a lot for each sentence (row; `salt` tells its entities apart) and language.

        The smallest win. With weights they are exponential variates by the weight: drawing the
        smallest is drawing without replacement by weight (Efraimidis and Spirakis 2006).
        """
        first = mix(ids ^ hash_word("sentence", self.seed))
        if salt is not None:
            first = mix(first ^ salt.astype(np.uint64))
        codes = np.array([hash_word(code) for code in self.codes], np.uint64)
        lots = mix(first[:, None] ^ codes[None, :])
        if self.weights is None:
            return lots
        chance = (lots.astype(np.float64) + 0.5) * 2.0**-64
        lots_: Array = -np.log(chance) / np.array(self.weights)[None, :]
        return lots_


def pick(may: Array, lots: Array, most: int | None) -> Array:
    """Return which of the languages are chosen: of those that may, the `most` smallest lots."""
    if most is None or may.shape[1] <= most:
        return may
    last = np.inf if lots.dtype.kind == "f" else np.iinfo(np.uint64).max
    lots = np.where(may, lots, last)
    bound = np.partition(lots, most - 1, axis=1)[:, most - 1]
    chosen: Array = may & (lots <= bound[:, None])
    return chosen


def candidates(
    read: SentenceBatch, seen: MentionInfo, store: LabelStore, options: SwitchOptions
) -> Candidates:
    """Return the languages that name all entities (or some), and change as many as asked for."""
    mention = np.flatnonzero(seen.left == 0)
    counts = np.bincount(read.sentence[mention], minlength=read.number)
    eligible: Array = np.asarray(counts > 0)
    firsts = (np.cumsum(counts) - counts)[eligible]
    masks = store.masks(seen.places[mention])
    languages = len(store.languages)
    may = np.zeros((read.number, languages), bool)
    if not len(firsts):
        return Candidates(may, eligible, eligible)
    common = np.bitwise_and if options.require_all else np.bitwise_or
    may[eligible] = bits(common.reduceat(masks, firsts, axis=0), languages)
    labelled = np.asarray(may.any(axis=1))
    if options.min_changed:
        anchors = read.anchors.take(numbers(mention))
        other = bits(masks & ~store.same(seen.places[mention], anchors), languages)
        changed = np.add.reduceat(other.view(np.uint8), firsts, axis=0, dtype=np.uint16)
        may[eligible] &= changed >= options.min_changed
    return Candidates(may, eligible, labelled)


def bits(masks: Array, languages: int) -> Array:
    """Return masks as a table of bool, a column for each language."""
    found = np.unpackbits(masks.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    return found[:, :languages].view(bool)


class MixedSentences(NamedTuple):
    """Sentences each of whose entities goes into a language of its own.

    `sentences` that can be mixed; `mention`: their entities that have a language, flat, as many of
    each sentence as `number` says; `language`: of each.
    """

    sentences: Array
    number: Array
    mention: Array
    language: Array


def mixed(
    read: SentenceBatch,
    seen: MentionInfo,
    store: LabelStore,
    options: SwitchOptions,
    lots: LanguageSampling,
) -> tuple[MixedSentences, Candidates]:
    """Draw a language for each entity: one that none before it in its sentence has, if it can.

    If anchors must change, of those that change it, if there are any.
    """
    mention = np.flatnonzero(seen.left == 0)
    owner = read.sentence[mention]
    masks = store.masks(seen.places[mention])
    table = bits(masks, len(store.languages))
    named = np.asarray(table.any(axis=1))
    if options.min_changed:
        anchors = read.anchors.take(numbers(mention))
        other = bits(masks & ~store.same(seen.places[mention], anchors), len(store.languages))
        table = np.where(np.any(other, axis=1, keepdims=True), other, table)
    counts = np.bincount(owner, minlength=read.number)
    eligible = np.asarray(counts > 0)
    good = np.bincount(owner[named], minlength=read.number)
    enough = good >= (counts if options.require_all else 1)
    labelled = np.asarray(eligible & enough)
    drawn = np.where(table, lots.draw(read.ids[owner], read.start[mention]), _last(lots))
    taken = np.zeros((read.number, table.shape[1]), bool)
    language = np.full(len(mention), -1)
    order = np.arange(len(mention)) - np.repeat(np.cumsum(counts) - counts, counts)
    for turn in range(int(counts.max(initial=0))):
        now = np.flatnonzero((order == turn) & named)
        free = table[now] & ~taken[owner[now]]
        use = np.where(np.any(free, axis=1, keepdims=True), free, table[now])
        language[now] = np.where(use, drawn[now], _last(lots)).argmin(axis=1)
        taken[owner[now], language[now]] = True
    sentences = np.flatnonzero(labelled)
    kept = labelled[owner] & named
    number = np.bincount(owner[kept], minlength=read.number)[sentences]
    found = MixedSentences(sentences, number, mention[kept], language[kept])
    return found, Candidates(labelled[:, None], eligible, labelled)


def _last(lots: LanguageSampling) -> Any:
    return np.uint64(2**64 - 1) if lots.weights is None else np.inf


def rows_of(chosen: Array) -> tuple[Array, Array]:
    """Return the rows of a table of chosen languages: sentences and languages, in that order."""
    sentences, languages = np.nonzero(chosen)
    return sentences, languages


def entities_of(read: SentenceBatch, sentences: Array) -> tuple[Array, Array]:
    """Return all linked mentions of these sentences, flat, and the row of each."""
    number = np.diff(read.firsts)[sentences]
    return ranges(read.firsts[sentences], number), np.repeat(np.arange(len(sentences)), number)
