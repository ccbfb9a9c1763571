"""Detection of names that are part of a longer word: "French-derived", "Alt[stadt]", "フランス人".

A name in a compound is not replaced: the label would need the form that the name has there. It is
part of one if

- a hyphen joins it to a letter or digit, or to a word that follows ("Land- und"): not the ending of
  a case ("NATO-ban") in a language that writes endings so (`compounds.tsv`), nor in "1914-1918";
- an en dash joins it to a lower-case letter ("New York City–based", MOS:SUFFIXDASH of English
  Wikipedia; otherwise an en dash means "to" or "and");
- it has a hyphen at an end itself ("[Land-] und");
- a letter touches it, in a script with capitals (elsewhere particles do so);
- a character follows that makes another word of it in its language (`compounds.tsv`).
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.languages.codes import current
from cstool.languages.data_tables import rows
from cstool.languages.fitting.character_classes import (
    SHOWN,
    SMALL,
    WORD,
    classes,
    small_letters,
)
from cstool.languages.fitting.windows import ContextWindow

_HYPHENS = tuple(map(ord, "-\u2010\u2011"))
_EN_DASH, _SPACE = ord("–"), ord(" ")


class CompoundRules(NamedTuple):
    """A language's row of the table.

    `suffixes`: uint32[n], characters that make another word of a name before them. `after`,
    `before`: the most letters of an ending or a beginning that a hyphen joins to a name.
    """

    suffixes: Array
    after: int
    before: int


def in_compound(window: ContextWindow, source_language: str) -> Array:
    """Return bool[n]: whether each mention of the window is part of a compound."""
    rules = _rules(current(source_language))
    every, some = np.arange(len(window.start)), window.end > window.start
    before, after = _at(window, every, window.start - 1), _at(window, every, window.end)
    first = window.points.take(window.start) * some
    last = window.points.take(np.maximum(window.end - 1, 0)) * some
    compound = (_has_case(before) & _has_case(first)) | (_has_case(after) & _has_case(last))
    compound |= _is_hyphen(first) | _is_hyphen(last)
    if len(rules.suffixes):
        compound |= np.isin(after, rules.suffixes)
    which = np.flatnonzero(_is_hyphen(before))
    compound[which] |= _joined(window, which, -1, first[which], rules.before)
    which = np.flatnonzero(_is_hyphen(after))
    compound[which] |= _joined(window, which, 1, last[which], rules.after)
    which = np.flatnonzero(after == _EN_DASH)
    which = which[_is(_at(window, which, window.end[which] + 1), SMALL)]
    compound[which] |= _joined(window, which, 1, last[which], rules.after)
    return compound


def _joined(window: ContextWindow, which: Array, step: int, own: Array, most: int) -> Array:
    """Return whether the hyphen beside each of these names joins more than an affix to it.

    `step`: 1 for the hyphen behind the name, -1 for that before it; `own`: the name's character at
    the hyphen; `most`: the most letters of an affix.
    """
    hyphens = window.end[which] if step > 0 else window.start[which] - 1
    beside = np.array([_at(window, which, hyphens + step * i) for i in range(1, most + 3)])
    joined = _is(beside[0], SHOWN) & ~(_is_digit(own) & _is_digit(beside[0]))
    if step > 0:
        joined |= (beside[0] == _SPACE) & _is(beside[1], SMALL)
    if most:
        length = np.argmin(np.vstack([_is(beside, WORD), np.zeros(len(own), bool)]), axis=0)
        joined &= (length > most) | ~(_is(beside[0], SMALL) | ~_has_case(beside[0]))
    return joined


def _at(window: ContextWindow, which: Array, places: Array) -> Array:
    """Return the code points at these places of the mentions' sentences, 0 outside of them."""
    there = (places >= window.begin.take(which)) & (places < window.stop.take(which))
    found: Array = window.points.take(places * there) * there
    return found


def _is(points: Array, kind: int) -> Array:
    found: Array = classes().take(points) & kind > 0
    return found


def _is_digit(points: Array) -> Array:
    return (points >= ord("0")) & (points <= ord("9"))


def _is_hyphen(points: Array) -> Array:
    # Faster than `np.isin` for so few.
    found: Array = np.logical_or.reduce([points == hyphen for hyphen in _HYPHENS])
    return found


def _has_case(points: Array) -> Array:
    """Return which characters are letters of a script that has capitals."""
    words = np.flatnonzero(_is(points, WORD))
    some = points[words]
    cased = np.zeros(len(points), bool)
    cased[words] = _is(some, SMALL) | (small_letters().take(some) != some)
    return cased


@cache
def _rules(language: str) -> CompoundRules:
    """Return the rules of a language; none if it is not in the table."""
    table = {row[0]: row[1:] for row in rows("cstool.languages", "compounds.tsv")}
    suffixes, after, before = table.get(language.split("-", maxsplit=1)[0], ("", "0", "0"))
    return CompoundRules(np.array([*map(ord, suffixes)], np.uint32), int(after), int(before))
