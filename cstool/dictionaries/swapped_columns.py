"""Whether the columns of a dictionary are swapped, judged by the scripts of their words."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cstool.errors import InputError
from cstool.languages.scripts import scripts_of, written

# Pairs of a language that are examined: the first ones with letters on both sides.
_EXAMINED = 20_000


@dataclass
class ScriptSample:
    """The scripts of the first pairs of a file in one language.

    `examined`: pairs with letters on both sides; `foreign`: those whose source has no letter in a
    script of its language; `swapped`: those among them whose source is in scripts of the target's
    language, and whose target is in scripts of the source's.
    """

    source: str
    target: str
    examined: int = 0
    foreign: int = 0
    swapped: int = 0

    def add(self, sources: pa.StringArray, targets: pa.StringArray) -> None:
        """Examine further pairs, unless enough have been."""
        left = _EXAMINED - self.examined
        if left <= 0:
            return
        of_source, of_target = (
            scripts_of(sources.slice(0, left)),
            scripts_of(targets.slice(0, left)),
        )
        ours, theirs = written(self.source).all, written(self.target).all
        some = (of_source > 0) & (of_target > 0)
        foreign = some & ((of_source & ours) == 0)
        swapped = foreign & ((of_source & ~theirs) == 0) & ((of_target & ~ours) == 0)
        self.examined += int(np.count_nonzero(some))
        self.foreign += int(np.count_nonzero(foreign))
        self.swapped += int(np.count_nonzero(swapped))

    def check(self, path: str) -> None:
        """Raise InputError if most sources are in no script of their language."""
        if 2 * self.foreign <= self.examined:
            return
        found = (
            f"{path}: {self.foreign:,} of {self.examined:,} sources have no letter in a script of "
            f"{self.source}"
        )
        if 2 * self.swapped > self.foreign:
            raise InputError(
                f"{found}, and their targets, in {self.target}, have no other: the columns are "
                "swapped; exchange them"
            )
        raise InputError(f"{found}; give a dictionary from {self.source} into {self.target}")
