"""The words of texts, by ICU's word boundaries (Unicode's UAX #29 with ICU's dictionaries).

The boundaries of icu4py are the same in all languages, so the language need not be known.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import begins_of, bounds_of_pieces, bytes_of, cut
from cstool.languages.segmentation import word_boundaries

# All letters and digits have lower code points; higher ones are private use or tags.
_CHARACTERS = 0x32400


class TextWords(NamedTuple):
    """The words of several texts, in their order; int64 arrays.

    `firsts`: int64[texts + 1], the index of each text's first word. For each word: `row`, the index
    of its text; `start` and `end`, character offsets in it.
    """

    firsts: Array
    row: Array
    start: Array
    end: Array


def words_in_texts(texts: pa.StringArray) -> TextWords:
    """Return the words of texts without nulls: the segments that contain a letter or a digit."""
    # A line feed always ends a word, so no word crosses two texts.
    lines, begins = _in_lines(texts)
    points = np.frombuffer(lines.encode("utf-32-le"), np.uint32)
    bounds = word_boundaries(lines)
    shown = np.zeros(len(points) + 1, np.int64)
    np.cumsum(_alphanumeric().take(points, mode="clip"), out=shown[1:])
    word = np.flatnonzero(np.diff(shown[bounds]))
    start, end = bounds[word], bounds[word + 1]
    row = np.searchsorted(begins, start, "right") - 1
    firsts = np.searchsorted(row, np.arange(len(texts) + 1))
    return TextWords(firsts, row, start - begins[row], end - begins[row])


def _in_lines(texts: pa.StringArray) -> tuple[str, Array]:
    """Return the texts with a line feed after each, and where each begins, in characters."""
    offsets, data = bytes_of(texts)
    number = np.arange(len(texts))
    encoded = np.insert(data, offsets[1:], np.uint8(10))
    return encoded.tobytes().decode(), begins_of(texts)[:-1] + number


@cache
def _alphanumeric() -> Array:
    """Return bool[n]: whether a code point is a letter or digit; the last also counts beyond it."""
    characters = np.arange(_CHARACTERS, dtype=np.uint32).view("U1")
    table: Array = np.strings.isalpha(characters) | np.strings.isnumeric(characters)
    table[-1] = False
    return table


def cut_at(texts: pa.StringArray, words: TextWords) -> tuple[pa.StringArray, pa.StringArray]:
    """Return the words, and what follows each up to the next one or the end of its text."""
    pieces = cut(texts, bounds_of_pieces(begins_of(texts), words.firsts, words.start, words.end))
    place = words.row + 2 * np.arange(len(words.row)) + 1
    return pieces.take(numbers(place)), pieces.take(numbers(place + 1))


def beginnings(entries: pa.StringArray) -> pa.StringArray:
    """Return each entry of several words up to each of its words, except for the last one."""
    words = words_in_texts(entries)
    inner = np.flatnonzero(np.diff(words.row) == 0)
    texts = entries.take(numbers(words.row[inner]))
    number, end = np.arange(len(inner) + 1), words.end[inner]
    pieces = cut(texts, bounds_of_pieces(begins_of(texts), number, np.zeros_like(end), end))
    return pieces.take(numbers(3 * number[:-1] + 1))
