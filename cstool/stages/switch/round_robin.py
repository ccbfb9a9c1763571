"""`--policy round-robin`: weights that even the languages out, as far as can be.

A census tells which languages some of the sentences may go into, those with the smallest hashes of
all; weights are tried on these until they even the languages out. All parts then draw by these
weights: no part needs to know what another one has drawn.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, numbers
from cstool.arrays.hashing import hash_word, mix
from cstool.stages.switch.sampling import LanguageSampling, pick
from cstool.storage.checksums import read_part

CENSUS = pa.schema([("id", pa.int64()), ("languages", pa.list_(pa.field("element", pa.uint16())))])
# Sentences that are looked at, on average: a language of one row in a hundred has 1,600 of them.
_SENTENCES = 1 << 15
_ROUNDS = 60


def asked(ids: Array, sentences: int, seed: int) -> Array:
    """Return which sentences are in the census, of so many in all."""
    if sentences <= _SENTENCES:
        return np.ones(len(ids), bool)
    lots = mix(ids ^ hash_word("census", seed))
    chosen: Array = lots < np.uint64(_SENTENCES * 2**64 // sentences)
    return chosen


def census(ids: Array, may: Array) -> pa.Table:
    """Return which languages sentences may go into, as rows of `CENSUS`; none for nowhere."""
    some = may.any(axis=1)
    languages = np.nonzero(may[some])[1].astype(np.uint16)
    lengths = may[some].sum(axis=1)
    columns = [
        numbers(ids[some].astype(np.int64)),
        list_of(lengths, numbers(languages), CENSUS.field("languages").type),
    ]
    return pa.table(columns, schema=CENSUS)


def weigh(files: Sequence[Path], lots: LanguageSampling) -> tuple[float, ...]:
    """Return the weights of languages by a census that lies in these files."""
    parts = [read_part(file) for file in files]
    table = pa.concat_tables([CENSUS.empty_table(), *parts]).combine_chunks()
    column = table.column("languages").combine_chunks()
    may = np.zeros((len(table), len(lots.codes)), bool)
    row = np.repeat(np.arange(len(table)), np.diff(column.offsets.to_numpy()))
    may[row, column.values.to_numpy()] = True
    return tuple(even_weights(may, table.column("id").to_numpy().astype(np.uint64), lots))


def even_weights(may: Array, ids: Array, lots: LanguageSampling) -> list[float]:
    """Return weights that give these sentences' languages equal numbers of rows, as far as can be.

    Found by drawing again and again: a language that got too few weighs more the next time. None
    can have more rows than it has candidates; what it lacks is shared out among the others.
    """
    weights, most = np.ones(may.shape[1]), lots.most or may.shape[1]
    there = may.sum(axis=0)
    goal = _shares(there, int(np.minimum(may.sum(axis=1), most).sum()))
    drawn = replace(lots, weights=tuple(weights)).draw(ids)
    best, least = weights, np.inf
    for turn in range(_ROUNDS):
        got = pick(may, drawn / weights, most).sum(axis=0)
        off = np.abs(got - goal)[there > 0].sum()
        if off < least:
            best, least = weights, off
        change = ((goal + 1) / (got + 1)) ** (1 / (1 + turn / 8))
        weights = np.clip(weights * change, 1e-6, 1e6)
        weights = weights / np.exp(np.log(weights).mean())
    # Few digits: no matter if another machine's logarithm differs in the last one.
    return [float(f"{w:.4g}") for w in best]


def _shares(there: Array, rows: int) -> Array:
    """Return equal shares of so many rows, none larger than what is there."""
    share = np.zeros(len(there))
    order = np.argsort(there, kind="stable")
    left = float(rows)
    for place, language in enumerate(order.tolist()):
        share[language] = min(float(there[language]), left / (len(order) - place))
        left -= share[language]
    return share
