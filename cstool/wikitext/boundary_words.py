"""Whether a full stop with white space behind it ends a sentence, by the words around it."""

import re

from cstool.wikitext.boundary_rules import BoundaryRules

CLOSING = "\"'”’“‘»›)\\]"
OPENING = "\"'“”„‘‚«»‹›([{¿¡–—-§ "
_NEXT_WORD = re.compile(r"[^\W\d_]+['’]?")
_ELISION = re.compile(r".*['’](?=[^\W\d_])")
_NUMBER = re.compile(r"(?:.*\.[-–/])?(\d+)\Z")
_ROMAN = re.compile(r"(?:[IVX]|[IVXLCDM]{2,})\Z")
_INITIALS = re.compile(r"(?:[^\W\d_]{1,2}\.-)+[^\W\d_]{1,2}\Z")
_DOTTED = re.compile(r"(?:\w{1,4}\.)+\w{1,4}\Z")
_VOWEL = re.compile(
    "[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýąęěėēīįōőůűųūăâîıаеёиоуыэюяіїєөүұәαεηιουωάέήίόύώ]"
)
# Words without a vowel that are none in Slavic languages: krk, vrh, smrt.
_SYLLABIC = re.compile(r".[rlрл].|.{2}[rlрл].|.[rlрл].{2}")
_FULL_WORD = 10
_CLAUSE = re.compile(r".*[,;:(–—]", re.DOTALL)
_LONGEST_PHRASE = 5
# How far before a stop its words are looked at, in characters.
_NEAR = 40


def is_open(text: str) -> bool:
    """Return whether a bracket or a quotation is open at the end of a text."""
    if text.count('"') % 2 or text.count("(") > text.count(")") or text.count("[") > text.count("]"):
        return True
    low, left, right = map(text.count, "„“”")
    if low > left + right if low else left > right if left else right % 2:
        return True
    left, right = map(text.count, "«»")
    if not left:
        return right % 2 == 1
    return left > right if text.index("«") < text.find("»") or not right else right > left


def next_word(text: str, at: int) -> str:
    """Return the letters that begin at an offset, with an apostrophe behind them."""
    match = _NEXT_WORD.match(text, at)
    return match[0] if match else ""


def word_verdict(text: str, start: int, at: int, last: int, rules: BoundaryRules) -> bool | None:
    """Return whether a full stop at `start` ends a sentence; None if no rule knows.

    `at`: the offset of the letter or digit behind it; `last`: where the current sentence begins.
    """
    begin = text.rfind(" ", max(last, start - _NEAR), start) + 1
    begin = max(begin, last)
    before = text[begin:start].lstrip(OPENING)
    after = text[at]
    if not before:
        return None
    if len(before) >= _FULL_WORD and after.isupper() and before.isalpha():
        return None
    if not rules.stop and before[-1].isalpha() and ord(before[-1]) >= 0x0500:
        return None if len(before) > 8 and "." not in before else False
    previous = text[max(last, begin - _NEAR) : begin].split()
    if elided := _ELISION.match(before):
        before = before[elided.end() :]
    if number := _NUMBER.match(before):
        return _behind_number(text, number[1], previous, at, rules)
    word = before.lower()
    if rules.roman and _ROMAN.match(before):
        return _starts(text, at, rules)
    verdict = _behind_abbreviation(text, word, previous, start, at, last, rules)
    if verdict is not None:
        return verdict
    if after.isdigit():
        return _before_digit(text, before, at)
    if len(before) == 1 and before.isupper():
        return _starts(text, at, rules) and not (previous and previous[-1].endswith("."))
    if _INITIALS.match(before):
        return _starts(text, at, rules)
    if before.islower() and _DOTTED.match(word):
        return _starts(text, at, rules)
    if _has_no_vowel(before):
        return _starts(text, at, rules)
    return None


def _behind_abbreviation(
    text: str, word: str, previous: list[str], start: int, at: int, last: int, rules: BoundaryRules
) -> bool | None:
    """Return the verdict for a stop behind an abbreviation or a unit; None if it is none."""
    after = text[at]
    joined = _joined(word, previous)
    for name in (joined, word) if joined != word else (word,):
        if name in rules.never:
            return False
        if name in rules.ends:
            return True if after.isupper() else None
        if name in rules.dates:
            return _behind_date(text, start, at, last, rules)
        if name in rules.seldom:
            return _starts(text, at, rules)
        if name in rules.units and (name != word or (previous and previous[-1][-1:].isdigit())):
            return True if after.isupper() or text[at : at + 4].isdigit() else None
        if after.isdigit() and name in rules.before_number:
            return False
    return None


def _joined(word: str, previous: list[str]) -> str:
    """Return an abbreviation without its white space: `z. b` is `z.b`."""
    joined = word
    for part in reversed(previous):
        part = part.lstrip(OPENING)
        if not (part.endswith(".") and 1 < len(part) < 5 and part[0].isalpha()):
            break
        joined = part.lower() + joined
    return joined


def _behind_date(text: str, start: int, at: int, last: int, rules: BoundaryRules) -> bool:
    """Return the verdict for a stop behind a year or a century: `w 1990 r.`

    If a clause has only a preposition before it, it goes on.
    """
    if not text[at].isupper():
        return False
    if _starts(text, at, rules):
        return True
    clause = _CLAUSE.sub("", text[last:start]).split()
    return not (len(clause) <= _LONGEST_PHRASE and bool(clause) and clause[0].lower() in rules.date_behind)


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
    """Return the verdict for a full stop behind a number: it may be an ordinal."""
    if text[at].isdigit():
        if len(number) < 3:
            return False
        return True if len(number) == 4 and not rules.years else None
    if len(number) > rules.ordinal_digits:
        return None
    after = next_word(text, at)
    low = after.lower()
    if low in rules.months or (text[at + len(after) : at + len(after) + 1] == "." and low in rules.never):
        return False
    if not previous:
        return False
    before = previous[-1].lstrip(OPENING)
    low = before.lower()
    if _starts(text, at, rules) or low in rules.cardinal_behind:
        return True
    if low in rules.ordinal_behind:
        return False
    if low[-1:] == "." and (low[:-1] in rules.before_number or low[:-1] in rules.never):
        return True
    if before[:1].isupper() and before[-1] != ",":
        return "*" in rules.cardinal_behind and low not in rules.starters
    if "*" in rules.cardinal_behind or not rules.ordinal_ends or low in rules.starters:
        return False
    return None


def _before_digit(text: str, before: str, at: int) -> bool | None:
    """Return whether a sentence may end with a word if a digit follows."""
    if before[-1] in ")%]\"”“»":
        return True
    letters = before.rsplit("-", maxsplit=1)[-1]
    if not letters.isalpha() or letters.isupper() and letters.lower() != letters:
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
        and not _VOWEL.search(low)
        and not _SYLLABIC.match(low)
    )
