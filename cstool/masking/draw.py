"""Which tokens are masked, replaced, kept: vector operations over the tokens of many sentences.

Lots are hashes of (seed, language, sentence id, epoch, position), or the entity's number in place
of the position: they are the same whoever draws them, and in whatever order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import U64, hash_word, mix, to_unit_interval
from cstool.masking.clusters import Clusters
from cstool.masking.strategies import Probabilities, Strategy
from cstool.masking.tokens import Tokens
from cstool.masking.vocabulary import Vocabulary

NOT_PREDICTED = -100
_UNTOUCHED, MASKED, RANDOM, KEPT = range(4)

# What a lot is for: other bits for each.
_ENTITY, _FATE, _WORD = (hash_word(word) for word in ("entity", "fate", "word"))


@dataclass(frozen=True)
class MaskedTokens:
    """What the model sees, what it is to tell (−100: nothing), and what was done to each token."""

    input_ids: Array
    labels: Array
    fates: Array


def sentence_keys(ids: Array, languages: Sequence[str], seed: int, epoch: int) -> U64:
    """Return what each sentence's lots are drawn from."""
    words = {code: hash_word(f"mask {code}", seed) for code in set(languages)}
    by_sentence = np.array([words[code] for code in languages], np.uint64)
    return mix(mix(ids.astype(np.uint64) ^ by_sentence) ^ np.uint64(epoch))


def mask(
    tokens: Tokens,
    keys: U64,
    strategy: Strategy,
    vocabulary: Vocabulary,
    clusters: Clusters | None = None,
) -> MaskedTokens:
    """Draw what becomes of each token. Special tokens are never touched, nor predicted."""
    own = mix(keys[tokens.sentences] + tokens.positions.astype(np.uint64))
    special = vocabulary.special[tokens.ids]
    inside = (tokens.entities > 0) & ~special
    fates = np.zeros(len(tokens.ids), np.uint8)
    if strategy.inside == strategy.outside and strategy.inside is not None:
        _settle(fates, np.flatnonzero(~special), own, strategy.inside)
    else:
        if strategy.inside is not None:
            lots = _of_entities(tokens, keys) if strategy.inside.whole else own
            _settle(fates, np.flatnonzero(inside), lots, strategy.inside)
        if strategy.outside is not None:
            _settle(fates, np.flatnonzero(~inside & ~special), own, strategy.outside)
    input_ids = tokens.ids.copy()
    if strategy.masks:
        assert vocabulary.mask is not None
        input_ids[fates == MASKED] = vocabulary.mask
    swapped = np.flatnonzero(fates == RANDOM)
    words = mix(own[swapped] ^ _WORD)
    if strategy.clusters:
        assert clusters is not None
        input_ids[swapped] = clusters.swap(tokens.ids[swapped], words)
    else:
        ordinary = vocabulary.ordinary
        input_ids[swapped] = ordinary[(words % np.uint64(len(ordinary))).astype(np.int64)]
    if strategy.detect:
        labels = (input_ids != tokens.ids).astype(np.int32)
        labels[special] = NOT_PREDICTED
    else:
        labels = np.where(fates > 0, tokens.ids, np.int32(NOT_PREDICTED))
    return MaskedTokens(input_ids, labels, fates)


def _of_entities(tokens: Tokens, keys: U64) -> U64:
    """Return lots that all tokens of an entity share."""
    return mix(mix(keys ^ _ENTITY)[tokens.sentences] + tokens.entities.astype(np.uint64))


def _settle(fates: Array, places: Array, lots: U64, chances: Probabilities) -> None:
    """Write the fates of the tokens at these places."""
    if chances.candidate < 1:
        places = places[to_unit_interval(lots[places]) < chances.candidate]
    drawn = to_unit_interval(mix(lots[places] ^ _FATE))
    bounds = np.cumsum([chances.masked, chances.random, chances.kept])
    # Shares are sums of tenths: what is 1 but for rounding is 1.
    fates[places] = _FATES[np.searchsorted(np.round(bounds, 12), drawn, side="right")]


_FATES = np.array([MASKED, RANDOM, KEPT, _UNTOUCHED], np.uint8)
