"""Replacements drawn by clusters of tokens: C-RTS (Di Liello et al. 2022; Di Liello 2023).

As in the code published with the paper (iKernels/efficient_transformers_pretraining_objectives,
e9fb9da, `language_modeling/cluster_random_token_substitution.py` and `pipelines/crtd/base.py`): a
table counts for each pair of clusters how often the model was wrong about a token of the first that
was replaced by one of the second, minus how often it was right (all counts begin at 1). A cluster
is drawn with the probability softmax(β · counts), counts scaled to 0…1 in each row, β = 2; its
tokens have equal probabilities. Before the model has learned anything, all clusters have equal
probabilities.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import U64, hash_word, mix, to_unit_interval
from cstool.errors import InputError
from cstool.masking.vocabulary import Vocabulary
from cstool.storage.text_files import read_small

BETA = 2.0
MOST = 4096  # clusters: the table of counts then has 134 MB; published: 50 and 100
_TOKEN = hash_word("token of a cluster")


@dataclass(frozen=True)
class Clusters:
    """Clusters of tokens to draw replacements from.

    `of_token`: int64[vocabulary], each token's cluster; `members`: the tokens that may be drawn, by
    cluster, those of cluster c beginning at `firsts[c]`; `counts`: int64[clusters, clusters], how
    difficult replacements have been, by pair of clusters.
    """

    of_token: Array
    members: Array
    firsts: Array
    counts: Array
    beta: float = BETA

    @classmethod
    def of(cls, of_token: Array, vocabulary: Vocabulary, counts: Array | None = None) -> "Clusters":
        """Build from each token's cluster; special tokens are never drawn."""
        number = int(of_token.max()) + 1
        ordinary = vocabulary.ordinary
        order = np.argsort(of_token[ordinary], kind="stable")
        sizes = np.bincount(of_token[ordinary], minlength=number)
        firsts = np.concatenate([[0], np.cumsum(sizes)])
        table = np.ones((number, number), np.int64) if counts is None else counts
        return cls(of_token, ordinary[order], firsts, table)

    @cached_property
    def probabilities(self) -> Array:
        """float64[clusters, clusters]: probability to draw from each, by the token's cluster."""
        low = self.counts.min(axis=1, keepdims=True)
        width = self.counts.max(axis=1, keepdims=True) - low
        scaled = (self.counts - low) / np.where(width == 0, 1, width)
        weights = np.exp(self.beta * scaled) * (np.diff(self.firsts) > 0)
        probabilities: Array = weights / weights.sum(axis=1, keepdims=True)
        return probabilities

    @cached_property
    def _last(self) -> int:
        """The last cluster that has tokens to draw."""
        return int(np.flatnonzero(np.diff(self.firsts))[-1])

    @cached_property
    def _bounds(self) -> Array:
        """The cumulative probabilities, as one sorted list: row r between r and r + 1."""
        bounds = np.cumsum(self.probabilities, axis=1)
        bounds[:, self._last :] = 1.0
        flat: Array = (bounds + np.arange(len(bounds))[:, None]).ravel()
        return flat

    def swap(self, ids: Array, keys: U64) -> Array:
        """Return a replacement for each token; `keys`: uint64[n], a random key for each."""
        source = self.of_token[ids]
        cluster = np.searchsorted(self._bounds, source + to_unit_interval(keys), side="right")
        cluster = np.minimum(cluster - source * len(self.counts), self._last)
        sizes = np.diff(self.firsts)[cluster].astype(np.uint64)
        within = (mix(keys ^ _TOKEN) % sizes).astype(np.int64)
        swapped: Array = self.members[self.firsts[cluster] + within]
        return swapped

    def learned(self, originals: Array, shown: Array, wrong: Array) -> "Clusters":
        """Return the clusters with updated counts.

        `originals`, `shown`: the tokens before and after replacement; `wrong`: whether the model
        was wrong. Only replaced tokens are counted.
        """
        counts = self.counts.copy()
        swapped = originals != shown
        pairs = (self.of_token[originals[swapped]], self.of_token[shown[swapped]])
        np.add.at(counts, pairs, np.where(wrong[swapped], 1, -1))
        return Clusters(self.of_token, self.members, self.firsts, counts, self.beta)


def read_clusters(path: Path, vocabulary: Vocabulary) -> Clusters:
    """Read a file with one line for each token of the vocabulary: the index of its cluster, from 0.

    Raises InputError for a wrong number of lines, lines that are not numbers, numbers with gaps,
    and more than MOST clusters.
    """
    try:
        lines = read_small(path, str(path)).splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}); check the file") from error
    for number, line in enumerate(lines, 1):
        if not (line.isascii() and line.strip().isdigit()):
            raise InputError(
                f"{path}: line {number}: {line[:40]!r} is not a number; give the index of a cluster"
            )
    if len(lines) != len(vocabulary.special):
        raise InputError(
            f"{path}: {len(lines):,} lines for the tokenizer's {len(vocabulary.special):,} tokens; "
            "give one line for each token, in the order of their ids"
        )
    of_token = np.array([min(int(line), len(lines)) for line in lines], np.int64)
    gaps = np.flatnonzero(np.bincount(of_token) == 0)
    if len(gaps):
        raise InputError(
            f"{path}: cluster {gaps[0]} has no token; number the clusters from 0 without gaps"
        )
    if of_token.max() >= MOST:
        raise InputError(f"{path}: {of_token.max() + 1:,} clusters; give at most {MOST:,}")
    return Clusters.of(of_token, vocabulary)
