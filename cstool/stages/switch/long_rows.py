"""Rows of one long text: a few languages at a time, so that memory does not grow with languages."""

from collections.abc import Iterator

import numpy as np

from cstool.arrays import Array
from cstool.stages.switch.batch import BatchContext
from cstool.stages.switch.rewrite import SwitchedRows, change_too_little, name_rows
from cstool.stages.switch.sampling import Candidates, LanguageSampling


def accepted(
    context: BatchContext, possible: Candidates, sampling: LanguageSampling, at_once: int
) -> tuple[Array, Array]:
    """Return the languages of the rows of a batch of one text, and those drawn and rejected.

    They are those of `rewrite.switched`. `at_once`: number of languages at a time.
    """
    may = possible.may.copy()
    good, rejected = np.zeros(may.shape[1], bool), np.zeros(may.shape[1], bool)
    while True:
        drawn = np.flatnonzero(sampling.pick(may, context.batch.ids)[0])
        poor = [
            change_too_little(context, name_rows(context, np.zeros(len(some), np.int64), some))
            for some in _in_turns(drawn, at_once)
        ]
        wrong = drawn[np.concatenate([np.zeros(0, bool), *poor])]
        rejected[wrong] = True
        if not len(wrong) or context.options.sentence_rate < 1:
            good[drawn] = True
            good[wrong] = False
            return np.flatnonzero(good), np.flatnonzero(rejected)
        may[0, wrong] = False


def rows_in_turns(context: BatchContext, languages: Array, at_once: int) -> Iterator[SwitchedRows]:
    """Yield the rows of a batch of one text in these languages, `at_once` at a time."""
    for some in _in_turns(languages, at_once):
        yield name_rows(context, np.zeros(len(some), np.int64), some)


def _in_turns(languages: Array, at_once: int) -> Iterator[Array]:
    for first in range(0, len(languages), at_once):
        yield languages[first : first + at_once]
