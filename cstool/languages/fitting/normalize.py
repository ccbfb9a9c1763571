"""What depends on a name alone: composed, without what cannot be seen, brackets in pairs.

A table tells of every character which rules may concern it; a rule sees only names that have one.
"""

import re
import unicodedata
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import any_of, bytes_of, like, matches, points_of, put
from cstool.languages.data_tables import rows
from cstool.languages.fitting import reasons as why
from cstool.languages.fitting.character_classes import pairs
from cstool.languages.fitting.reasons import FittedNames

# Controls, soft hyphen, zero-width space, word joiner and its kin, marks of direction, byte order
# mark, annotation marks: none of them can be seen. White space is not among them.
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffc"
)
_WHITE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_JOINERS = "\u200c\u200d"
# Joiners shape letters of Arabic, India and others, and emoji: between two such characters, or
# behind a virama, they are spelling.
_SHAPED = r"\u0600-\u1fff\u2100-\u2fff\ua800-\uabff\ufb50-\ufdff\ufe00-\ufe0f\ufe70-\ufefe"
_SHAPED += r"\U00010a00-\U0001ffff"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2"
_LOST_JOINER = re.compile(
    rf"(?<![{_VIRAMAS}])(?:(?<![{_SHAPED}])[{_JOINERS}]+|[{_JOINERS}]+(?![{_SHAPED}{_JOINERS}])"
    rf"|[{_JOINERS}](?=[{_JOINERS}]))"
)
_UNSEEN, _WHITES = re.compile(f"[{_INVISIBLE}]+"), re.compile(f"[{_WHITE}]+")
# Names that are looked at together: what is made of them stays in a processor's cache.
_AT_ONCE = 1 << 14
_LETTER = re.compile(r"[^\W\d_]")


@cache
def _sound() -> str:
    """Return a pattern for names whose brackets are pairs side by side, as most names' are."""
    brackets = [row for row in rows("cstool.languages", "pairs.tsv") if row[0][:6] != "quotes"]
    other = "[^" + "".join(re.escape(mark) for row in brackets for mark in row[1:]) + "]*"
    several = "|".join(
        rf"{re.escape(first)}{other}{re.escape(last)}" for _, first, last in brackets
    )
    return f"^{other}(?:(?:{several}){other})*$"


@cache
def _rules() -> Array:
    """Return for each character the rules that may concern it."""
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
    """Return the characters that a composed text cannot have, or not in every place.

    Those that NFC takes apart, all marks that may be out of order, and what is joined to the
    letter before it (UAX #15, "Detecting Normalization Forms").
    """
    found = [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]
    for number in (*range(0x300, 0xD800), *range(0xF900, 0x20000), *range(0x2F800, 0x2FA20)):
        character = chr(number)
        if unicodedata.combining(character):
            found.append(number)
            continue
        parts = unicodedata.decomposition(character)
        if parts and parts[0] != "<":
            found.extend(int(part, 16) for part in parts.split()[1:])
            if not unicodedata.is_normalized("NFC", character):
                found.append(number)
    return found


def tidy(names: pa.Array) -> FittedNames:
    """Return names without what no name has; "" only for one that shows nothing.

    In this order: composed (NFC, UAX #15); controls, marks of direction and other characters that
    cannot be seen taken out; white space one space, none at the ends; brackets and quotation marks
    without a partner removed. Names must not be null.
    """
    if len(names) > _AT_ONCE:
        parts = [tidy(names.slice(at, _AT_ONCE)) for at in range(0, len(names), _AT_ONCE)]
        told = np.concatenate([part.reasons for part in parts])
        return FittedNames(pa.concat_arrays([part.names for part in parts]), told)
    offsets, points = points_of(names)
    rules = any_of(offsets, _rules()[points])
    rules[_spaces_to_spare(names)] |= why.SPACE
    bracketed = np.flatnonzero(rules & why.BRACKET)
    if len(bracketed):
        sound = matches(names.take(numbers(bracketed)), _sound())
        rules[bracketed[sound]] &= ~np.uint16(why.BRACKET)
    told = np.zeros(len(names), np.uint16)
    rows_ = np.flatnonzero(rules)
    if not len(rows_):
        return FittedNames(names, told)
    some = names.take(numbers(rows_))
    some, told[rows_] = _apply(some, rules[rows_])
    return FittedNames(put(names, rows_, some) if told.any() else names, told)


def _spaces_to_spare(names: pa.Array) -> Array:
    """Return the names that have two spaces side by side, or one at an end."""
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
    """Put names through the rules that may concern them."""
    told = np.zeros(len(names), np.uint16)
    composing = np.flatnonzero(rules & why.NFC)
    composed = names
    if len(composing):
        part = pc.utf8_normalize(names.take(numbers(composing)), "NFC")
        composed = put(names, composing, part)
        told[pc.not_equal(names, composed).to_numpy(zero_copy_only=False)] = why.NFC
    # What is left is few names, but for Persian, where a joiner is a letter of many.
    others = np.flatnonzero(rules & ~np.uint16(why.NFC) | told)
    if not len(others):
        return composed, told
    texts = composed.take(numbers(others)).to_pylist()
    # What is composed now may have become a bracket: all rules.
    due = np.where(told[others] != 0, ~np.uint16(0), rules[others])
    for i, (text, bits) in enumerate(zip(texts, due.tolist(), strict=True)):
        texts[i], done = _tidied(text, bits)
        told[others[i]] |= done
    return put(composed, others, like(texts, names.type)), told


def _tidied(name: str, due: int) -> tuple[str, int]:
    """Return a composed name after the other rules that are due, and which of them changed it."""
    told = 0
    again = True
    while again:
        again = False
        for reason, step in _STEPS:
            changed = step(name) if due & reason else name
            if changed != name:
                told |= reason
                name = unicodedata.normalize("NFC", changed)
                again = True
        # What is taken out may bring two characters together that another rule is for.
        due = ~0
    return name, told


def _seen(name: str) -> str:
    """Return a name without what cannot be seen."""
    return _LOST_JOINER.sub("", _UNSEEN.sub("", name))


def _spaced(name: str) -> str:
    """Return a name with one space for white space, none at its ends."""
    return _WHITES.sub(" ", name).strip(" ")


def _paired(name: str) -> str:
    """Return a name without brackets that have no partner.

    One that opens behind a space (a full-width one needs none) and never closes begins a remark
    that was cut off: "Paris (Tex".
    A name without a letter is a sign or a formula: ":)", "[0, 1)".
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


def _quoted(name: str) -> str:
    """Return a name without a quotation mark too many: the one at an end, else the last.

    Behind a figure it means inches: '12" single'. Between two letters it is spelling, as in Hebrew
    abbreviations: 'אונסק"ו'.
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
    """Return a name without the characters at these places."""
    out = set(places)
    return "".join(character for at, character in enumerate(name) if at not in out)


_STEPS = (
    (why.INVISIBLE, _seen),
    (why.SPACE, _spaced),
    (why.BRACKET, _paired),
    (why.QUOTE, _quoted),
)
