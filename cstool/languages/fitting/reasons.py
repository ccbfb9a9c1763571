"""What is handed back: names, and why each is another than before."""

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
    """Names, in the type they came in, and why each is another now: a bit for each of `REASONS`."""

    names: pa.Array
    reasons: Array

    def counts(self) -> dict[str, int]:
        """Return how many names were changed, for each reason that there is."""
        tally = {
            reason: int(np.count_nonzero(self.reasons & np.uint16(1 << bit)))
            for bit, reason in enumerate(REASONS)
        }
        return {reason: number for reason, number in tally.items() if number}
