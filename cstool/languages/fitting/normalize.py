"""Normalisation of names: NFC, invisible characters, white space, lone brackets and quotes.

A table maps each character to the rules that may apply to it; a rule runs only on names that
contain such a character.
"""

import re
import unicodedata
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import nfc, numbers
from cstool.arrays.codepoints import any_of, bytes_of, like, matches, points_of, put
from cstool.languages.categories import having
from cstool.languages.data_tables import rows
from cstool.languages.fitting import reasons as why
from cstool.languages.fitting.character_classes import pairs
from cstool.languages.fitting.reasons import FittedNames

# Invisible characters: controls, soft hyphen, zero-width space, word joiner and other invisible
# operators, direction marks, byte order mark, annotation marks. Without white space.
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffc"
)
_WHITE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_JOINERS = "\u200c\u200d"
# Joiners shape letters of Arabic, Indic and other scripts, and emoji: between two such characters,
# or after a virama, they are part of the spelling.
_SHAPED = r"\u0600-\u1fff\u2100-\u2fff\ua800-\uabff\ufb50-\ufdff\ufe00-\ufe0f\ufe70-\ufefe"
_SHAPED += r"\U00010a00-\U0001ffff"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2"
_LOST_JOINER = re.compile(
    rf"(?<![{_VIRAMAS}])(?:(?<![{_SHAPED}])[{_JOINERS}]+|[{_JOINERS}]+(?![{_SHAPED}{_JOINERS}])"
    rf"|[{_JOINERS}](?=[{_JOINERS}]))"
)
_UNSEEN, _WHITES = re.compile(f"[{_INVISIBLE}]+"), re.compile(f"[{_WHITE}]+")
# Names that are processed together, so that the intermediate arrays fit into the CPU's cache.
_AT_ONCE = 1 << 14
_LETTER = re.compile(r"[^\W\d_]")


@cache
def _balanced_pattern() -> str:
    """Return a pattern for names whose brackets are paired and not nested, as in most names."""
    brackets = [row for row in rows("cstool.languages", "pairs.tsv") if row[0][:6] != "quotes"]
    other = "[^" + "".join(re.escape(mark) for row in brackets for mark in row[1:]) + "]*"
    several = "|".join(
        rf"{re.escape(first)}{other}{re.escape(last)}" for _, first, last in brackets
    )
    return f"^{other}(?:(?:{several}){other})*$"


@cache
def _rules() -> Array:
    """Return uint16[0x110000]: for each character the rules that may apply to it."""
    table = np.zeros(0x110000, np.uint16)
    for pattern, rule in (
        (_INVISIBLE + _JOINERS, why.INVISIBLE),
        (_WHITE, why.SPACE),
    ):
        for first, last in re.findall(r"([^-])(?:-([^-]))?", pattern):
            table[ord(first) : ord(last or first) + 1] |= rule
    table[ord(" ")] = 0
    opening, closing, quotes = pairs()
    table[[*map(ord, opening | closing)]] |= why.BRACKET
    table[[*map(ord, quotes)]] |= why.QUOTE
    table[_composing()] |= why.NFC
    return table


def _composing() -> list[int]:
    """Return the characters that NFC text cannot contain, or not in every position.

    These are the characters that NFC decomposes, all combining marks, which may be out of order,
    and those that compose with the character before them (UAX #15, "Detecting Normalization
    Forms").
    """
    characters = [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]
    may = having("L", "M", "N", "P", "S", "Z")
    may[:0x300] = may[0x3400:0xA000] = may[0xAC00:0xD7A4] = False  # ideographs and Hangul do not
    for number in (*np.flatnonzero(may).tolist(), *range(0x2F800, 0x2FA20)):
        character = chr(number)
        if unicodedata.combining(character):
            characters.append(number)
            continue
        parts = unicodedata.decomposition(character)
        if parts and parts[0] != "<":
            characters.extend(int(part, 16) for part in parts.split()[1:])
            if not unicodedata.is_normalized("NFC", character):
                characters.append(number)
    return characters


def tidy(names: pa.Array) -> FittedNames:
    """Return normalized names; "" only for a name without any visible character.

    In this order: composed (NFC, UAX #15); controls, direction marks and other invisible characters
    removed; each run of white space replaced by one space, none at the ends; brackets and quotation
    marks without a partner removed. Names must not be null.
    """
    if len(names) > _AT_ONCE:
        parts = [tidy(names.slice(at, _AT_ONCE)) for at in range(0, len(names), _AT_ONCE)]
        changes = np.concatenate([part.reasons for part in parts])
        return FittedNames(pa.concat_arrays([part.names for part in parts]), changes)
    offsets, points = points_of(names)
    rules = any_of(offsets, _rules()[points])
    rules[_has_extra_spaces(names)] |= why.SPACE
    bracketed = np.flatnonzero(rules & why.BRACKET)
    if len(bracketed):
        sound = matches(names.take(numbers(bracketed)), _balanced_pattern())
        rules[bracketed[sound]] &= ~np.uint16(why.BRACKET)
    changes = np.zeros(len(names), np.uint16)
    rows_ = np.flatnonzero(rules)
    if not len(rows_):
        return FittedNames(names, changes)
    some = names.take(numbers(rows_))
    some, changes[rows_] = _apply(some, rules[rows_])
    return FittedNames(put(names, rows_, some) if changes.any() else names, changes)


def _has_extra_spaces(names: pa.Array) -> Array:
    """Return which names have two adjacent spaces, or one at an end."""
    offsets, data = bytes_of(names)
    space = data == ord(" ")
    if not space.any():
        return np.zeros(len(names), bool)
    some = np.diff(offsets) > 0
    odd = np.zeros(len(names), bool)
    odd[some] = space[offsets[:-1][some]] | space[offsets[1:][some] - 1]
    second = np.flatnonzero(space[1:] & space[:-1]) + 1
    odd[np.searchsorted(offsets, second, "right") - 1] = True
    return odd


def _apply(names: pa.Array, rules: Array) -> tuple[pa.Array, Array]:
    """Apply the rules that may concern each name."""
    changes = np.zeros(len(names), np.uint16)
    composing = np.flatnonzero(rules & why.NFC)
    composed = names
    if len(composing):
        part = nfc(names.take(numbers(composing)))
        composed = put(names, composing, part)
        changes[pc.not_equal(names, composed).to_numpy(zero_copy_only=False)] = why.NFC
    # Few names are left, except in Persian, where many names contain a joiner.
    others = np.flatnonzero(rules & ~np.uint16(why.NFC) | changes)
    if not len(others):
        return composed, changes
    texts = composed.take(numbers(others)).to_pylist()
    # Composition may have created a bracket, so all rules apply to composed names.
    due = np.where(changes[others] != 0, ~np.uint16(0), rules[others])
    for i, (text, bits) in enumerate(zip(texts, due.tolist(), strict=True)):
        texts[i], done = _normalize(text, bits)
        changes[others[i]] |= done
    return put(composed, others, like(texts, names.type)), changes


def _normalize(name: str, due: int) -> tuple[str, int]:
    """Apply the other rules in `due` to a composed name; also return the rules that changed it."""
    changes = 0
    again = True
    while again:
        again = False
        for reason, step in _STEPS:
            changed = step(name) if due & reason else name
            if changed != name:
                changes |= reason
                name = unicodedata.normalize("NFC", changed)
                again = True
        # A removal may make two characters adjacent that another rule applies to.
        due = ~0
    return name, changes


def _without_invisible(name: str) -> str:
    """Return a name without invisible characters."""
    return _LOST_JOINER.sub("", _UNSEEN.sub("", name))


def _with_single_spaces(name: str) -> str:
    """Return a name with single spaces for white space, and none at its ends."""
    return _WHITES.sub(" ", name).strip(" ")


def _without_lone_brackets(name: str) -> str:
    """Return a name without brackets that have no partner.

    An opening bracket after a space (a full-width one needs none) that is never closed begins a
    truncated disambiguator, which is removed: "Paris (Tex". A name without a letter is a symbol or
    a formula and is not changed: ":)", "[0, 1)".
    """
    opening, closing, _ = pairs()
    waiting: list[int] = []
    lone: list[int] = []
    for at, character in enumerate(name):
        if character in opening:
            waiting.append(at)
        elif character in closing:
            if waiting and opening[name[waiting[-1]]] == closing[character]:
                waiting.pop()
            else:
                lone.append(at)
    lone = sorted(lone + waiting)
    if not lone or not _LETTER.search(name):
        return name
    last = lone[-1]
    head = name[:last].rstrip(" ")
    behind_space = head != name[:last] or name[last] == "（"
    if name[last] in opening and behind_space and _LETTER.search(head):
        return head
    return _without(name, lone)


def _without_lone_quote(name: str) -> str:
    """Return a name without an unpaired quotation mark: the one at an end, else the last.

    A mark after a digit means inches: '12" single'. Between two letters it is part of the spelling,
    as in Hebrew abbreviations: 'אונסק"ו'.
    """
    quotes = pairs()[2]
    if not _LETTER.search(name):
        return name
    for kind in sorted(set(quotes.values())):
        marks = [
            at
            for at, character in enumerate(name)
            if quotes.get(character) == kind
            and not (name[at - 1 : at].isalpha() and name[at + 1 : at + 2].isalpha())
        ]
        if len(marks) % 2 and not any(at and name[at - 1].isdigit() for at in marks):
            name = _without(name, marks[:1] if marks[0] == 0 else marks[-1:])
    return name


def _without(name: str, places: list[int]) -> str:
    """Return a name without the characters at these offsets."""
    out = set(places)
    return "".join(character for at, character in enumerate(name) if at not in out)


_STEPS = (
    (why.INVISIBLE, _without_invisible),
    (why.SPACE, _with_single_spaces),
    (why.BRACKET, _without_lone_brackets),
    (why.QUOTE, _without_lone_quote),
)
