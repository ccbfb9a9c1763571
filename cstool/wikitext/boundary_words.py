"""Whether a full stop with white space after it ends a sentence, by the words around it."""

import re
from unicodedata import normalize

from cstool.wikitext.boundary_rules import BoundaryRules

OPENING = "\"'“”„‘‚«»‹›([{¿¡–—−-§ "
_NEXT_WORD = re.compile(r"[^\W\d_]+['’]?")
_ELISION = re.compile(r".*['’](?=[^\W\d_])")
_NUMBER = re.compile(r"(?:.*\.[-–/])?(\d+)\Z")
_ROMAN = re.compile(r"(?:[IVX]|[IVXLCDM]{2,})\Z")
_INITIALS = re.compile(r"(?:[^\W\d_]{1,2}\.-)+[^\W\d_]{1,2}\Z")
_DOTTED = re.compile(r"(?:\w{1,4}\.)+\w{1,4}\Z")
_VOWEL = re.compile("[aeiouyæøœıəөүұаеёиоуыэюяіїєαεηιουω]")
# Words without a vowel that are none in Slavic languages: krk, vrh, smrt.
_SYLLABIC = re.compile(r".[rlрл].|.{2}[rlрл].|.[rlрл].{2}")
_PAIRS = (("(", ")"), ("[", "]"))
_FULL_WORD = 10
_CLAUSE = re.compile(r".*[,;:(–—]", re.DOTALL)
_LONGEST_PHRASE = 5
_COUNT = re.compile(r"[1-9]\d* [^\W\d_]{3}")
_DAY = re.compile(r"\d{1,2} [^\W\d_]{3,}|\d{4}")
_NAME = re.compile(r"[^\W\d_]\.|[^\W\d_]+ ([^\W\d_])")
# How far before a stop its words are looked at, in characters.
_NEAR = 40
# How far before a stop an opened bracket is looked for, in characters.
_REACH = 1000


def is_open(text: str, last: int, at: int) -> bool:
    """Return whether a bracket or a quotation opens after `last` and closes after `at`."""
    sentence = text[max(last, at - _REACH) : at]
    if '"' in sentence and sentence.count('"') % 2:
        return True
    for one, other in _PAIRS:
        if sentence.count(one) > sentence.count(other) and _closes(text, at, one, other):
            return True
    low, left, right = map(sentence.count, "„“”")
    if low > left + right if low else left > right if left else right % 2:
        return True
    left, right = map(sentence.count, "«»")
    if not left:
        return right % 2 == 1
    if not right or sentence.index("«") < sentence.index("»"):
        return left > right and _closes(text, at, "«", "»")
    return right > left


def _closes(text: str, at: int, one: str, other: str) -> bool:
    """Return whether what is open at an offset closes before another of its kind opens."""
    closed = text.find(other, at)
    return closed >= 0 and text.find(one, at, closed) < 0


def next_word(text: str, at: int) -> str:
    """Return the letters that begin at an offset, with an apostrophe after them."""
    match = _NEXT_WORD.match(text, at)
    return match[0] if match else ""


def is_exclamation_in_name(text: str, start: int, at: int, rules: BoundaryRules) -> bool:
    """Return whether a name goes on after "!": `Yahoo! Japan`."""
    begin = text.rfind(" ", 0, start) + 1
    return (
        bool(rules.starters)
        and text[begin].isupper()
        and text[begin + 1 : start].islower()
        and text[at].isupper()
        and not _starts(text, at, rules)
    )


def word_verdict(text: str, start: int, at: int, last: int, rules: BoundaryRules) -> bool | None:
    """Return whether a full stop at `start` ends a sentence; None if no rule knows.

    `at`: the offset of the letter or digit after it; `last`: where the current sentence begins.
    """
    begin = max(last, text.rfind(" ", max(last, start - _NEAR), start) + 1)
    before = text[begin:start].lstrip(OPENING)
    after = text[at]
    if not before or (len(before) >= _FULL_WORD and after.isupper() and before.isalpha()):
        return None
    if not rules.stop and before[-1].isalpha() and ord(before[-1]) >= 0x0500:
        return None if len(before) > 8 and "." not in before else False
    previous = text[max(last, begin - _NEAR) : begin].split()
    if ("'" in before or "’" in before) and (elided := _ELISION.match(before)):
        before = before[elided.end() :]
    if before[-1].isdecimal() and (number := _NUMBER.match(before)):
        if rules.date_behind and rules.years and len(number[1]) == 4 and after.isupper():
            return _behind_date(text, start, at, last, rules)
        return _behind_number(text, number[1], previous, at, rules)
    if rules.roman and _ROMAN.match(before):
        return bool(previous) and _starts(text, at, rules)
    if not before.islower() and before in rules.ends:
        return after.isupper() or None
    verdict = _behind_abbreviation(text, before.lower(), previous, start, at, last, rules)
    if verdict is not None:
        return verdict
    if after.isdigit():
        return _before_digit(before)
    if len(before) == 1 and before.isupper():
        return _starts(text, at, rules) and not (previous and previous[-1].endswith("."))
    return _starts(text, at, rules) if _is_like_abbreviation(before) else None


def _is_like_abbreviation(word: str) -> bool:
    """Return whether a word is written like an abbreviation: `J.-P`, `p.n.e`, `nr`."""
    if "." in word:
        return bool((word.islower() and _DOTTED.match(word)) or _INITIALS.match(word))
    return _has_no_vowel(word)


def _behind_abbreviation(
    text: str, word: str, previous: list[str], start: int, at: int, last: int, rules: BoundaryRules
) -> bool | None:
    """Return the verdict for a stop after an abbreviation or a unit; None if it is none."""
    after = text[at]
    begins = after.isupper() or text[at : at + 4].isdigit()
    initial = text[start - 1].isupper() and len(word) == 1
    joined = _joined(word, previous)
    counted = bool(previous) and previous[-1][-1:].isdigit() and word in rules.units
    if counted and not (
        word in rules.dates or word in rules.seldom or (len(word) == 1 and word in rules.never)
    ):
        return begins or None
    for name in (joined, word) if joined != word else (word,):
        if name in rules.never:
            return False
        if name in rules.ends and not initial:
            return begins and not _is_abbreviation(text, at, rules)
        if name in rules.dates and not initial:
            return _behind_date(text, start, at, last, rules)
        if name in rules.seldom and not initial:
            placed = "." in name and previous and previous[-1][-1:] == ","
            return begins if placed else _starts(text, at, rules)
        if name in rules.units and "." in name:
            return begins or None
        if after.isdigit() and name in rules.before_number:
            return False
    return None


def _is_abbreviation(text: str, at: int, rules: BoundaryRules) -> bool:
    """Return whether an abbreviation with its stop begins at an offset."""
    word = next_word(text, at)
    end = at + len(word)
    low = word.lower()
    return text[end : end + 1] == "." and (low in rules.never or low in rules.ends or len(low) == 1)


def _joined(word: str, previous: list[str]) -> str:
    """Return an abbreviation without its white space: `z. b` is `z.b`."""
    if not previous or previous[-1][-1] != ".":
        return word
    joined = word
    for part in (word.lstrip(OPENING) for word in reversed(previous)):
        if not (part.endswith(".") and 1 < len(part) < 5 and part[0].isalpha()):
            break
        joined = part.lower() + joined
    return joined


def _behind_date(text: str, start: int, at: int, last: int, rules: BoundaryRules) -> bool:
    """Return the verdict for a stop after a year or a century: `w 1990 r.`

    If a clause has only a preposition before it, it goes on; so it may if a full name follows.
    """
    if not text[at].isupper() and not _DAY.match(text, at):
        return False
    if _starts(text, at, rules):
        return True
    words = [
        word
        for word in _CLAUSE.sub("", text[max(last, start - _REACH) : start]).split()[:-1]
        if word[-1] != "."
    ]
    if not words or len(words) > _LONGEST_PHRASE:
        return True
    first = words[0].lower()
    return first not in rules.date_behind and not first.isdigit() and not _is_name(text, at)


def _is_name(text: str, at: int) -> bool:
    """Return whether an initial, or two words with capital letters, begin at an offset."""
    match = _NAME.match(text, at)
    return match is not None and (match[1] is None or match[1].isupper())


def _starts(text: str, at: int, rules: BoundaryRules) -> bool:
    """Return whether a word that begins sentences, and is no name, begins at an offset."""
    word = next_word(text, at).replace("’", "'")
    low = word.lower()
    end = at + len(word)
    if low in rules.starters or (low[-1:] == "'" and low[:-1] in rules.starters):
        return len(word) > 1 or text[end : end + 1] not in (".", "-")
    return bool(rules.starter_pattern and rules.starter_pattern.match(low))


def _behind_number(
    text: str, number: str, previous: list[str], at: int, rules: BoundaryRules
) -> bool | None:
    """Return the verdict for a full stop after a number: it may be an ordinal."""
    if text[at].isdigit():
        return _between_numbers(text, number, previous, at, rules)
    if len(number) > rules.ordinal_digits:
        return None
    if not previous or previous[-1].lower() in rules.cardinal_behind:
        return bool(previous)
    after = next_word(text, at)
    if (
        after.lower().startswith(rules.ordinal_before)
        or _is_abbreviation(text, at, rules)
        or (_ROMAN.match(after) and not rules.roman)
    ):
        return False
    before = previous[-1].lstrip(OPENING)
    if not before or _starts(text, at, rules):
        return bool(before)
    return _is_cardinal(before, rules)


def _between_numbers(
    text: str, number: str, previous: list[str], at: int, rules: BoundaryRules
) -> bool | None:
    """Return the verdict for a full stop between two numbers."""
    if len(number) >= 3:
        return True if len(number) == 4 and not rules.years else None
    if not previous or previous[-1][-1] in ".,":
        return False
    if not rules.ordinal_digits and _COUNT.match(text, at):
        return True
    return text[at : at + 4].isdigit() and previous[-1].lower() not in rules.ordinal_behind


def _is_cardinal(before: str, rules: BoundaryRules) -> bool | None:
    """Return whether a number with a stop is none of an ordinal, by the word before it."""
    low = before.lower()
    if low in rules.ordinal_behind:
        return False
    if low[-1] == "." and (low[:-1] in rules.before_number or low[:-1] in rules.never):
        return True
    if low[-1] in ",;:":
        return False
    if before[0].isupper():
        noun = "*" in rules.cardinal_behind
        return low not in rules.starters if noun else False if rules.roman else None
    if "*" in rules.cardinal_behind or not rules.ordinal_ends or low in rules.starters:
        return False
    return None


def _before_digit(before: str) -> bool | None:
    """Return whether a sentence may end with a word if a digit follows."""
    if before[-1] in ')%]"”“»':
        return True
    letters = before.rsplit("-", maxsplit=1)[-1].rsplit(":", maxsplit=1)[-1]
    if not letters.isalpha() or (letters.isupper() and letters.lower() != letters):
        return None
    if _has_no_vowel(letters):
        return False
    return True if len(letters) >= 3 else None


def _has_no_vowel(word: str) -> bool:
    low = word.lower()
    return (
        1 < len(word) < 5
        and word.isalpha()
        and word[1:].islower()
        and "a" <= low[0] <= "я"
        and not _VOWEL.search(normalize("NFD", low))
        and not _SYLLABIC.match(low)
    )
