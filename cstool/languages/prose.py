"""Distinguish sentences from other rows: cells of broken tables, list items, captions.

A row is prose if it has no markup of tables, its brackets are paired, and it begins and ends as a
sentence does in its script. Quotation marks and brackets around it do not count.

- Begins: with a letter, a digit, a currency sign, `§`, `#`, `@` or `№`; not in lower case
  in a script with capitals, unless its first word has another sign of a name or an affix:
  `iPhone`, `mRNA`, `α-Linolenic`, `’s Avonds`. Not with a remark in brackets that a lower-case
  letter follows: "(born 1950) is …".
- Ends: with a mark of `sentence_ends.tsv`: `.`, `。`, `؟`, `։`. In scripts that have no such mark
  (Thai, Lao) with a letter, a vowel sign or a digit, too.

Whether a row has a verb is not examined.
"""

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import are_among, distinct, numbers
from cstool.arrays.codepoints import points_of
from cstool.languages.categories import having
from cstool.languages.codes import current
from cstool.languages.data_tables import rows
from cstool.languages.scripts import main_scripts

# Why a row is not prose, by index; the first that applies. "": it is.
NOT_PROSE = (
    "cell markup",
    "brackets without a counterpart",
    "no beginning of a sentence",
    "no end of a sentence",
)
_CELL, _BRACKETS, _BEGINNING, _END = range(1, len(NOT_PROSE) + 1)

_MARKUP = re.compile(
    r"\|\||\{\||\|\}|^\s*[|!](?:\s|$)|\s\|\s|"
    r"\b(?:colspan|rowspan|style|class|align|valign|width|height|bgcolor|scope)\s*=\s*[\"'\d]"
)
_FIRST_WORD = re.compile(r"\W*(\S+)")
# Words that may begin in lower case: with a capital or a digit in them, a single letter before a
# hyphen or an apostrophe, or an apostrophe before them (nl "’s Avonds", af "’n").
_SMALL_NAME = re.compile(r"\w*[^\W\d_]-?\w*[A-ZÀ-ÞΑ-ΩА-ЯԱ-Ֆ0-9]|[^\W\d_]{1,3}['’ʼ-]\w")
_APOSTROPHES = "'’‘ʼ"
# Constructed languages whose sentences begin with a lower-case letter.
_NO_CAPITALS = frozenset({"jbo", "tok"})
# Characters that may begin a sentence beside letters and digits, or stand around one.
_SIGNS = "§#@№"
_MARKS_AROUND = "\"'`„‚‛‟¿¡-–—―"
# The most marks before the first, or after the last, character that counts.
_MOST_AROUND = 6

# Classes of a character, as bits.
_OPENING, _CLOSING, _AROUND, _STARTS, _SMALL, _ENDS, _BAR = (1 << bit for bit in range(7))


class _Marks(NamedTuple):
    """Tables of a language: uint8[0x110000] of classes, and which bracket pairs with which."""

    classes: Array
    kinds: Array


def not_prose(texts: pa.StringArray, language: str) -> Array:
    """Return uint8[n]: 0 for prose, else 1 + the index in `NOT_PROSE` of the reason.

    `language`: of the text. Texts must not be null.
    """
    reasons = np.zeros(len(texts), np.uint8)
    if not len(texts):
        return reasons
    # One more character, so that the position after the last one can be read.
    offsets, points = points_of(texts, after=1)
    table = _marks(current(language))
    classes = table.classes.take(points)
    first, last = _ends(offsets, classes)
    empty = first > last
    begins, ends = classes[first], classes[last]
    no_end = empty | (ends & _ENDS == 0)
    no_beginning = empty | (begins & _STARTS == 0)
    small = np.flatnonzero(~no_beginning & (begins & _SMALL > 0))
    opened = np.flatnonzero(~no_beginning & (first > offsets[:-1]))
    opened = opened[_opens_with_bracket(offsets, points, opened)]
    if len(small) or len(opened):
        doubtful = distinct(np.concatenate([small, opened]))
        for row, text in zip(doubtful, texts.take(numbers(doubtful)).to_pylist(), strict=True):
            no_beginning[row] = not _may_begin(text, small=bool(begins[row] & _SMALL))
    reasons[no_end] = _END
    reasons[no_beginning] = _BEGINNING
    reasons[_unpaired(offsets, points, classes, table.kinds)] = _BRACKETS
    barred = np.flatnonzero(classes & _BAR)
    if len(barred):
        some = distinct(np.searchsorted(offsets, barred, "right") - 1)
        for row, text in zip(some, texts.take(numbers(some)).to_pylist(), strict=True):
            if _MARKUP.search(text):
                reasons[row] = _CELL
    return reasons


def _ends(offsets: Array, classes: Array) -> tuple[Array, Array]:
    """Return the offsets of the first and the last character of each text that counts."""
    first, last = offsets[:-1].copy(), offsets[1:] - 1
    for _ in range(_MOST_AROUND):
        first += (first < offsets[1:]) & (classes[first] & (_AROUND | _OPENING) > 0)
        last -= (last >= offsets[:-1]) & (classes[last] & (_AROUND | _CLOSING) > 0)
    return first, last


def _opens_with_bracket(offsets: Array, points: Array, some: Array) -> Array:
    return are_among(points[offsets[:-1][some]], np.array([ord("("), ord("["), ord("（")]))


def _may_begin(text: str, *, small: bool) -> bool:
    """Return whether a text that begins with a lower-case letter or a bracket may be a sentence."""
    if text[0] in "([（":
        inside, closing, rest = text[1:].partition({"(": ")", "[": "]", "（": "）"}[text[0]])
        if closing and rest.strip(" .!?"):
            return not rest.lstrip()[:1].islower()
        text = inside
    word = _FIRST_WORD.match(text)
    if not small or word is None:
        return not small
    before = text[word.start(1) - 1 : word.start(1)]
    return bool(_SMALL_NAME.match(word[1])) or (before != "" and before in _APOSTROPHES)


def _unpaired(offsets: Array, points: Array, classes: Array, kinds: Array) -> Array:
    """Return which texts have a bracket without a counterpart, `bool[n]`."""
    at = np.flatnonzero(classes & (_OPENING | _CLOSING))
    result = np.zeros(len(offsets) - 1, bool)
    if not len(at):
        return result
    kind = kinds[points[at]].astype(np.int64)
    at, kind = at[kind > 0], kind[kind > 0]
    row = np.searchsorted(offsets, at, "right") - 1
    sign = np.where(classes[at] & _OPENING > 0, 1, -1)
    width = int(kinds.max()) + 1
    total = np.bincount(row * width + kind, weights=sign, minlength=len(result) * width)
    result[total.reshape(-1, width).any(axis=1)] = True
    # A closing bracket before its opening one: the number of open brackets falls below zero.
    depth = np.cumsum(sign)
    begins = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    before = np.append(0, depth)[begins]
    lowest = np.minimum.reduceat(depth, begins) - before
    result[row[begins[lowest < 0]]] = True
    return result


@cache
def _marks(language: str) -> _Marks:
    """Return the tables of a language."""
    scripts = set(main_scripts(language))
    classes = np.zeros(0x110000, np.uint8)
    unmarked = False
    ends = ""
    for script, marks, without in rows("cstool.languages", "sentence_ends.tsv"):
        if script == "any" or script in scripts:
            ends += marks
            unmarked |= without == "yes"
    caseless = language.split("-", maxsplit=1)[0] in _NO_CAPITALS
    of_characters = _classes(caseless=caseless, unmarked=unmarked)
    for block in (slice(0x3400), slice(0xA000, 0xAC00), slice(0xF900, 0x1FB00)):
        classes[block] = of_characters[block]
    for block in (slice(0x3400, 0xA000), slice(0xAC00, 0xD7A4), slice(0x20000, 0x323B0)):
        classes[block] = _STARTS | (_ENDS if unmarked else 0)
    kinds = np.zeros(0x110000, np.uint8)
    pairs = [row for row in rows("cstool.languages", "pairs.tsv") if row[0][:6] != "quotes"]
    names = sorted({kind for kind, _, _ in pairs})
    for kind, opening, closing in pairs:
        classes[ord(opening)], classes[ord(closing)] = _OPENING, _CLOSING
        kinds[[ord(opening), ord(closing)]] = names.index(kind) + 1
    classes[[*map(ord, ends)]] |= _ENDS
    classes[[*map(ord, "|=!")]] |= _BAR
    return _Marks(classes, kinds)


def _classes(*, caseless: bool, unmarked: bool) -> Array:
    """Return uint8[ASSIGNED]: the classes of characters, but not as brackets or ends of sentences.

    `unmarked`: letters, digits and vowel signs may end a sentence.
    """
    shown, signs = having("L", "N"), having("M")
    starts = shown | having("Sc")
    starts[[*map(ord, _SIGNS)]] = True
    small = having("Ll")
    small[0x10D0:0x1100] = False  # the lower-case letters of Georgian are its ordinary ones
    around = having("Zs", "Pi", "Pf", "Cf")
    around[[*map(ord, _MARKS_AROUND)]] = True
    classes = starts * np.uint8(_STARTS) | (shown | signs) * np.uint8(_ENDS if unmarked else 0)
    classes |= small * np.uint8(0 if caseless else _SMALL)
    return np.where(around, np.uint8(_AROUND), classes)
