"""Replacements by clusters of tokens: C-RTS (Di Liello et al. 2022; Di Liello 2023).

As the code published with the paper has it (iKernels/efficient_transformers_pretraining_objectives,
e9fb9da, `language_modeling/cluster_random_token_substitution.py` and `pipelines/crtd/base.py`): a
table counts, for each pair of clusters, how often the model was wrong about a token of the one that
was replaced by one of the other, less how often it was right (all begin at 1). The cluster to draw
from has the chance softmax(β · counts), counts scaled to 0…1 in each row, β = 2; its tokens have
equal chances. Before a model has been asked, all clusters therefore have the same chance.
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
MOST = 4096  # a table of so many by so many counts has 134 MB; published: 50 and 100
_TOKEN = hash_word("token of a cluster")


@dataclass(frozen=True)
class Clusters:
    """`of_token`: each token's cluster; `members`: tokens that may be drawn, by cluster, those of
    cluster c from `firsts[c]` on. `counts`: how hard replacements have been, by pair of clusters.
    """

    of_token: Array
    members: Array
    firsts: Array
    counts: Array
    beta: float = BETA

    @classmethod
    def of(cls, of_token: Array, vocabulary: Vocabulary, counts: Array | None = None) -> "Clusters":
        """Make them of each token's cluster; special tokens are in none to draw from."""
        number = int(of_token.max()) + 1
        ordinary = vocabulary.ordinary
        order = np.argsort(of_token[ordinary], kind="stable")
        sizes = np.bincount(of_token[ordinary], minlength=number)
        firsts = np.concatenate([[0], np.cumsum(sizes)])
        table = np.ones((number, number), np.int64) if counts is None else counts
        return cls(of_token, ordinary[order], firsts, table)

    @cached_property
    def chances(self) -> Array:
        """The chance of each cluster to be drawn from, for tokens of each cluster (rows)."""
        low = self.counts.min(axis=1, keepdims=True)
        width = self.counts.max(axis=1, keepdims=True) - low
        scaled = (self.counts - low) / np.where(width == 0, 1, width)
        weights = np.exp(self.beta * scaled) * (np.diff(self.firsts) > 0)
        chances: Array = weights / weights.sum(axis=1, keepdims=True)
        return chances

    @cached_property
    def _last(self) -> int:
        """The last cluster to draw from."""
        return int(np.flatnonzero(np.diff(self.firsts))[-1])

    @cached_property
    def _bounds(self) -> Array:
        """The chances, added up: one sorted list for all rows, row r between r and r + 1."""
        bounds = np.cumsum(self.chances, axis=1)
        bounds[:, self._last :] = 1.0
        flat: Array = (bounds + np.arange(len(bounds))[:, None]).ravel()
        return flat

    def swap(self, ids: Array, lots: U64) -> Array:
        """Return a token in place of each."""
        source = self.of_token[ids]
        cluster = np.searchsorted(self._bounds, source + to_unit_interval(lots), side="right")
        cluster = np.minimum(cluster - source * len(self.counts), self._last)
        sizes = np.diff(self.firsts)[cluster].astype(np.uint64)
        within = (mix(lots ^ _TOKEN) % sizes).astype(np.int64)
        swapped: Array = self.members[self.firsts[cluster] + within]
        return swapped

    def learned(self, originals: Array, shown: Array, wrong: Array) -> "Clusters":
        """Return them after a model was asked: of these tokens, shown as those, was it `wrong`?

        Only tokens that were replaced count.
        """
        counts = self.counts.copy()
        swapped = originals != shown
        pairs = (self.of_token[originals[swapped]], self.of_token[shown[swapped]])
        np.add.at(counts, pairs, np.where(wrong[swapped], 1, -1))
        return Clusters(self.of_token, self.members, self.firsts, counts, self.beta)


def read_clusters(path: Path, vocabulary: Vocabulary) -> Clusters:
    """Read a file with a line a token of the vocabulary: the number of its cluster, from 0.

    Raises InputError for another number of lines, what is no number, numbers with gaps, and more
    clusters than MOST.
    """
    try:
        lines = read_small(path, str(path)).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        if not (line.isascii() and line.strip().isdigit()):
            raise InputError(f"{path}: line {number} is {line[:40]!r}; give a cluster's number")
    if len(lines) != len(vocabulary.special):
        raise InputError(
            f"{path}: has {len(lines):,} lines, the tokenizer {len(vocabulary.special):,} tokens; "
            "give a line for each, in the order of their numbers"
        )
    of_token = np.array([min(int(line), len(lines)) for line in lines], np.int64)
    gaps = np.flatnonzero(np.bincount(of_token) == 0)
    if len(gaps):
        raise InputError(f"{path}: cluster {gaps[0]} has no token; number them from 0 without gaps")
    if of_token.max() >= MOST:
        raise InputError(f"{path}: has {of_token.max() + 1:,} clusters; give at most {MOST:,}")
    return Clusters.of(of_token, vocabulary)
