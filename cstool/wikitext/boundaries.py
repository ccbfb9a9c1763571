"""Find where sentences begin: sentencex, corrected by rules on what surrounds a stop.

sentencex decides first, except for texts of letters and marks within sentences, which are one
sentence; a rule overrules it where its result is often wrong (ordinals, abbreviations, a digit or a
lower-case letter after the stop, titles in Japanese). The words of the languages:
boundary_rules.py.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache, partial
from itertools import accumulate, pairwise
from typing import NamedTuple

import sentencex

from cstool.wikitext.boundary_rules import BoundaryRules, boundary_rules
from cstool.wikitext.boundary_scripts import (
    ARMENIAN_STOP,
    JOINS,
    JOINS_CHINESE,
    UNSPACED,
    armenian_verdict,
    doubtful_armenian,
    unspaced_verdict,
)
from cstool.wikitext.boundary_words import (
    OPENING,
    is_exclamation_in_name,
    is_open,
    next_word,
    word_verdict,
)
from cstool.wikitext.doubtful_stops import (
    CLOSING,
    STOP,
    UNSPACED_STOP,
    are_joined,
    doubtful_stops,
    doubtful_unspaced,
    is_unbroken,
    masked,
)
from cstool.wikitext.markers import OBJECT

_CLOSED = re.compile(r"[)\]」』）】》〉]+")
_BRACKETS = re.compile(r"\((\d)?[^()]*\)\s?(\S?)|\[(\d)")
_QUOTES = "\"'“”„«»‘’‚‹›"
_SPACES = re.compile(" *")
_CONTINUES = (",", ";", ":")
_DASHES = "–—-"
_WHOLE_STOPS = "।॥។۔"
# Answers of sentencex about a single stop that are kept: some megabytes.
_PROBES = 1 << 14
# Characters after which no sentence begins in most languages: digits, and marks within sentences.
_WITHIN = "0123456789 ,;:'\"/&%=-([]" + "–—‘’‚“”„«»‹›°×−\ufffc"


class _Segmenter(NamedTuple):
    """What is needed for a language: its rules, how stops are written, which are doubtful.

    `plain`, `others`: the characters after which no sentence begins, as for `is_unbroken`.
    """

    language: str
    rules: BoundaryRules
    unspaced: bool
    armenian: bool
    stop: re.Pattern[str]
    doubtful: Callable[[str, list[str]], list[int] | None]
    plain: bytes
    others: str


@cache
def _segmenter(language: str) -> _Segmenter:
    rules = boundary_rules(language)
    unspaced, armenian = language in UNSPACED, language == "hy"
    stop = STOP
    doubtful: Callable[[str, list[str]], list[int] | None] = partial(doubtful_stops, rules.words)
    if armenian:
        stop, doubtful = ARMENIAN_STOP, doubtful_armenian
    elif unspaced:
        stop = UNSPACED_STOP
        doubtful = partial(doubtful_unspaced, JOINS.get(language, JOINS_CHINESE))
    within = [mark for mark in _WITHIN if _is_within(mark, language, stop)]
    plain = bytes(chr(i).isalpha() or chr(i) in within for i in range(128))
    others = "".join(mark for mark in within if not mark.isascii())
    return _Segmenter(language, rules, unspaced, armenian, stop, doubtful, plain, others)


def _is_within(mark: str, language: str, stop: re.Pattern[str]) -> bool:
    """Return whether neither sentencex nor a rule begins a sentence after a mark."""
    text = f"Abc def{mark} Ghi jkl{mark}Mno {mark} Pqr {mark}Stu {mark}Ա{mark}中"
    return not stop.search(text) and len(_segmented(text, language)) == 1


def boundaries(text: str, language: str) -> list[str]:
    """Return the sentences of a text, in order, each with the white space after it.

    If sentencex fails, or loses or changes characters, the text is one sentence.
    """
    ends = [0, *accumulate(map(len, pieces_of(text, language)))]
    return [text[start:end] for start, end in pairwise(ends)]


def pieces_of(text: str, language: str) -> list[str]:
    """Return strings as long as the sentences that `boundaries` returns.

    Some have other characters, because copying those of the text takes longer.
    """
    own = _segmenter(language)
    if is_unbroken(text, own.plain, own.others):
        return [text] if text else []
    asked = masked(text)
    found = _segmented(asked, language)
    if not are_joined(found, asked):
        return [text]
    doubtful = own.doubtful(text, found)
    if doubtful is None or doubtful:
        begins = [*accumulate(map(len, found))][:-1]
        changed = _corrected(text, begins, doubtful, own)
        if changed != begins:
            return [text[a:b] for a, b in pairwise([0, *changed, len(text)])]
    return found


def _segmented(text: str, language: str) -> list[str]:
    """Return the sentences of sentencex, or the text if sentencex fails."""
    try:
        found: list[str] = sentencex.segment(language, text)
    except BaseException as fault:
        # A Rust panic is not an Exception, and PyO3 does not export its class.
        if type(fault).__name__ != "PanicException":
            raise
        return [text]
    return found


def _corrected(
    text: str, begins: list[int], doubtful: list[int] | None, own: _Segmenter
) -> list[int]:
    """Return where sentences begin, except for the first, given where sentencex thinks so.

    `doubtful`: the offsets of the stops to judge; None: all.
    """
    if own.armenian:
        return _armenian(text, set(begins))
    known = begins if doubtful is not None else _known(text, begins, own)
    found: list[int] = []
    last = index = 0
    for match in _stops(text, own.stop, doubtful):
        at = match.end()
        while index < len(known) and known[index] < at:
            last = known[index]
            found.append(last)
            index += 1
        is_known = index < len(known) and known[index] == at
        index += is_known
        verdict: bool | None
        if own.unspaced:
            verdict = unspaced_verdict(text, match, last, own.language)
        else:
            verdict = _verdict(text, match, last, is_known, own)
        if verdict is None:
            verdict = is_known
        elif verdict and not is_known and is_open(text, last, at):
            verdict = False
        if verdict:
            found.append(at)
            last = at
    return found + known[index:]


def _armenian(text: str, known: set[int]) -> list[int]:
    found: list[int] = []
    last = 0
    for match in ARMENIAN_STOP.finditer(text):
        at = match.end()
        if armenian_verdict(text, match, last) and (at in known or not is_open(text, last, at)):
            found.append(at)
            last = at
    return found


def _stops(
    text: str, pattern: re.Pattern[str], doubtful: list[int] | None
) -> Iterable[re.Match[str]]:
    if doubtful is None:
        return pattern.finditer(text)
    return filter(None, (pattern.match(text, start) for start in doubtful))


def _known(text: str, begins: list[int], own: _Segmenter) -> list[int]:
    """Return the boundaries of sentencex, moved after closing brackets and white space."""
    known = set()
    for begin in begins:
        at = begin - (text[begin - 1] in _QUOTES and text[begin - 2 : begin - 1] == " ")
        if text[at - 1] != " ":
            if closed := _CLOSED.match(text, at):
                at = closed.end()
            elif not own.unspaced and not _ends_unspaced(text, at, own.rules):
                continue
            at = _SPACES.match(text, at).end()  # type: ignore[union-attr]
        elif text[at - 2 : at - 1] == ",":
            continue
        goes_on = not own.unspaced and text[at : at + 1] in _CONTINUES
        if text[at : at + 9].strip(CLOSING) and not goes_on:
            known.add(at)
    return sorted(known)


def _ends_unspaced(text: str, at: int, rules: BoundaryRules) -> bool:
    """Return whether a sentence ends at a stop without white space after it."""
    after = text[at]
    if after in " \ufffc" or text[at - 1] != ".":
        return True
    if not rules.stop or not after.isalpha() or after.islower():
        return False
    word = text[max(0, at - 5) : at - 1]
    return word[-1:] in ").»”" or (len(word) == 4 and (word.isalpha() or word.isdigit()))


def _verdict(
    text: str, match: re.Match[str], last: int, known: bool, own: _Segmenter
) -> bool | None:
    """Return whether a sentence begins after a stop and white space; None if no rule knows.

    `last`: where the current sentence begins; `known`: what sentencex says.
    """
    begin = at = match.end()
    stop, closing = match[1], match[2]
    after = text[at]
    while after in OPENING and at + 1 < len(text):
        at += 1
        after = text[at]
    if after == OBJECT:
        return None
    if after.islower() and not "ა" <= after <= "ჿ":
        brand = next_word(text, at)
        return (
            begin == at
            and text[match.start() - 2 : match.start()].isalpha()
            and brand != brand.lower()
        )
    start = match.start()
    if (text[begin] in "([" and _is_remark(text, begin)) or (
        text[begin] in _DASHES and after.isdigit()
    ):
        return False
    if closing:
        return _behind_closing(text, match, last, known)
    if stop == ".":
        verdict = word_verdict(text, start, at, last, own.rules)
        if verdict is not None or known or not after.isupper():
            return verdict
        return _probe(text, start, at, own.language)
    if known:
        return False if stop == "!" and is_exclamation_in_name(text, start, at, own.rules) else None
    if stop[0] in _WHOLE_STOPS:
        return True
    if stop[0] in "….":
        return (after.isupper() and text[start - 1 : start].isalpha()) or None
    return None


def _is_remark(text: str, at: int) -> bool:
    """Return whether brackets belong to what is before them: `Who? (1972) is`."""
    match = _BRACKETS.match(text, at)
    if match is None:
        return False
    return bool(match[1] or match[3]) or match[2].islower() or match[2] == ","


def _behind_closing(text: str, match: re.Match[str], last: int, known: bool) -> bool | None:
    """Return the verdict for a stop after which a bracket or a quotation closes."""
    closing = match[2]
    if closing[-1] == ")" and not known:
        opened = text.rfind("(", last, match.start())
        if opened < 0 or text[last:opened].strip() or " " not in text[opened : match.start()]:
            return None
        return True
    after = text[match.end()]
    if after.isdigit() and closing[-1] in '"”»“' and match[1] == ".":
        return True
    return None


def _probe(text: str, start: int, at: int, language: str) -> bool | None:
    """Ask sentencex about a stop alone: a quote or an apostrophe far from it may have misled it."""
    word = text[text.rfind(" ", max(0, start - 30), start) + 1 : start].strip(OPENING + CLOSING)
    after = next_word(text, at)
    if len(word) < 3 or len(after) < 2:
        return None
    return _ends_alone(word, after, language) or None


@lru_cache(_PROBES)
def _ends_alone(word: str, after: str, language: str) -> bool:
    return len(_segmented(f"{after} {word}. {after}", language)) > 1
