"""The form in which words of a text and entries of a dictionary are compared."""

import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import nfc


def folded(texts: pa.StringArray) -> pa.StringArray:
    """Return the texts in lower case and NFC; none of them may be null.

    The length of a text may change (`İ`), so character offsets in it no longer apply.
    """
    return nfc(pc.utf8_lower(texts))
