"""Which rows to train on: languages smoothed, some sentences held out. No PyTorch needed."""

from collections.abc import Iterator, Sequence

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import hash_word, mix, to_unit_interval

_AT_ONCE = 1 << 16


def smoothed_shares(rows: Array, alpha: float) -> Array:
    """Return the share of the batches that each language gets, of its number of rows.

    q ∝ p^α with p a language's share of the rows (Conneau and Lample 2019, section 3.1): 1 leaves
    them as they are, 0 makes them equal.
    """
    weights = np.where(rows > 0, (rows / rows.sum()) ** alpha, 0.0)
    shares: Array = weights / weights.sum()
    return shares


class SmoothedSampler:
    """Yields the numbers of rows, for a DataLoader's `sampler`.

    Languages are drawn by `smoothed_shares` (α 0.5, as in EntityCS's code); within an epoch, each
    language's rows come in an order drawn anew for each time that they have all been there. An
    epoch has as many draws as there are rows. The same seed and epoch give the same order.
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
        """Draw another order from now on."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[int]:
        order = self.order()
        for at in range(0, len(order), _AT_ONCE):  # Python's numbers are large: few at once
            yield from order[at : at + _AT_ONCE].tolist()

    def order(self) -> Array:
        """Return the epoch's rows in order."""
        if not self._number:
            return np.zeros(0, np.int64)
        key = mix(np.array([self._seed ^ np.uint64(self.epoch)]))[0]
        lots = mix(np.arange(self._number, dtype=np.uint64) ^ key)
        last = int(np.flatnonzero(self.shares)[-1])
        drawn = np.searchsorted(np.cumsum(self.shares)[:last], to_unit_interval(lots), side="right")
        order = np.empty(self._number, np.int64)
        for number, rows in enumerate(self._rows):
            places = np.flatnonzero(drawn == number)
            order[places] = _in_rounds(rows, len(places), mix(np.array([key + np.uint64(number)])))
        return order


def _in_rounds(rows: Array, number: int, key: Array) -> Array:
    """Return so many of the rows, all of them before one comes again."""
    rounds = []
    for turn in range(-(-number // len(rows))):
        lots = mix(mix(rows.astype(np.uint64) ^ key) + np.uint64(turn))
        rounds.append(rows[np.argsort(lots, kind="stable")])
    return np.concatenate([*rounds, np.zeros(0, np.int64)])[:number].astype(np.int64)


def hold_out(
    ids: Sequence[int], languages: Sequence[str], number: int = 100, seed: int = 0
) -> tuple[Array, Array]:
    """Return the rows to train on and those held out: so many sentences of each language.

    As published: 100 a language, whatever other languages have them. `cstool shard` holds out
    whole pages, for all languages alike, and is to be preferred: no sentence is then trained on
    in one language and tested in another. A language keeps half of its sentences.
    """
    codes = np.array(languages)
    key = hash_word("held out", seed)
    lots = mix(np.array(ids, np.int64).astype(np.uint64) ^ key)
    held = np.zeros(len(codes), bool)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        first = rows[np.argsort(lots[rows], kind="stable")]
        held[first[: min(number, len(rows) // 2)]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)
