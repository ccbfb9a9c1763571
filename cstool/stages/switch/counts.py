"""The counts of `switch`: rows and entities by language, and source rows by outcome."""

import numpy as np

from cstool.arrays import Array
from cstool.stages.switch.batch import BatchContext, count_mentions
from cstool.stages.switch.rewrite import WORD, NameOrigins, SwitchedRows, reasons
from cstool.stages.switch.sampling import Candidates
from cstool.storage.counts import Counts


class Outcomes:
    """Which mentions, words and rows of a batch are switched in a pass, and why others are not."""

    def __init__(self, context: BatchContext) -> None:
        number = context.batch.number
        self._context = context
        self._left: Array | None = None
        self._eligible, self._labeled, self._drawn, self.switched = np.zeros((4, number), bool)
        self._written = np.zeros(len(context.spans.start), bool)

    def add(self, context: BatchContext, languages: Candidates) -> None:
        """Add a pass: the reasons to leave mentions, and the languages of the rows."""
        now, before = context.mentions.left, self._left
        self._left = now if before is None else np.where((now == 0) | (before == 0), 0, before)
        self._eligible |= languages.eligible
        self._labeled |= languages.labeled
        self._drawn |= context.rows_drawn

    def add_rows(self, rows: SwitchedRows) -> None:
        """Add rows that are written."""
        if self._context.words is not None:
            self._written[rows.span[rows.step == WORD]] = True

    def count(self, counts: Counts, rows_unit: str) -> None:
        """Count mentions, words and source rows, those that are left by reason."""
        assert self._left is not None
        batch, words = self._context.batch, self._context.words
        tally = counts.tally("mentions")
        for reason, number in count_mentions(batch, self._left).items():
            if reason:
                tally.drop(reason, number)
            else:
                tally.keep(number)
        if words is not None:
            words.count(counts.tally("words"), self._written[self._context.spans.word])
        tally = counts.tally(f"source {rows_unit}")
        left = ~self.switched
        tally.keep(int(self.switched.sum()))
        for reason, why in (
            ("left by --row-rate", ~self._drawn),
            *self._nothing_to_switch(),
            ("no language has all labels", ~self._labeled),
            ("no language changes as much as asked", left.copy()),
        ):
            tally.drop(reason, int((left & why).sum()))
            left &= ~why

    def _nothing_to_switch(self) -> list[tuple[str, Array]]:
        batch, words = self._context.batch, self._context.words
        unlinked = np.diff(batch.firsts) == 0
        if words is None:
            return [("no linked entity", unlinked), ("all entities are left", ~self._eligible)]
        if not self._context.options.switches_entities:
            unlinked[:] = True
        return [
            ("no entity or word to switch", unlinked & (np.diff(words.firsts) == 0)),
            ("all entities and words are left", ~self._eligible),
        ]


def count_rows(rows: SwitchedRows, codes: list[str], origins: NameOrigins, counts: Counts) -> None:
    """Count rows and entities by language, names by origin, and adapted labels by reason."""
    _by_language(rows.languages, codes, "languages", counts)
    is_word = rows.step == WORD
    _by_language(rows.language[~is_word], codes, "entities by language", counts)
    if is_word.any():
        _by_language(rows.language[is_word], codes, "words by language", counts)
    counts.add("names by origin", origins.counts(rows))
    counts.add("names fitted", reasons(rows))
    for reason, left_out in (("equal to the anchor", rows.equal), ("with a mark", rows.marked)):
        if number := int(left_out.sum()):
            counts.add("names left out", {reason: number})


def _by_language(languages: Array, codes: list[str], kind: str, counts: Counts) -> None:
    # The index of the source language, SOURCE, is -1, and its code is the last one.
    numbers = np.roll(np.bincount(languages + 1, minlength=len(codes)), -1).tolist()
    counts.add(kind, {code: n for code, n in zip(codes, numbers, strict=True) if n})
