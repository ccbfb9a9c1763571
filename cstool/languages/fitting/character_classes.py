"""What Unicode says of each character, as tables that whole columns are looked up in."""

import unicodedata
from functools import cache

import numpy as np

from cstool.arrays import Array
from cstool.languages.data_tables import rows

# Of a word (letters, figures, marks); a letter or a figure; a small letter; a letter that a name
# may begin with; a quotation mark; a sign that ends a sentence.
WORD, SHOWN, SMALL, GREAT, QUOTE, STOP = (1 << bit for bit in range(6))

STOPS = ".!?。！？।"
_NUMBER = 0x110000
# Beyond these there are no letters but Han.
_LOOKED_AT = 0x20000


@cache
def pairs() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the kinds of opening and of closing brackets, and of quotation marks."""
    table = rows("cstool.languages", "pairs.tsv")
    brackets = [row for row in table if not row[0].startswith("quotes")]
    quotes = {mark: row[0] for row in table if row[0].startswith("quotes") for mark in row[1:]}
    opening = {first: kind for kind, first, _ in brackets}
    return opening, {last: kind for kind, _, last in brackets}, quotes


@cache
def quotation_marks() -> str:
    """Return the marks that a quotation stands in, Japanese corners among them."""
    return "".join(pairs()[2]) + "「」『』"


@cache
def classes() -> Array:
    """Return the classes of each character, as bits."""
    kinds = {"Lu": GREAT, "Lt": GREAT, "Lo": GREAT, "Ll": SMALL}
    table = np.zeros(_NUMBER, np.uint8)
    for number in range(_LOOKED_AT):
        category = unicodedata.category(chr(number))
        if category[0] in "LNM":
            shown = SHOWN if category[0] != "M" else 0
            table[number] = WORD | shown | kinds.get(category, 0)
    table[0x20000:0x40000] = WORD | SHOWN | GREAT
    table[[*map(ord, quotation_marks())]] |= QUOTE
    table[[*map(ord, STOPS)]] |= STOP
    return table


@cache
def small_letters() -> Array:
    """Return of each character the small letter, where that is one character; else itself."""
    table = np.arange(_NUMBER, dtype=np.uint32)
    for number in range(_LOOKED_AT):
        small = chr(number).lower()
        if len(small) == 1:
            table[number] = ord(small)
    table[ord("’")] = ord("'")
    return table


def lead_bytes(points: Array) -> Array:
    """Return the first byte of characters in UTF-8."""
    levels = [points < 0x80, points < 0x800, points < 0x10000]
    leads = [points, 0xC0 | points >> 6, 0xE0 | points >> 12]
    return np.select(levels, leads, 0xF0 | points >> 18)


def byte_lengths(points: Array) -> Array:
    """Return the number of bytes of characters in UTF-8."""
    lengths = np.ones(len(points), np.int64)
    for least in (0x80, 0x800, 0x10000):
        lengths += points >= least
    return lengths
