"""The entries of a dictionary in texts: from the left, the longest one that begins at a word.

An entry begins and ends at the borders of words. The text between its words is compared, too, in
the folded form: any white space within a line is the same.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import matches
from cstool.dictionaries.dictionary_store import DictionaryStore
from cstool.dictionaries.folding import folded
from cstool.dictionaries.text_words import TextWords, cut_at

# Text between two words that no entry contains.
_NO_GAP = r"[\n\r\x0b\x0c\x{85}\x{2028}\x{2029}]|^(?s:.{6})"


class TextEntries(NamedTuple):
    """Entries in texts, in their order; int64 arrays of the same length.

    `row`: index of the text; `start`, `end`: character offsets in it; `entry`: the number in the
    dictionary; `zone`: that of the words.
    """

    row: Array
    start: Array
    end: Array
    entry: Array
    zone: Array


def find_entries(
    texts: pa.StringArray, words: TextWords, store: DictionaryStore, zones: Array
) -> TextEntries:
    """Return the entries in texts.

    `zones`: int64[words]; an entry is found only if all of its words are in the same zone.
    """
    spelled, gaps = cut_at(texts, words)
    coded = spelled.dictionary_encode()
    distinct = folded(coded.dictionary)
    code = coded.indices.to_numpy()
    entry, last = store.find(distinct)[code], np.arange(len(code))
    begins = np.flatnonzero(store.begins(distinct)[code])
    if len(begins):
        follows = np.zeros(len(code), bool)
        follows[:-1] = (words.row[1:] == words.row[:-1]) & (zones[1:] == zones[:-1])
        sequences = _Sequences(distinct, code, gaps, follows)
        _extend(store, sequences, begins, entry, last)
    kept = _from_the_left(entry, last)
    return TextEntries(
        words.row[kept], words.start[kept], words.end[last[kept]], entry[kept], zones[kept]
    )


class _Sequences(NamedTuple):
    """What sequences of words consist of.

    `distinct`: the folded words; `code`: int64[words], the index of each word in it; `gaps`: the
    text after each word; `follows`: bool[words], whether the next word may belong to the same
    entry.
    """

    distinct: pa.StringArray
    code: Array
    gaps: pa.StringArray
    follows: Array


def _extend(
    store: DictionaryStore, words: _Sequences, first: Array, entry: Array, last: Array
) -> None:
    """Put the entries of several words into `entry`, and their last words into `last`.

    `first`: the words that may begin one.
    """
    texts = words.distinct.take(numbers(words.code[first]))
    length = 0
    while len(first):
        end = first + length
        possible = np.flatnonzero(words.follows[end])
        gaps = words.gaps.take(numbers(end[possible]))
        possible = possible[~matches(gaps, _NO_GAP)]
        first, end = first[possible], end[possible]
        texts = pc.binary_join_element_wise(
            texts.take(numbers(possible)),
            folded(words.gaps.take(numbers(end))),
            words.distinct.take(numbers(words.code[end + 1])),
            "",
        )
        coded = texts.dictionary_encode()
        code = coded.indices.to_numpy()
        found = store.find(coded.dictionary)[code]
        there = found >= 0
        entry[first[there]], last[first[there]] = found[there], end[there] + 1
        longer = np.flatnonzero(store.begins(coded.dictionary)[code])
        first, texts, length = first[longer], texts.take(numbers(longer)), length + 1


def _from_the_left(entry: Array, last: Array) -> Array:
    """Return the words at which entries begin that do not overlap an earlier one."""
    there = entry >= 0
    begins = np.arange(len(entry))
    covered = 0
    several = np.flatnonzero(there & (last > begins))
    for first, end in zip(several.tolist(), last[several].tolist(), strict=True):
        if first < covered:
            there[first] = False
            continue
        there[first + 1 : end + 1] = False
        covered = end + 1
    return np.flatnonzero(there)
