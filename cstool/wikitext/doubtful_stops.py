"""Find the stops in a text that the rules on boundaries must judge.

At most stops sentencex is right, and a rule says so or nothing: a word that is no abbreviation, a
stop, a space and a capital letter; or a lower-case letter after a stop where sentencex has no
boundary. Judging all of them in Python would take as long as reading the pages.
"""

import re
from itertools import accumulate
from typing import NamedTuple
from unicodedata import normalize

__all__ = [
    "CLOSED",
    "CLOSING",
    "OPENED",
    "STOP",
    "UNSPACED_STOP",
    "VOWELS",
    "StopWords",
    "are_joined",
    "doubtful_stops",
    "doubtful_unspaced",
    "is_unbroken",
    "masked",
]

CLOSING = "\"'”’“‘»›)\\]"
# A stop, what closes after it (in French after a space), and white space.
STOP = re.compile(rf"([.!?…‥؟۔।॥។]+)([{CLOSING}]*(?: [»›](?=\s))?)\s+(?=\S)")
_WIDE_CLOSING = "\"'”’“」』）)〉》】"
# The same in scripts without white space after a stop.
UNSPACED_STOP = re.compile(
    rf"([。！？｡!?….．]+)([{_WIDE_CLOSING}]*)\s*(?=[^\s{_WIDE_CLOSING}。！？｡!?….．])"
)
OPENED, CLOSED = "「『（(《〈“【", "」』）)》〉”】"
_OPENING = "\"'([{“”„‘‚«»‹›"
_IRREGULAR_AFTER = ",;:\"'”’“‘»›)]」』）】》〉"
_QUOTES = "\"'’”“‘»›"  # those of CLOSING, which open a quotation if a letter follows
_WHOLE_STOPS = "।॥។۔"
_BASE_VOWELS = frozenset("aeiouyæøœıəөүұаеёиоуыэюяіїєαεηιουω")
VOWELS = "".join(
    c for c in map(chr, range(0x80, 0x2000)) if normalize("NFD", c.lower())[0] in _BASE_VOWELS
)
_ASCII_VOWELS = frozenset("aeiouyAEIOUY")
_SHORTEST, _SHORT = 2, 5
_MASK = "ж"  # a letter that no label of a list has
# What a label of more than one character ends with.
_LABEL_ENDS = frozenset("0123456789ivxlcdmIVXLCDM.")


class StopWords(NamedTuple):
    """A language's words, as far as they matter for full stops.

    `abbreviations`: those without a stop within them, in lower case, none longer than `longest` (0:
    each full stop is doubtful); `starters`: words that begin sentences, in lower case (none: any
    word may); `vowels`: VOWELS; `digits`: how many an ordinal or a year with a stop may have;
    `roman`: whether Roman numerals may have one.
    """

    abbreviations: frozenset[str]
    starters: frozenset[str]
    vowels: str
    longest: int
    digits: int
    roman: bool


def is_unbroken_in_python(text: str, plain: bytes, others: str) -> bool:
    """Return whether all characters but the last are plain: no sentence can begin after them.

    Letters are plain, those of ASCII with a flag in `plain`, and those in `others`.
    """
    return all(plain[ord(c)] if c.isascii() else c.isalpha() or c in others for c in text[:-1])


def masked_in_python(text: str) -> str:
    """Return a text as sentencex should get it: without labels and other white space before stops.

    It is as long as the text.
    """
    text = _without_labels(text)
    return text if text.isascii() else _with_plain_spaces(text)


def _with_plain_spaces(text: str) -> str:
    """Return a text with a plain space for other white space before a full stop.

    sentencex takes `B .` for a label of a list and panics if its space is longer than a byte.
    """
    at = text.find(".")
    while at >= 0:
        if (before := text[at - 1 : at]) not in " \n" and before.isspace():
            text = f"{text[: at - 1]} {text[at:]}"
        at = text.find(".", at + 1)
    return text


def _without_labels(text: str) -> str:
    """Return a text with letters in place of the labels `(a)`, `2)`, `iv.)`.

    sentencex would begin a sentence at each of them, and at no other place.
    """
    at = text.find(")")
    while at >= 0:
        is_year = at >= 4 and text[at - 4 : at].isdigit()
        ends = text[at - 1] in _LABEL_ENDS and not is_year
        if ends or text[at - 2 : at - 1] in ("", " ", "("):
            begin = max(0, at - 8)
            label = text[begin:at].rsplit(" ", maxsplit=1)[-1].removesuffix(".").removeprefix("(")
            if _is_label(label):
                start = text.rfind(label, begin, at)
                text = text[:start] + _MASK * len(label) + text[start + len(label) :]
        at = text.find(")", at + 1)
    return text


def _is_label(word: str) -> bool:
    if len(word) == 1:
        return word.isascii() and word.isalnum()
    if word.isdigit():
        return len(word) < 4 and word.isascii()
    return word != "" and not word.strip("ivxlcdmIVXLCDM")


def are_joined_in_python(pieces: list[str], text: str) -> bool:
    """Return whether the pieces, joined, are the text."""
    return "".join(pieces) == text


def doubtful_stops_in_python(words: StopWords, text: str, pieces: list[str]) -> list[int] | None:
    """Return the offsets of the stops that the rules must judge.

    None if they must judge all, because sentencex has a boundary that is not after a stop and one
    space. `pieces`: what sentencex has found.
    """
    begins = list(accumulate(map(len, pieces)))[:-1]
    for at in begins:
        if text[at - 1] != " " or text[at - 2 : at - 1] == ",":
            return None
        if text[at].isspace():
            return None
        opens = text[at] in _QUOTES and text[at + 1 : at + 2].isalpha()
        if text[at] in _IRREGULAR_AFTER and not opens:
            return None
    known = set(begins)
    after = set()
    found = []
    for match in STOP.finditer(text):
        after.add(match.end())
        if _is_doubtful(text, match, match.end() in known, words):
            found.append(match.start())
    return found if known <= after else None


def _is_doubtful(text: str, match: re.Match[str], known: bool, words: StopWords) -> bool:
    after = text[match.end()]
    if after == "\ufffc":
        return False
    stop, closing = match[1], match[2]
    quoted = known and stop == "." and not closing and _begins_quoted(text, match.end())
    if not quoted and not after.isalpha():
        return True
    if after.islower() and not "ა" <= after <= "ჿ":
        return known or any(map(str.isupper, _letters(text, match.end())))
    if not known and stop == "." and not closing:
        return not _is_initial(text, match.start(), match.end(), words)
    if not known:
        return after.isupper() or stop[0] in _WHOLE_STOPS or stop == "." or bool(closing)
    if "!" in stop:
        return True
    return stop == "." and not closing and not _is_plain(text, match.start(), words)


def _begins_quoted(text: str, at: int) -> bool:
    """Return whether a quotation that begins with a capital letter may begin at an offset."""
    return text[at] in _OPENING and text[at] not in "([{" and text[at + 1 : at + 2].isupper()


def _letters(text: str, at: int) -> str:
    end = at
    while text[end : end + 1].isalpha():
        end += 1
    return text[at:end]


def _is_plain(text: str, end: int, words: StopWords) -> bool:
    """Return whether what ends at an offset is surely no abbreviation and no ordinal."""
    last = text[end - 1 : end]
    if not words.longest or last in ("", " "):
        return False
    if not last.isalnum():
        return last not in (".", *_OPENING[2:])
    begin = end
    if last.isdigit():
        while begin and text[begin - 1].isdigit():
            begin -= 1
        return end - begin > words.digits
    while begin and text[begin - 1].isalpha():
        begin -= 1
    word = text[begin:end]
    before = text[begin - 1] if begin else " "
    if before.isdigit():
        return _is_year(text, begin)
    if len(word) < _SHORTEST or (before == " " and text[max(0, begin - 2) : begin - 1] == "."):
        return False
    if before == "-":
        return len(word) >= _SHORT
    if before not in (" ", "’", *_OPENING):
        return False
    if last.isupper() and words.roman and not word.strip("IVXLCDM"):
        return False
    short = len(word) < _SHORT and last.islower()
    if short and not any(c in _ASCII_VOWELS or c in words.vowels for c in word):
        return False
    return len(word) > words.longest or word.lower() not in words.abbreviations


def _is_year(text: str, end: int) -> bool:
    """Return whether three digits or more, and nothing before them, end at an offset."""
    begin = end
    while begin and text[begin - 1].isdigit():
        begin -= 1
    return end - begin >= 3 and (not begin or text[begin - 1] == " " or text[begin - 1] in _OPENING)


def _is_initial(text: str, end: int, at: int, words: StopWords) -> bool:
    """Return whether an initial ends at an offset, and no word at `at` that begins sentences."""
    if not words.starters or not words.longest or not text[end - 1 : end].isupper():
        return False
    if end > 1 and text[end - 2] not in " (":
        return False
    word = _letters(text, at)
    if text[at + len(word) : at + len(word) + 1] in ("'", "’"):
        return False
    if word.lower() in words.starters:
        return False
    before = text[: end - 1].rstrip()[-1:]
    may_be_unit = before == "(" or before.isdigit()
    return not may_be_unit or text[end - 1].lower() not in words.abbreviations


def doubtful_unspaced_in_python(joins: str, text: str, pieces: list[str]) -> list[int] | None:
    """Return the offsets of the stops that the rules must judge in Japanese or Chinese.

    None if they must judge all. `joins`: characters that may continue a sentence after "。".
    """
    known = set(list(accumulate(map(len, pieces)))[:-1])
    after = set()
    found = []
    last = 0
    for match in UNSPACED_STOP.finditer(text):
        at = match.end()
        after.add(at)
        plain = match[1] == "。" and not match[2] and at in known and text[at] not in joins
        if plain and _is_balanced(text[last:at]):
            last = at
        elif at in known or match[2] or match[1].strip(".．"):
            found.append(match.start())
    return found if known <= after else None


def _is_balanced(text: str) -> bool:
    """Return whether each bracket in a text is closed, and none is closed that was not opened."""
    depth = dict.fromkeys(OPENED, 0)
    for character in text:
        if character in depth:
            depth[character] += 1
        elif character in CLOSED:
            opened = OPENED[CLOSED.index(character)]
            depth[opened] -= 1
            if depth[opened] < 0:
                return False
    return not any(depth.values())


try:
    from cstool.wikitext._stops import (
        are_joined,
        doubtful_stops,
        doubtful_unspaced,
        is_unbroken,
        masked,
    )
except ImportError:
    are_joined, masked = are_joined_in_python, masked_in_python
    is_unbroken = is_unbroken_in_python
    doubtful_stops, doubtful_unspaced = doubtful_stops_in_python, doubtful_unspaced_in_python
