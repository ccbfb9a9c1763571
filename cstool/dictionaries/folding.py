"""The form in which words of a text and entries of a dictionary are compared."""

import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import nfc


def folded(texts: pa.StringArray) -> pa.StringArray:
    """Return the texts in lower case and NFC; none of them may be null.

    White space becomes one space; apostrophes and hyphens become those of ASCII. The length of a
    text may change (`İ`), so character offsets in it no longer apply.
    """
    plain = nfc(pc.utf8_lower(texts))
    for pattern, replacement in ((r"[\s\x{A0}\x{202F}]+", " "), ("’", "'"), ("[‐‑]", "-")):
        plain = pc.replace_substring_regex(plain, pattern, replacement)
    return plain
