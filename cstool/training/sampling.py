"""Sampling of rows for training: languages smoothed, some sentences held out. Without PyTorch."""

from collections.abc import Iterator, Sequence

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import hash_word, mix, to_unit_interval

_AT_ONCE = 1 << 16


def smoothed_shares(rows: Array, alpha: float) -> Array:
    """Return float64[n]: the share of each language in the batches; `rows`: its number of rows.

    q ∝ p^α, where p is a language's share of the rows (Conneau and Lample 2019, section 3.1): α = 1
    leaves the shares unchanged, α = 0 makes them equal.
    """
    weights = np.where(rows > 0, (rows / rows.sum()) ** alpha, 0.0)
    shares: Array = weights / weights.sum()
    return shares


class SmoothedSampler:
    """Yields row indices, for the `sampler` argument of a DataLoader.

    Languages are drawn by `smoothed_shares` (α 0.5, as in EntityCS's code). Within an epoch all
    rows of a language are drawn before one is repeated, in another random order each time. An epoch
    has as many draws as there are rows. The same seed and epoch give the same order.
    """

    def __init__(self, languages: Sequence[str], alpha: float = 0.5, seed: int = 0) -> None:
        names, of_row = np.unique(np.array(languages), return_inverse=True)
        self.languages: list[str] = names.tolist()
        order = np.argsort(of_row, kind="stable")
        self._rows = np.split(order, np.cumsum(np.bincount(of_row))[:-1])
        self._number = len(of_row)
        self.shares = smoothed_shares(np.bincount(of_row), alpha)
        self._seed = hash_word("sampler", seed)
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Use the order of this epoch from now on."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[int]:
        order = self.order()
        for at in range(0, len(order), _AT_ONCE):  # Python's integers take much memory
            yield from order[at : at + _AT_ONCE].tolist()

    def order(self) -> Array:
        """Return int64[rows]: the row indices of the epoch, in order."""
        if not self._number:
            return np.zeros(0, np.int64)
        key = mix(np.array([self._seed ^ np.uint64(self.epoch)]))[0]
        keys = mix(np.arange(self._number, dtype=np.uint64) ^ key)
        last = int(np.flatnonzero(self.shares)[-1])
        drawn = np.searchsorted(np.cumsum(self.shares)[:last], to_unit_interval(keys), side="right")
        order = np.empty(self._number, np.int64)
        for number, rows in enumerate(self._rows):
            indices = np.flatnonzero(drawn == number)
            order[indices] = _in_rounds(
                rows, len(indices), mix(np.array([key + np.uint64(number)]))
            )
        return order


def _in_rounds(rows: Array, number: int, key: Array) -> Array:
    """Return `number` of the rows; all of them occur before one is repeated."""
    rounds = []
    for turn in range(-(-number // len(rows))):
        keys = mix(mix(rows.astype(np.uint64) ^ key) + np.uint64(turn))
        rounds.append(rows[np.argsort(keys, kind="stable")])
    return np.concatenate([*rounds, np.zeros(0, np.int64)])[:number].astype(np.int64)


def hold_out(
    ids: Sequence[int], languages: Sequence[str], number: int = 100, seed: int = 0
) -> tuple[Array, Array]:
    """Return the row indices to train on, and those held out: `number` sentences of each language.

    As published: 100 sentences per language, chosen independently for each. `cstool shard` holds
    out whole pages, the same for all languages, and is preferable: no sentence is then used for
    training in one language and for testing in another. At most half of a language's sentences are
    held out.
    """
    codes = np.array(languages)
    key = hash_word("held out", seed)
    keys = mix(np.array(ids, np.int64).astype(np.uint64) ^ key)
    held = np.zeros(len(codes), bool)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        first = rows[np.argsort(keys[rows], kind="stable")]
        held[first[: min(number, len(rows) // 2)]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)
