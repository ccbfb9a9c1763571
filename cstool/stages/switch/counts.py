"""The counts of `switch`: rows and entities by language, and source rows by outcome."""

import numpy as np

from cstool.arrays import Array
from cstool.stages.switch.batch import BatchContext, SentenceBatch, count_mentions
from cstool.stages.switch.rewrite import NameOrigins, SwitchedRows, reasons
from cstool.stages.switch.sampling import Candidates
from cstool.storage.counts import Counts


class Outcomes:
    """Which mentions and rows of a batch are switched in a pass, and why the others are not."""

    def __init__(self, batch: SentenceBatch) -> None:
        none = np.zeros(batch.number, bool)
        self._batch = batch
        self._left: Array | None = None
        self._eligible, self._labeled, self.switched = none, none, none.copy()

    def add(self, context: BatchContext, languages: Candidates) -> None:
        """Add a pass: the reasons to leave mentions, and the languages of the rows."""
        now, before = context.mentions.left, self._left
        self._left = now if before is None else np.where((now == 0) | (before == 0), 0, before)
        self._eligible = self._eligible | languages.eligible
        self._labeled = self._labeled | languages.labeled

    def count(self, counts: Counts, rows_unit: str) -> None:
        """Count mentions and source rows, those that are left by reason."""
        assert self._left is not None
        tally = counts.tally("mentions")
        for reason, number in count_mentions(self._batch, self._left).items():
            if reason:
                tally.drop(reason, number)
            else:
                tally.keep(number)
        tally = counts.tally(f"source {rows_unit}")
        left = ~self.switched
        tally.keep(int(self.switched.sum()))
        for reason, why in (
            ("no linked entity", np.diff(self._batch.firsts) == 0),
            ("all entities are left", ~self._eligible),
            ("no language has all labels", ~self._labeled),
            ("no language changes as much as asked", left.copy()),
        ):
            tally.drop(reason, int((left & why).sum()))
            left &= ~why


def count_rows(rows: SwitchedRows, codes: list[str], origins: NameOrigins, counts: Counts) -> None:
    """Count rows and entities by language, names by origin, and adapted labels by reason."""
    _by_language(rows.languages, codes, "languages", counts)
    _by_language(rows.language, codes, "entities by language", counts)
    counts.add("names by origin", origins.counts(rows))
    counts.add("names fitted", reasons(rows))
    for reason, left_out in (("equal to the anchor", rows.equal), ("with a mark", rows.marked)):
        if number := int(left_out.sum()):
            counts.add("names left out", {reason: number})


def _by_language(languages: Array, codes: list[str], kind: str, counts: Counts) -> None:
    # The index of the source language, SOURCE, is -1, and its code is the last one.
    numbers = np.roll(np.bincount(languages + 1, minlength=len(codes)), -1).tolist()
    counts.add(kind, {code: n for code, n in zip(codes, numbers, strict=True) if n})
