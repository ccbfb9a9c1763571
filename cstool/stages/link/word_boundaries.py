"""Checks that a name in running text consists of whole words, by language.

In scripts with spaces between words: no letter, digit or mark on either side, and no hyphen or
similar character that joins the name to another word (Austria-Hungary). Japanese: words end where
hiragana begins or ends, so 東京 in 東京大学 is not a word. Korean: a particle may follow. Chinese,
Thai, Lao, Khmer, Burmese: there are no spaces, so any position that does not split a syllable is
accepted. In languages that capitalise names only, a single word next to another capitalised word is
part of a longer name: no Africa in South Africa.

Language-specific rules are in data/word_boundaries.tsv. Scripts follow Scripts.txt of the Unicode
Character Database, syllables chapter 16 of the Unicode Standard (South-East Asia).
"""

import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

from cstool.languages.data_tables import rows

# Whether `text[start:end]` consists of one or more whole words.
IsWords = Callable[[str, int, int], bool]

_HAN, _HANGUL, _HIRAGANA, _SYLLABIC, _WORD = "han", "hangul", "hiragana", "syllabic", "word"
_MARK, _JOINER, _NONE = "mark", "joiner", ""
_LETTERS = frozenset({_HAN, _HANGUL, _HIRAGANA, _SYLLABIC, _WORD})

_SCRIPTS = (
    (0x0E01, 0x0EFF, _SYLLABIC),  # Thai, Lao
    (0x1000, 0x109F, _SYLLABIC),  # Burmese
    (0x1780, 0x17D3, _SYLLABIC),  # Khmer
    (0x3005, 0x3007, _HAN),
    (0x3041, 0x309F, _HIRAGANA),
    (0x3400, 0x9FFF, _HAN),
    (0xA9E0, 0xA9FE, _SYLLABIC),  # Burmese
    (0xAA60, 0xAA7F, _SYLLABIC),  # Burmese
    (0xAC00, 0xD7A3, _HANGUL),
    (0xF900, 0xFAFF, _HAN),
    (0x20000, 0x323AF, _HAN),
)
# Characters that join two letters into one word: AC/DC, example.org, ジョン・スミス. An apostrophe
# does so only in languages that spell with it (п'ять), not in others (l'Allemagne, Einstein's).
_HYPHENS = frozenset("-\u2010\u2011\u2013")
_JOINERS = _HYPHENS | frozenset("./&@_+\u00b7\u30fb\uff65\uff1d\u30a0\u05be")
_APOSTROPHES = frozenset("'\u2019")
_WITHIN_WORDS = frozenset("\u200c\u200d\u00ad\u2060")
# Vowels that belong to the preceding letter, and vowels that belong to the following one.
_BEHIND = frozenset("ะาำๅๆະາຳ")
_BEFORE = frozenset("เแโใไເແໂໃໄ")
# A letter followed by one of these ends the preceding syllable.
_ASAT = frozenset("\u1039\u103a")
# Signs that join the following letter to the preceding one: Khmer coeng, Burmese virama.
_STACKS = frozenset("\u17d2\u1039")

# Minimum letters of a name, to avoid coincidental matches; fewer in scripts with more letters.
_FEWEST = {_HAN: 2, _HANGUL: 2, _WORD: 3, _HIRAGANA: 4, _SYLLABIC: 4}


def enough_letters(name: str) -> bool:
    """Whether a name has enough letters to search for it; other characters do not count.

    A name that ends with a hyphen is the first part of a word and is rejected.
    """
    if name[-1:] in _HYPHENS:
        return False
    if name.isascii() and name[: _FEWEST[_WORD]].isalpha():
        return len(name) >= _FEWEST[_WORD]
    kinds = [_kind(character) for character in name if character.isalpha()]
    return any(len(kinds) >= _FEWEST[kind] for kind in set(kinds) if kind in _LETTERS)


@cache
def is_words(language: str) -> IsWords:
    """Return the function that checks for whole words in that language."""
    rules = _rules(language)
    free = next(iter(rules.get("runs on", [])), _NONE)
    japanese = language == "ja"
    nouns_in_capitals = "nouns in capitals" in rules
    joiners = _JOINERS | _APOSTROPHES if "spells with apostrophes" in rules else _JOINERS
    particles = frozenset(rules.get("particle", []))

    def parted(one: str, other: str) -> bool:
        """Whether a word boundary is allowed between letters of these kinds."""
        return free in (one, other) or (japanese and (one == _HIRAGANA) != (other == _HIRAGANA))

    def begins(text: str, start: int) -> bool:
        before = text[start - 1]
        if before in joiners:
            return start < 2 or _kind(text[start - 2]) not in _LETTERS
        kind, own = _kind(before), _kind(text[start])
        if kind == _MARK and before not in _STACKS:
            kind = own
        if _NONE in (kind, own):
            return True
        return before not in _BEFORE and before not in _STACKS and parted(kind, own)

    def ends(text: str, end: int) -> bool:
        behind = text[end]
        if behind in joiners:
            return end + 1 >= len(text) or _kind(text[end + 1]) not in _LETTERS
        kind, own = _kind(behind), _kind(text[end - 1])
        if kind == _NONE:
            return True
        if kind == _MARK or behind in _BEHIND or _closes_syllable(text, end):
            return False
        if own == _NONE or parted(own if own != _MARK else kind, kind):
            return True
        return bool(particles) and _run(text, end) in particles

    def whole(text: str, start: int, end: int) -> bool:
        if start and not begins(text, start):
            return False
        if end < len(text) and not ends(text, end):
            return False
        return nouns_in_capitals or not _in_longer_name(text, start, end)

    return whole


def _rules(language: str) -> dict[str, list[str]]:
    rules: dict[str, list[str]] = {}
    for rule, code, value in rows("cstool.stages.link", "word_boundaries.tsv"):
        if code == language:
            rules.setdefault(rule, []).append(value)
    return rules


@lru_cache(maxsize=1 << 14)
def _kind(character: str) -> str:
    category = unicodedata.category(character)[0]
    if category == "M" or character in _WITHIN_WORDS:
        return _MARK
    if category not in "LN":
        return _NONE
    code = ord(character)
    if code < _SCRIPTS[0][0]:
        return _WORD
    return next((script for low, high, script in _SCRIPTS if low <= code <= high), _WORD)


def _in_longer_name(text: str, start: int, end: int) -> bool:
    """Whether a capitalised word is next to another one that does not start the sentence."""
    if not text[start].isupper() or " " in text[start:end]:
        return False
    if text[end : end + 2] == " &" or text[max(0, start - 2) : start] == "& ":
        return True
    if text[end : end + 1] == " " and text[end + 1 : end + 2].isupper():
        return True
    if start < 2 or text[start - 1] != " " or not text[start - 2].isalnum():
        return False
    before = text.rfind(" ", 0, start - 1) + 1
    return before > 0 and text[before].isupper()


def _closes_syllable(text: str, at: int) -> bool:
    """Whether the letter at this offset is the last one of a Burmese syllable."""
    return text[at + 1 : at + 2] in _ASAT


def _run(text: str, at: int) -> str:
    """Return the run of letters that starts at this offset."""
    end = at
    while end < len(text) and _kind(text[end]) in _LETTERS:
        end += 1
    return text[at:end]
