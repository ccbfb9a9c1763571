"""Results of the adaptation: names, and the reasons why they were changed."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array

REASONS = (
    "composed (NFC)",
    "zero-width or control characters",
    "white space",
    "lone bracket",
    "lone quotation mark",
    "article doubled",
    "word doubled",
    "disambiguation doubled",
    "full stop doubled",
    "quotation marks doubled",
    "capital at the start",
)
(NFC, INVISIBLE, SPACE, BRACKET, QUOTE, ARTICLE, WORD, DISAMBIGUATION, STOP, QUOTES, CAPITAL) = (
    1 << bit for bit in range(len(REASONS))
)


class FittedNames(NamedTuple):
    """Names in their original type, and uint16[n]: bit i set if `REASONS[i]` changed a name."""

    names: pa.Array
    reasons: Array

    def counts(self) -> dict[str, int]:
        """Return the number of names changed for each reason, without zeros."""
        tally = {
            reason: int(np.count_nonzero(self.reasons & np.uint16(1 << bit)))
            for bit, reason in enumerate(REASONS)
        }
        return {reason: number for reason, number in tally.items() if number}
