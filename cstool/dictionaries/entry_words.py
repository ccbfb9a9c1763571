"""The number of words of the entries of a dictionary."""

from functools import cache

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import begins_of, points_of
from cstool.dictionaries.text_words import words_in_texts
from cstool.languages.words import SPACELESS, classes

# All letters and digits have lower code points; higher ones are private use or tags.
_CHARACTERS = 0x32400


def number_of_words(entries: pa.StringArray) -> Array:
    """Return int64[n]: the number of words of each entry, or a few more.

    Words are runs of letters and digits; in scripts without spaces between words, those that ICU
    finds. Where this is at most 1, so is the number of words that `text_words` finds.
    """
    points = points_of(entries)[1]
    inside = _in_words().take(points, mode="clip")
    begins = begins_of(entries)
    first = inside.copy()
    first[1:] &= ~inside[:-1]
    edges = begins[:-1][np.diff(begins) > 0]
    first[edges] = inside[edges]
    count = np.concatenate([[0], np.cumsum(first)])
    words: Array = np.diff(count[begins])
    spaceless = classes().take(points, mode="clip") == SPACELESS
    if spaceless.any():
        rows = np.unique(np.searchsorted(begins, np.flatnonzero(spaceless), "right") - 1)
        found = words_in_texts(entries.take(numbers(rows)))
        words[rows] = np.maximum(words[rows], np.diff(found.firsts))
    return words


@cache
def _in_words() -> Array:
    """Return bool[n]: whether a code point is a letter, a digit or a mark; the last: beyond it."""
    import unicodedata

    characters = np.arange(_CHARACTERS, dtype=np.uint32).view("U1")
    table: Array = np.strings.isalnum(characters)
    marks = [ord(c) for c in characters.tolist() if c and unicodedata.category(c)[0] == "M"]
    table[marks] = True
    table[[0x200C, 0x200D]] = True  # joiners
    table[-1] = False
    return table
