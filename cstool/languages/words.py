"""Count words in pieces of text, by the rules of each script.

A word is a run of characters between white space that contains a letter: numbers and punctuation
alone do not count, because code-mixing measures exclude what belongs to no language. In scripts
without spaces between words (Han, kana, Thai, Lao, Khmer, Burmese…), words are those of ICU's
dictionaries (Unicode's UAX #29 with ICU's tailoring, through icu4py); Tibetan words are syllables.
"""

from functools import cache

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import distinct
from cstool.arrays.codepoints import begins_of, bytes_of
from cstool.languages.data_tables import rows

OTHER, SPACE, LETTER, SPACELESS = range(4)
# Scripts (ISO 15924) that are written without spaces between words.
_SPACELESS_SCRIPTS = frozenset(
    {"Hani", "Hira", "Kana", "Bopo", "Thai", "Laoo", "Khmr", "Mymr", "Lana", "Talu", "Tale", "Tibt"}
)
# All letters have lower code points; higher ones are private use or tags.
_CHARACTERS = 0x32400


@cache
def classes() -> Array:
    """Return uint8[n]: the class of each code point; that of the last also applies beyond it."""
    characters = np.arange(_CHARACTERS, dtype=np.uint32).view("U1")
    table = np.zeros(_CHARACTERS, np.uint8)
    table[np.strings.isspace(characters)] = SPACE
    table[np.strings.isalpha(characters)] = LETTER
    for first, last, script in rows("cstool.languages", "characters.tsv"):
        if script in _SPACELESS_SCRIPTS:
            block = table[int(first, 16) : int(last, 16) + 1]
            block[block == LETTER] = SPACELESS
    table[-1] = OTHER
    return table


def words_in(text: str, bounds: Array) -> Array:
    """Return int64[n]: the number of words in each of n pieces of a text.

    `bounds`: int64[n + 1], the character offsets where pieces begin, ascending, and the end of the
    last; pieces may be empty. A word ends at the edge of its piece.
    """
    if not text:
        return np.zeros(len(bounds) - 1, np.int64)
    kinds = _kinds(text)
    space = kinds == SPACE
    begins = ~space
    begins[1:] &= space[:-1]
    edges = bounds[bounds < len(kinds)]
    begins[edges] = ~space[edges]
    firsts = np.flatnonzero(begins)
    if not len(firsts):
        return np.zeros(len(bounds) - 1, np.int64)
    # Most runs begin with a letter; only the others are searched for one. A run may include the
    # white space after it, because SPACE is lower than LETTER.
    word = kinds[firsts] >= LETTER
    others = np.flatnonzero(~word)
    if len(others):
        ends = np.append(firsts, len(kinds))[others + 1]
        pairs = np.column_stack([firsts[others], ends]).ravel()
        highest = np.maximum.reduceat(np.append(kinds, np.uint8(OTHER)), pairs)[::2]
        word[others] = highest >= LETTER
    number: Array = np.diff(np.searchsorted(firsts[word], bounds))
    if kinds.max() == SPACELESS:
        spaceless = np.flatnonzero(kinds == SPACELESS)
        pieces = distinct(np.searchsorted(bounds, spaceless, side="right") - 1)
        number[pieces] = _by_dictionary([text[bounds[p] : bounds[p + 1]] for p in pieces])
    return number


def words_of(texts: pa.Array) -> Array:
    """Return int64[n]: the number of words of each text."""
    return words_in(bytes_of(texts)[1].tobytes().decode(), begins_of(texts))


def _kinds(text: str) -> Array:
    """Return the class of each character of a text."""
    if text.isascii():
        return classes()[:128][np.frombuffer(text.encode(), np.uint8)]
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    # Clipping maps all higher code points to the table's last entry, OTHER.
    kinds: Array = classes().take(points, mode="clip")
    return kinds


def _by_dictionary(pieces: list[str]) -> Array:
    """Return the number of words that ICU finds in each of the non-empty pieces."""
    from icu4py.breakers import WordBreaker

    from cstool.languages.segmentation import segments

    text = "\n".join(pieces)
    starts = [start for start, _ in segments(WordBreaker, text)]
    word_starts = np.array([start for start in starts if text[start].isalpha()], np.int64)
    ends = np.cumsum([len(piece) + 1 for piece in pieces])
    return np.bincount(np.searchsorted(ends, word_starts, side="right"), minlength=len(pieces))
