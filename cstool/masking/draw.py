"""Draw which tokens are masked, replaced or kept: vector operations over many sentences.

Random keys are hashes of (seed, language, sentence id, epoch, token position), or of the entity's
number instead of the position, so they do not depend on the process or the order of processing.
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
UNTOUCHED, MASKED, RANDOM, KEPT = range(4)

# Constants that derive different random keys for each purpose.
_ENTITY, _FATE, _WORD = (hash_word(word) for word in ("entity", "fate", "word"))


@dataclass(frozen=True)
class MaskedTokens:
    """The model's input, the labels (−100: not predicted), and what happened to each token.

    `fates`: uint8[n], 0 (untouched), MASKED, RANDOM (replaced) or KEPT.
    """

    input_ids: Array
    labels: Array
    fates: Array


def sentence_keys(ids: Array, languages: Sequence[str], seed: int, epoch: int) -> U64:
    """Return uint64[n]: the random key of each sentence."""
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
    """Draw for each token whether it is masked, replaced, kept or untouched.

    Special tokens are never changed, and never predicted.
    """
    own = mix(keys[tokens.sentences] + tokens.positions.astype(np.uint64))
    special = vocabulary.special[tokens.ids]
    inside = (tokens.entities > 0) & ~special
    fates = np.zeros(len(tokens.ids), np.uint8)
    if strategy.inside == strategy.outside and strategy.inside is not None:
        _set_fates(fates, np.flatnonzero(~special), own, strategy.inside)
    else:
        if strategy.inside is not None:
            drawn = _entity_keys(tokens, keys) if strategy.inside.whole else own
            _set_fates(fates, np.flatnonzero(inside), drawn, strategy.inside)
        if strategy.outside is not None:
            _set_fates(fates, np.flatnonzero(~inside & ~special), own, strategy.outside)
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


def _entity_keys(tokens: Tokens, keys: U64) -> U64:
    """Return uint64[n]: for each token a random key shared by all tokens of its entity."""
    return mix(mix(keys ^ _ENTITY)[tokens.sentences] + tokens.entities.astype(np.uint64))


def _set_fates(fates: Array, indices: Array, keys: U64, probabilities: Probabilities) -> None:
    """Set the fates of the tokens at these indices."""
    if probabilities.candidate < 1:
        indices = indices[to_unit_interval(keys[indices]) < probabilities.candidate]
    drawn = to_unit_interval(mix(keys[indices] ^ _FATE))
    bounds = np.cumsum([probabilities.masked, probabilities.random, probabilities.kept])
    # Probabilities are multiples of 0.1: rounding makes their sum exactly 1.
    fates[indices] = _FATES[np.searchsorted(np.round(bounds, 12), drawn, side="right")]


_FATES = np.array([MASKED, RANDOM, KEPT, UNTOUCHED], np.uint8)
