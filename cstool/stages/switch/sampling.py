"""Selects the target languages of sentences: the candidate languages, and a sample of them.

Sets of languages are bit masks in the label store and rows of a boolean table here. The random key
of a draw is a hash of seed, sentence and language, so it does not depend on workers or order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, ranges
from cstool.arrays.hashing import hash_word, mix
from cstool.stages.switch.batch import BatchContext
from cstool.stages.switch.draws import of_pass
from cstool.stages.switch.sentence_batch import SentenceBatch
from cstool.stages.switch.word_draws import WordNames, mixed_words, word_candidates

# Rows with more mentions than this are combined by ufunc.reduceat, not by turns.
_MANY = 64


class Candidates(NamedTuple):
    """The candidate languages: `may` is `bool[sentences, languages]`.

    `eligible`: whether the sentence has an entity that may be switched; `labeled`: whether any
    language has the required labels, even if they equal the anchors. Both are `bool[sentences]`.
    """

    may: Array
    eligible: Array
    labeled: Array


@dataclass(frozen=True)
class LanguageSampling:
    """Parameters of the draw: at most `most` languages (None: all), with weights if given.

    `number`: of the pass.
    """

    codes: tuple[str, ...]
    seed: int
    most: int | None
    weights: tuple[float, ...] | None = None
    number: int = 0

    def draw(self, ids: Array, salt: Array | None = None) -> Array:
        """Return random keys, `[sentences, languages]`; the smallest are drawn.

        `salt` distinguishes the entities of a sentence. With weights, keys are exponential variates
        divided by the weight: selecting the smallest is weighted sampling without replacement
        (Efraimidis and Spirakis 2006).
        """
        first = mix(ids ^ hash_word("sentence", self.seed))
        if salt is not None:
            first = mix(first ^ salt.astype(np.uint64))
        codes = np.array([hash_word(code) for code in self.codes], np.uint64)
        keys = of_pass(mix(first[:, None] ^ codes[None, :]), self.number)
        if self.weights is None:
            return keys
        uniform = (keys.astype(np.float64) + 0.5) * 2.0**-64
        weighted: Array = -np.log(uniform) / np.array(self.weights)[None, :]
        return weighted

    def pick(self, may: Array, ids: Array) -> Array:
        """Return which of the candidate languages of these sentences are drawn."""
        return pick(may, lambda some: self.draw(ids[some]), self.most)


def pick(may: Array, keys_of: Callable[[Array], Array], most: int | None) -> Array:
    """Return which languages are sampled: the `most` candidates with the smallest random keys.

    `keys_of` returns the keys of sentences by their indexes; only those with more candidates than
    `most` need some.
    """
    if most is None or may.shape[1] <= most:
        return may
    number = np.add.reduce(may.view(np.uint8), axis=1, dtype=np.uint16)
    several = np.flatnonzero(number > most)
    if not len(several):
        return may
    random_keys = keys_of(several)
    last = np.inf if random_keys.dtype.kind == "f" else np.iinfo(np.uint64).max
    random_keys = np.where(may[several], random_keys, last)
    bound = np.partition(random_keys, most - 1, axis=1)[:, most - 1]
    chosen = may.copy()
    chosen[several] &= random_keys <= bound[:, None]
    return chosen


def candidates(context: BatchContext) -> Candidates:
    """Return the languages that have the required labels and change enough anchors.

    Of sentences without an entity to be switched: those that some drawn word can be switched into.
    """
    found = _entity_candidates(context)
    if context.words is None:
        return found
    others = word_candidates(context, context.words, ~found.eligible)
    some = others.any(axis=1)
    return Candidates(found.may | others, found.eligible | some, found.labeled | some)


def _entity_candidates(context: BatchContext) -> Candidates:
    batch, store, options = context.batch, context.store, context.options
    mention = np.flatnonzero(context.mentions.left == 0)
    places = context.mentions.places[mention]
    counts = np.bincount(batch.sentence[mention], minlength=batch.number)
    eligible: Array = np.asarray(counts > 0)
    may = np.zeros((batch.number, len(store.languages)), bool)
    if not len(mention):
        return Candidates(may, eligible, eligible)
    masks = store.masks(places)
    own = counts[eligible]
    common = _combined(np.bitwise_and if options.require_all else np.bitwise_or, masks, own)
    labeled = np.zeros(batch.number, bool)
    labeled[eligible] = common.any(axis=1)
    if options.min_changed:
        anchors = batch.anchors.take(numbers(mention))
        enough = _at_least(options.min_changed, masks & ~store.same(places, anchors), own)
        if context.words is not None:  # they change, too
            enough[np.diff(context.words.firsts)[eligible] > 0] = ~np.uint64(0)
        common &= enough
    may[eligible] = bits(common, len(store.languages))
    return Candidates(may, eligible, labeled)


class _Turn(NamedTuple):
    """The sentences, by index, that have an nth mention, and the index of that mention."""

    sentences: Array
    mentions: Array


def _by_turn(counts: Array) -> Iterator[_Turn]:
    """Yield the first mention of each sentence, then the second of those that have one, …

    `counts`: the number of mentions of each sentence, at least one.
    """
    firsts = np.cumsum(counts) - counts
    for turn in range(int(counts.max(initial=0))):
        some = np.flatnonzero(counts > turn)
        yield _Turn(some, firsts[some] + turn)


def _combined(combine: np.ufunc, masks: Array, counts: Array) -> Array:
    """Return the masks of the mentions of each sentence, combined; `counts`: see `_by_turn`."""
    if counts.max() > _MANY:
        combined: Array = combine.reduceat(masks, np.cumsum(counts) - counts, axis=0)
        return combined
    turns = _by_turn(counts)
    common: Array = masks.take(next(turns).mentions, axis=0)
    for some, nth in turns:
        common[some] = combine(common[some], masks.take(nth, axis=0))
    return common


def _at_least(least: int, masks: Array, counts: Array) -> Array:
    """Return for each sentence the bits that are set in the masks of `least` mentions or more."""
    if least == 1:
        return _combined(np.bitwise_or, masks, counts)
    turns = [*_by_turn(counts)]
    least = min(least, len(turns) + 1)
    # planes[i]: the bits that were set more than i times before.
    planes = np.zeros((least, len(turns[0].sentences), masks.shape[1]), np.uint64)
    for some, nth in turns:
        set_now = masks.take(nth, axis=0)
        for i in range(least - 1, 0, -1):
            planes[i, some] |= planes[i - 1, some] & set_now
        planes[0, some] |= set_now
    found: Array = planes[least - 1]
    return found


def bits(masks: Array, languages: int) -> Array:
    """Return bit masks as `bool[n, languages]`."""
    unpacked = np.unpackbits(masks.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    return unpacked[:, :languages].view(bool)


class MixedSentences(NamedTuple):
    """Sentences whose entities are switched into different languages.

    `sentences`: indexes of the sentences that can be mixed; `number`: switched entities of each.
    `mention`, `language`: flat arrays of these entities and their languages. `words`: the words
    that are switched, too; their rows are the indexes in `sentences`.
    """

    sentences: Array
    number: Array
    mention: Array
    language: Array
    words: WordNames | None = None


def mixed(context: BatchContext, sampling: LanguageSampling) -> tuple[MixedSentences, Candidates]:
    """Draw a language for each entity, preferably one that no earlier entity of the sentence has.

    With `min_changed`, languages whose label differs from the anchor are preferred.
    """
    batch, store, options = context.batch, context.store, context.options
    mention = np.flatnonzero(context.mentions.left == 0)
    places = context.mentions.places[mention]
    owner = batch.sentence[mention]
    masks = store.masks(places)
    table = bits(masks, len(store.languages))
    named = np.asarray(table.any(axis=1))
    if options.min_changed:
        anchors = batch.anchors.take(numbers(mention))
        other = bits(masks & ~store.same(places, anchors), len(store.languages))
        table = np.where(np.any(other, axis=1, keepdims=True), other, table)
    counts = np.bincount(owner, minlength=batch.number)
    eligible = np.asarray(counts > 0)
    good = np.bincount(owner[named], minlength=batch.number)
    enough = good >= (counts if options.require_all else 1)
    labeled = np.asarray(eligible & enough)
    random_keys = sampling.draw(batch.ids[owner], batch.start[mention])
    random_keys = np.where(table, random_keys, _last(sampling))
    taken = np.zeros((batch.number, table.shape[1]), bool)
    language = np.full(len(mention), -1)
    order = np.arange(len(mention)) - np.repeat(np.cumsum(counts) - counts, counts)
    usable = np.flatnonzero(named)
    usable = usable[np.argsort(order[usable], kind="stable")]
    turns = np.flatnonzero(np.diff(order[usable])) + 1
    for now in np.split(usable, turns) if len(usable) else ():
        free = table[now] & ~taken[owner[now]]
        use = np.where(np.any(free, axis=1, keepdims=True), free, table[now])
        language[now] = np.where(use, random_keys[now], _last(sampling)).argmin(axis=1)
        taken[owner[now], language[now]] = True
    kept = labeled[owner] & named
    words = None
    if context.words is not None:
        others = ~eligible & context.rows_drawn
        possible = np.flatnonzero(labeled | others)
        words = mixed_words(context, context.words, possible, sampling.weights)
        owners = possible[words.row]
        others[others] = np.isin(np.flatnonzero(others), owners)
        eligible, labeled = eligible | others, labeled | others
        words = words._replace(row=np.searchsorted(np.flatnonzero(labeled), owners))
    sentences = np.flatnonzero(labeled)
    number = np.bincount(owner[kept], minlength=batch.number)[sentences]
    result = MixedSentences(sentences, number, mention[kept], language[kept], words)
    return result, Candidates(labeled[:, None], eligible, labeled)


def _last(sampling: LanguageSampling) -> Any:
    return np.uint64(2**64 - 1) if sampling.weights is None else np.inf


def rows_of(chosen: Array) -> tuple[Array, Array]:
    """Return the indexes of sentences and of languages of the chosen cells, in row order."""
    # Faster than np.nonzero of two dimensions.
    sentences, languages = np.divmod(np.flatnonzero(chosen), max(1, chosen.shape[1]))
    return sentences, languages


def entities_of(batch: SentenceBatch, sentences: Array) -> tuple[Array, Array]:
    """Return the indexes of all linked mentions of these sentences, and the row of each."""
    number = np.diff(batch.firsts)[sentences]
    return ranges(batch.firsts[sentences], number), np.repeat(np.arange(len(sentences)), number)
