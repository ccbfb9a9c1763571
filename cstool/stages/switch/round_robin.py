"""`--policy round-robin`: weights that give languages equal numbers of rows, as far as possible.

A census lists the possible languages of a sample of sentences, those with the smallest hashes.
Weights are adjusted on this sample until the numbers of rows are as equal as possible. Then all
parts draw with these weights, independently of each other.
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
# Expected size of the sample. A language with 1 % of the rows has 1,600 of them.
_SENTENCES = 1 << 15
_ROUNDS = 60


def in_sample(ids: Array, sentences: int, seed: int) -> Array:
    """Return which sentences are in the sample; `sentences`: number of sentences in total."""
    if sentences <= _SENTENCES:
        return np.ones(len(ids), bool)
    random_keys = mix(ids ^ hash_word("census", seed))
    chosen: Array = random_keys < np.uint64(_SENTENCES * 2**64 // sentences)
    return chosen


def census(ids: Array, may: Array) -> pa.Table:
    """Return the possible languages of sentences as rows of `CENSUS`; omit sentences without."""
    some = may.any(axis=1)
    languages = np.nonzero(may[some])[1].astype(np.uint16)
    lengths = may[some].sum(axis=1)
    columns = [
        numbers(ids[some].astype(np.int64)),
        list_of(lengths, numbers(languages), CENSUS.field("languages").type),
    ]
    return pa.table(columns, schema=CENSUS)


def weigh(files: Sequence[Path], sampling: LanguageSampling) -> tuple[float, ...]:
    """Return the weights of languages by the census in these files."""
    parts = [read_part(file) for file in files]
    table = pa.concat_tables([CENSUS.empty_table(), *parts]).combine_chunks()
    column = table.column("languages").combine_chunks()
    may = np.zeros((len(table), len(sampling.codes)), bool)
    row = np.repeat(np.arange(len(table)), np.diff(column.offsets.to_numpy()))
    may[row, column.values.to_numpy()] = True
    ids = table.column("id").to_numpy().astype(np.uint64)
    return tuple(even_weights(may, ids, sampling))


def even_weights(may: Array, ids: Array, sampling: LanguageSampling) -> list[float]:
    """Return weights that give languages equal numbers of rows, as far as possible.

    `may`: `bool[sentences, languages]`, whether a language is possible; `ids`: `uint64[sentences]`.
    Weights are found by repeated drawing: the weight of a language with too few rows increases. A
    language cannot have more rows than possible sentences; the others share the difference.
    """
    weights, most = np.ones(may.shape[1]), sampling.most or may.shape[1]
    possible = may.sum(axis=0)
    goal = _equal_numbers(possible, int(np.minimum(may.sum(axis=1), most).sum()))
    random_keys = replace(sampling, weights=tuple(weights)).draw(ids)
    best, least = weights, np.inf
    for turn in range(_ROUNDS):
        rows = pick(may, (random_keys / weights).__getitem__, most).sum(axis=0)
        deviation = np.abs(rows - goal)[possible > 0].sum()
        if deviation < least:
            best, least = weights, deviation
        change = ((goal + 1) / (rows + 1)) ** (1 / (1 + turn / 8))
        weights = np.clip(weights * change, 1e-6, 1e6)
        weights = weights / np.exp(np.log(weights).mean())
    # Rounded, so that weights do not depend on the last digit of a machine's logarithm.
    return [float(f"{w:.4g}") for w in best]


def _equal_numbers(possible: Array, rows: int) -> Array:
    """Distribute rows equally over languages, none above its number of possible sentences."""
    numbers_ = np.zeros(len(possible))
    order = np.argsort(possible, kind="stable")
    left = float(rows)
    for done, language in enumerate(order.tolist()):
        numbers_[language] = min(float(possible[language]), left / (len(order) - done))
        left -= numbers_[language]
    return numbers_
