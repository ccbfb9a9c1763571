"""The counts of `switch`: rows and entities by language, and sentences by outcome."""

import numpy as np

from cstool.arrays import Array
from cstool.stages.switch.batch import SentenceBatch
from cstool.stages.switch.rewrite import NameOrigins, SwitchedRows, reasons
from cstool.stages.switch.sampling import Candidates
from cstool.storage.counts import Counts


def count_sentences(
    batch: SentenceBatch, languages: Candidates, rows: SwitchedRows, counts: Counts
) -> None:
    """Count the source sentences that are switched, and the others by reason."""
    switched = np.zeros(batch.number, bool)
    switched[rows.sentences] = True
    tally = counts.tally("source sentences")
    tally.keep(int(switched.sum()))
    left = ~switched
    for reason, why in (
        ("no linked entity", np.diff(batch.firsts) == 0),
        ("all entities are left", ~languages.eligible),
        ("no language has all labels", ~languages.labeled),
        ("no language changes as much as asked", left),
    ):
        tally.drop(reason, int((left & why).sum()))
        left &= ~why


def count_rows(rows: SwitchedRows, codes: list[str], origins: NameOrigins, counts: Counts) -> None:
    """Count rows and entities by language, names by origin, and adapted labels by reason."""
    _by_language(rows.languages, codes, "languages", counts)
    _by_language(rows.language, codes, "entities by language", counts)
    counts.add("names by origin", origins.counts(rows))
    counts.add("names fitted", reasons(rows))


def _by_language(languages: Array, codes: list[str], kind: str, counts: Counts) -> None:
    # The index of the source language, SOURCE, is -1, and its code is the last one.
    numbers = np.roll(np.bincount(languages + 1, minlength=len(codes)), -1).tolist()
    counts.add(kind, {code: n for code, n in zip(codes, numbers, strict=True) if n})
