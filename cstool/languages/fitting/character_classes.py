"""Unicode properties of each character, as tables for lookups of whole columns."""

from functools import cache

import numpy as np

from cstool.arrays import Array
from cstool.languages.categories import ASSIGNED, having
from cstool.languages.data_tables import rows

# Bits of a character's class: part of a word (letter, digit, mark); letter or digit; lower-case
# letter; letter that may begin a name; quotation mark; sentence-ending mark.
WORD, SHOWN, SMALL, GREAT, QUOTE, STOP = (1 << bit for bit in range(6))

STOPS = ".!?。！？।"
_NUMBER = 0x110000


@cache
def pairs() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the kinds of opening brackets, of closing brackets, and of quotation marks."""
    table = rows("cstool.languages", "pairs.tsv")
    brackets = [row for row in table if not row[0].startswith("quotes")]
    quotes = {mark: row[0] for row in table if row[0].startswith("quotes") for mark in row[1:]}
    opening = {first: kind for kind, first, _ in brackets}
    return opening, {last: kind for kind, _, last in brackets}, quotes


@cache
def quotation_marks() -> str:
    """Return all quotation marks, including Japanese corner brackets."""
    return "".join(pairs()[2]) + "「」『』"


@cache
def classes() -> Array:
    """Return uint8[0x110000]: the class of each character, as bits."""
    table = np.zeros(_NUMBER, np.uint8)
    assigned = table[:ASSIGNED]
    for kind, categories in (
        (WORD, ("L", "N", "M")),
        (SHOWN, ("L", "N")),
        (GREAT, ("Lu", "Lt", "Lo")),
        (SMALL, ("Ll",)),
    ):
        assigned[having(*categories)] |= kind
    table[ASSIGNED:0x40000] = WORD | SHOWN | GREAT
    table[[*map(ord, quotation_marks())]] |= QUOTE
    table[[*map(ord, STOPS)]] |= STOP
    return table


@cache
def small_letters() -> Array:
    """Return uint32[0x110000]: each character in lower case, if that is one character."""
    table = np.arange(_NUMBER, dtype=np.uint32)
    # Capitals are letters, Roman numerals (Nl) or letters in circles (So).
    for number in np.flatnonzero(having("Lu", "Lt", "Nl", "So")).tolist():
        small = chr(number).lower()
        if len(small) == 1:
            table[number] = ord(small)
    table[ord("’")] = ord("'")
    return table


def lead_bytes(points: Array) -> Array:
    """Return the first UTF-8 byte of each character."""
    levels = [points < 0x80, points < 0x800, points < 0x10000]
    leads = [points, 0xC0 | points >> 6, 0xE0 | points >> 12]
    return np.select(levels, leads, 0xF0 | points >> 18)


def byte_lengths(points: Array) -> Array:
    """Return the number of UTF-8 bytes of each character."""
    lengths = np.ones(len(points), np.int64)
    for least in (0x80, 0x800, 0x10000):
        lengths += points >= least
    return lengths
