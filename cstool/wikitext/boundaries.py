"""Find where sentences begin: sentencex, corrected by rules on what surrounds a stop.

sentencex decides first; a rule overrules it where it knows better (ordinals, abbreviations, a digit
or a lower-case letter behind the stop, titles in Japanese). The words of the languages:
boundary_rules.py.
"""

import re
from itertools import pairwise

import sentencex

from cstool.wikitext.boundary_rules import BoundaryRules, boundary_rules, rules_digest
from cstool.wikitext.boundary_unspaced import UNSPACED, UNSPACED_STOP, unspaced_verdict
from cstool.wikitext.markers import OBJECT

# Part of the segmenter's version: raise it when a rule in a module changes.
_VERSION = 1

# A stop, what closes behind it, and white space.
_STOP = re.compile(r"([.!?…‥؟۔।॥։።។]+)([\"'”’“»›)\]]*)\s+(?=\S)")
_OPENING = "\"'“”„‘‚«»‹›([{¿¡–—- "
_CLOSERS = re.compile(r"[)\]」』）】》〉]+\s*")
_PAIRS = (("(", ")"), ("[", "]"), ("„", "“”"), ("「", "」"), ("『", "』"), ("（", "）"), ("《", "》"))
# A label of a list's item within a line, which sentencex takes for the start of a sentence.
_LABEL = re.compile(r"(?<!\S)(\(?)([0-9]{1,3}|[a-zA-Z]|[ivxlcdmIVXLCDM]+)(?=\.?\))")
_MASK = "ж"  # a letter that no label has
_NEXT_WORD = re.compile(r"[^\W\d_]+['’]?")
_LETTERS = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\Z")
_NUMBER = re.compile(r"(?:.*\.[-–/]|.*\()?(\d+)\Z")
_ROMAN = re.compile(r"(?:[IVX]|[IVXLCDM]{2,})\Z")
_DOTTED = re.compile(r"(?:\w{1,4}\.)+\w{1,4}\Z")
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýąęěėēīįōőůűųūăâîıаеёиоуыэюяіїєөүұәαεηιουωάέήίόύώ]")
_SYLLABIC = re.compile(r"[^rlрл][rlрл][^rlрл]|.{2}[rlрл].|.[rlрл].{2}")
# How far before a stop its words are looked at, in characters.
_NEAR = 40
_FEWEST_LETTERS = 4


def rules_version() -> str:
    """Return what identifies the rules: other rules find other sentences."""
    return f"{_VERSION}-{rules_digest()}"


def boundaries(text: str, language: str) -> list[str]:
    """Return the sentences of a text, in order, each with the white space behind it.

    If sentencex loses or changes characters, the text is one sentence.
    """
    masked = _LABEL.sub(_masked, text) if ")" in text else text
    found = sentencex.segment(language, masked)
    if "".join(found) != masked:
        return [text]
    begins = []
    at = 0
    for piece in found[:-1]:
        at += len(piece)
        begins.append(at)
    changed = _corrected(text, begins, language)
    if changed == begins and masked == text:
        return list(found)
    return [text[a:b] for a, b in pairwise([0, *changed, len(text)])]


def _masked(label: re.Match[str]) -> str:
    return label[1] + _MASK * len(label[2])


def _corrected(text: str, begins: list[int], language: str) -> list[int]:
    """Return where sentences begin, except for the first, given where sentencex thinks so."""
    unspaced = language in UNSPACED
    rules = boundary_rules(language)
    length = len(text)
    known = set()
    for at in begins:
        if closers := _CLOSERS.match(text, at):
            at = closers.end()
        while at < length and text[at] == " ":
            at += 1
        if at < length and (text[at - 1] == " " or unspaced or _ends_unspaced(text, at)):
            known.add(at)
    verdicts: dict[int, bool] = {}
    last = 0
    stops = [*_STOP.finditer(text)]
    if unspaced:
        stops = [match for match in stops if match[1][-1] not in "。！？｡"]
        stops = sorted([*stops, *UNSPACED_STOP.finditer(text)], key=re.Match.end)
    for match in stops:
        at = match.end()
        if unspaced and match[1][-1] in "。！？｡!?":
            verdict = unspaced_verdict(text, match, language)
        else:
            verdict = _verdict(text, match, rules)
        if verdict and at not in known and _is_open(text[last:at]):
            verdict = False
        if verdict is None:
            verdict = at in known
        verdicts[at] = verdict
        if verdict:
            last = at
    return sorted({at for at in known if verdicts.get(at, True)} | {a for a, v in verdicts.items() if v})


def _ends_unspaced(text: str, at: int) -> bool:
    """Return whether a sentence ends at a stop without white space behind it."""
    if text[at - 1] != ".":
        return True
    word = text[max(0, at - 1 - _FEWEST_LETTERS) : at - 1]
    return len(word) == _FEWEST_LETTERS and word.isalpha() and text[at].isupper()


def _is_open(text: str) -> bool:
    """Return whether a bracket or quotation is open at the end of a text."""
    return text.count('"') % 2 == 1 or any(
        text.count(one) > sum(map(text.count, other)) for one, other in _PAIRS
    )


def _verdict(text: str, match: re.Match[str], rules: BoundaryRules) -> bool | None:
    """Return whether a sentence begins behind a stop and white space; None if no rule knows."""
    at = begin = match.end()
    stop, closing = match[1], match[2]
    after = text[at]
    while after in _OPENING and at + 1 < len(text):
        at += 1
        after = text[at]
    if after == OBJECT:
        return None
    if after.islower() and not "ა" <= after <= "ჿ":
        return False
    start = match.start()
    before = text[text.rfind(" ", max(0, start - _NEAR), start) + 1 : start].lstrip(_OPENING)
    if stop != "." or closing:
        return _before_digit(stop, closing, before) if after.isdigit() else None
    if not before:
        return None
    if after.isupper() and len(before) > 9 and before.isalpha() and rules.stop:
        return None
    return _behind_word(text, before, start, at, rules) if begin else None


def _before_digit(stop: str, closing: str, before: str) -> bool | None:
    """Return the verdict for a digit behind a stop that is more than "."."""
    if stop in "।॥։።។۔":
        return True
    if closing and stop == ".":
        return True if closing[-1] in '"”»“' and before[-3:].isalpha() else None
    return None


def _behind_word(text: str, before: str, start: int, at: int, rules: BoundaryRules) -> bool | None:
    """Return the verdict for a full stop at `start` behind the word `before`."""
    after = text[at]
    word = before.lower()
    previous = text[max(0, start - len(before) - _NEAR) : start - len(before)].rstrip(_OPENING).split(" ")
    joined = _joined(word, previous)
    if not rules.stop and _is_own_letter(before[-1]):
        return None if len(before) > 8 and "." not in before else False
    number = _NUMBER.match(before)
    if number:
        return _behind_number(text, before, number[1], previous[-1], at, rules)
    if joined in rules.never or word in rules.never:
        return False
    starts = _is_starter(text, at, rules)
    if joined in rules.seldom or word in rules.seldom:
        return starts
    if word in rules.units and previous[-1][-1:].isdigit():
        return True if after.isupper() else None
    if joined != word and joined in rules.units:
        return True if after.isupper() else None
    if rules.roman and _ROMAN.match(before):
        return starts
    if after.isdigit():
        if word in rules.before_number or joined in rules.before_number:
            return False
        return _digit_begins(before)
    if len(before) == 1 and before.isupper():
        return starts and len(_next_word(text, at)) > 1 and not previous[-1].endswith(".") 
    if len(before) < 3 and _DOTTED.match(joined):
        return starts if joined == joined.lower() and before[-1:].islower() else None
    if 1 < len(before) < 5 and before[1:].islower() and _LETTERS.match(before) and not _VOWEL.search(word) and not _SYLLABIC.match(word):
        return starts
    return None


def _is_own_letter(letter: str) -> bool:
    return letter.isalpha() and ord(letter) >= 0x0500


def _joined(word: str, previous: list[str]) -> str:
    """Return an abbreviation without its white space: `z. b` is `z.b`."""
    joined = word
    for part in reversed(previous):
        part = part.lstrip(_OPENING)
        if not (part.endswith(".") and 1 < len(part) < 5 and part[0].isalpha()):
            break
        joined = part.lower() + joined
    return joined


def _next_word(text: str, at: int) -> str:
    match = _NEXT_WORD.match(text, at)
    return match[0] if match else ""


def _is_starter(text: str, at: int, rules: BoundaryRules) -> bool:
    word = _next_word(text, at).replace("’", "'")
    low = word.lower()
    if not word[:1].isupper() and word:
        return low in rules.starters
    if low in rules.starters or (low[-1:] == "'" and low[:-1] in rules.starters):
        return text[at + len(word) : at + len(word) + 1] != "." or len(word) > 1
    return bool(rules.starter_pattern and rules.starter_pattern.match(low))


def _behind_number(
    text: str, before: str, number: str, previous: str, at: int, rules: BoundaryRules
) -> bool | None:
    """Return the verdict for a full stop behind a number: it may be an ordinal."""
    if text[at].isdigit():
        return True if len(number) > 2 and not rules.years and text[at : at + 4].isdigit() else None
    if len(number) > rules.ordinal_digits:
        return None
    if _next_word(text, at).lower() in rules.months:
        return False
    low = previous.lower()
    if low in rules.ordinal_behind or not previous or previous[-1] in ".!?:":
        return False
    if _is_starter(text, at, rules) or low in rules.cardinal_behind:
        return True
    if "*" in rules.cardinal_behind:
        return previous[0].isupper()
    if not rules.ordinal_ends or low in rules.starters:
        return False
    return None


def _digit_begins(before: str) -> bool | None:
    """Return whether a sentence may end with a word if a digit follows."""
    if before[-1] in ")%]\"”“»":
        return True
    letters = before.rsplit("-", maxsplit=1)[-1]
    if letters.isalpha() and len(letters) >= _FEWEST_LETTERS and (letters[1:].islower() or letters.upper() == letters.lower()):
        return True
    return None
