"""Pairs of names of an entity: each name in a source language with each in a target language."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import ranges, slices_of
from cstool.stages.lexicon.names import EntityNames
from cstool.stages.lexicon.options import ALIAS_RANK


class NamePairs(NamedTuple):
    """Pairs of names, as indexes in `EntityNames`; int64[n] each.

    Sorted by entity, then by the source name, then by the target name.
    """

    source: Array
    target: Array


def pairs_of(names: EntityNames, is_source: Array, at_once: int) -> Iterator[NamePairs]:
    """Yield the pairs of names in a source language and in another one, except of two aliases.

    `is_source`: bool[languages]. `at_once`: about how many candidates are held in memory; an entity
    with more is one batch.
    """
    if not len(names.entity):
        return
    number = int(names.entity[-1]) + 1
    per_entity = np.bincount(names.entity, minlength=number)
    first = np.cumsum(per_entity) - per_entity
    source = np.flatnonzero(is_source[names.language])
    of_entity = names.entity[source]
    candidates = np.cumsum(per_entity * np.bincount(of_entity, minlength=number))
    for start, end in slices_of(candidates, at_once):
        low, high = np.searchsorted(of_entity, [start, end])
        some, owner = source[low:high], of_entity[low:high]
        left = np.repeat(some, per_entity[owner])
        right = ranges(first[owner], per_entity[owner])
        kept = names.language[left] != names.language[right]
        kept &= (names.rank[left] != ALIAS_RANK) | (names.rank[right] != ALIAS_RANK)
        yield NamePairs(left[kept], right[kept])
