"""Rules that depend on the context: remove from a name what the sentence already has next to it.

Which rules may apply is decided for all names at once, from the context and the ends of each name.
The rest, a few per cent of the names, is processed one by one in Python.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import bytes_of, like, matches, put
from cstool.languages.capital_letters import capitals
from cstool.languages.codes import current
from cstool.languages.data_tables import rows
from cstool.languages.fitting import beside
from cstool.languages.fitting import reasons as why
from cstool.languages.fitting.character_classes import QUOTE, SMALL, STOPS, classes, quotation_marks
from cstool.languages.fitting.context import MentionContexts, articles
from cstool.languages.fitting.reasons import FittedNames

_SHOWN = re.compile(r"[^\W_]")
_REMARK = re.compile(r"^(.*\S)(?: \((.+)\)|（(.+)）|, (.+))$")
# Characters that may precede the first letter of a sentence.
_QUOTES = quotation_marks()
_OPENING = _QUOTES + "([¿¡"
_INITIAL = re.compile(r"[\w.]+")


def fit(
    names: pa.Array,
    mention: Array,
    language: Array,
    places: MentionContexts,
    languages: Sequence[str],
) -> FittedNames:
    """Return the names adapted to their contexts.

    `mention`: int64[n], for each name the index of its mention in `places`; `language`: int64[n],
    for each name the index of its language in `languages` (codes). Names must be normalized
    (`tidy`) and not null.
    """
    changes = np.zeros(len(names), np.uint16)
    due = _applicable_rules(names, mention, places)
    chosen = np.flatnonzero(due)
    if not len(chosen):
        return FittedNames(names, changes)
    at = mention[chosen]
    known = places.labels
    labels = known.take(numbers(at)).to_pylist() if known is not None else [None] * len(at)
    columns = zip(
        names.take(numbers(chosen)).to_pylist(),
        due[chosen].tolist(),
        language[chosen].tolist(),
        places.flags[at].tolist(),
        labels,
        places.around.pieces(at),
        strict=True,
    )
    changed: list[str] = []
    rows_: list[int] = []
    source = places.source_language
    for number, (name, rules, code, flags, label, pieces) in zip(
        chosen.tolist(), columns, strict=True
    ):
        place = _Context(languages[code], source, flags, label, *pieces)
        fitted, reasons = _adapt(name, rules, place)
        if reasons:
            rows_.append(number)
            changed.append(fitted)
            changes[number] = reasons
    if not changed:
        return FittedNames(names, changes)
    return FittedNames(put(names, np.array(rows_), like(changed, names.type)), changes)


def _applicable_rules(names: pa.Array, mention: Array, places: MentionContexts) -> Array:
    """Return the rules that may change each name, by its context and its own ends."""
    offsets, data = bytes_of(names)
    # Four more bytes, so that a character at the end of the last name can be decoded.
    data = np.append(data, np.zeros(4, np.uint8))
    first, end = offsets[:-1], offsets[1:]
    flags = places.flags.take(mention) * (end > first)
    due = np.zeros(len(names), np.uint16)

    def mark(flag: int, rule: int, which: Callable[[Array], Array]) -> None:
        rows_ = np.flatnonzero(flags & flag)
        due[rows_[which(rows_)]] |= rule

    def closed(rows_: Array) -> Array:
        ends: Array = _last_bytes(")）")[data[end[rows_] - 1]]
        ends |= matches(names.take(numbers(rows_)), ", ")
        return ends

    small, quotes = _first_characters()
    mark(beside.START, why.CAPITAL, lambda r: small[_decode_at(data, first[r])])
    mark(beside.IN_QUOTES, why.QUOTES, lambda r: quotes[_decode_at(data, first[r])])
    mark(beside.BEFORE_STOP, why.STOP, lambda r: _last_bytes(STOPS)[data[end[r] - 1]])
    mark(beside.BEFORE_REMARK, why.DISAMBIGUATION, closed)
    pattern = _article_pattern()
    mark(beside.AFTER_ARTICLE, why.ARTICLE, lambda r: matches(names.take(numbers(r)), pattern))
    for words, before in ((places.word_before, True), (places.word_after, False)):
        rows_ = np.flatnonzero((words.lengths > 0).take(mention))
        length = words.lengths.take(mention[rows_])
        longer = length < end[rows_] - first[rows_]
        rows_, length = rows_[longer], length[longer]
        word = first[rows_] if before else end[rows_] - length
        same = data[word + length if before else word - 1] == ord(" ")
        same &= data[word] == words.first[mention[rows_]]
        same &= data[word + 1] == words.second[mention[rows_]]
        due[rows_[same]] |= why.WORD
    return due


@cache
def _last_bytes(characters: str) -> Array:
    """Return bool[256]: whether a byte is the last of one of these characters in UTF-8."""
    table = np.zeros(256, bool)
    table[[character.encode()[-1] for character in characters]] = True
    return table


def _decode_at(data: Array, places: Array) -> Array:
    """Return the code points that begin at these byte offsets."""
    a, b, c, d = (data[places + i].astype(np.int64) for i in range(4))
    low = [part & 0x3F for part in (b, c, d)]
    two = (a & 0x1F) << 6 | low[0]
    three = (a & 0x0F) << 12 | low[0] << 6 | low[1]
    four = (a & 0x07) << 18 | low[0] << 12 | low[1] << 6 | low[2]
    points: Array = np.select([a < 0x80, a < 0xE0, a < 0xF0], [a, two, three], four)
    return points


@cache
def _first_characters() -> tuple[Array, Array]:
    """Return for each character: whether it may begin a lower-case word; whether it is a quote."""
    small, quotes = classes() & SMALL != 0, classes() & QUOTE != 0
    small[[*map(ord, _OPENING)]] = True
    return small, quotes


@cache
def _article_pattern() -> str:
    """Return a pattern that matches a name that begins with an article of any language."""
    brought = {
        article for row in rows("cstool.languages", "articles.tsv") for article in row[1].split()
    }
    words = sorted(re.escape(a) for a in brought if a[-1] not in "'-")
    tied = sorted(
        re.escape(a[:-1]) + ("['’]" if a[-1] == "'" else "-") for a in brought if a[-1] in "'-"
    )
    return rf"(?i)^(?:(?:{'|'.join(words)}) |{'|'.join(tied)})"


class _Context(NamedTuple):
    """The context of a mention, and the language of the name that replaces its anchor."""

    language: str
    source_language: str
    flags: int
    label: str | None
    before: str
    anchor: str
    after: str


def _adapt(name: str, due: int, place: _Context) -> tuple[str, int]:
    """Apply the rules in `due` to a name; return it, and the rules that changed it."""
    changes = 0
    again = True
    while again:
        again = False
        for reason, rule in _RULES:
            changed = rule(name, place) if due & reason else name
            if changed != name and _SHOWN.search(changed):
                changes |= reason
                name = changed
                again = True
        due = ~0
    return name, changes


def _without_quotes(name: str, place: _Context) -> str:
    """Return a name without its quotation marks if the sentence has some next to it."""
    if not place.flags & beside.IN_QUOTES:
        return name
    inner = name[1:-1]
    marks = any(mark in inner for mark in _QUOTES)
    if len(name) < 3 or name[0] not in _QUOTES or name[-1] not in _QUOTES or marks:
        return name
    touching = place.before[-1:], place.after[:1]
    if place.anchor[:1] in _QUOTES or not any(mark and mark in _QUOTES for mark in touching):
        return name
    return inner.strip(" ")


def _without_remark(name: str, place: _Context) -> str:
    """Return a name without its disambiguator if the same text follows in the sentence."""
    match = _REMARK.match(name) if place.flags & beside.BEFORE_REMARK else None
    if not match:
        return name
    head, *remarks = match.groups()
    remark = next(filter(None, remarks))
    end = place.after[len(remark) + 2 : len(remark) + 3]
    after_comma = place.after.startswith(f", {remark}") and not _in_word(end)
    follows = after_comma or place.after.startswith(f" ({remark})")
    return head if follows and not place.anchor.endswith((remark, remark + ")")) else name


def _without_stop(name: str, place: _Context) -> str:
    """Return a name without the full stop at its end if the sentence has one there: "Apple Inc.".

    Several marks, as in "Wham!!", or an ellipsis, are part of the name.
    """
    if not place.flags & beside.BEFORE_STOP:
        return name
    last = unicodedata.normalize("NFKC", name[-1:])
    if not last or last not in STOPS or name[-2:-1] in STOPS:
        return name
    if unicodedata.normalize("NFKC", place.after[:1]) != last or place.anchor[-1:] == name[-1]:
        return name
    return name[:-1].rstrip(" ")


def _without_word(name: str, place: _Context) -> str:
    """Return a name without a first or last word that is also next to it: "Lake Lake Michigan".

    Only words of two or more letters that begin with a capital, or have no case.
    """
    first, space, rest = name.partition(" ")
    if space and _is_great(first) and place.before.endswith(first + " "):
        cut = place.before[-len(first) - 2 : -len(first) - 1]
        if not _in_word(cut) and not place.anchor.startswith(first):
            return rest
    head, space, last = name.rpartition(" ")
    if space and _is_great(last) and place.after.startswith(" " + last):
        cut = place.after[len(last) + 1 : len(last) + 2]
        if not _in_word(cut) and not place.anchor.endswith(last):
            return head
    return name


def _is_great(word: str) -> bool:
    return len(word) > 1 and unicodedata.category(word[0]) in ("Lu", "Lt", "Lo")


def _in_word(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "LNM"


def _without_article(name: str, place: _Context) -> str:
    """Return a name without its article if the sentence has one: "the The Beatles".

    The article is one of the name's language or the text's language, or "the". It is kept if the
    anchor has it, too ("the El Niño"), and if it is part of the name in the text's language: label
    "Los Angeles Dodgers", anchor "Dodgers". Anchor "Beatles" and label "The Beatles" show that it
    is not.
    """
    if not place.flags & beside.AFTER_ARTICLE:
        return name
    for article in _brought(place.language, place.source_language):
        head, rest = name[: len(article)], name[len(article) :]
        if _folded(head) != article or (article[-1] not in "'-" and rest[:1] != " "):
            continue
        if len(article.strip("'-")) > 1 and head.isupper() and not name.isupper():
            return name  # "LA Galaxy", "DE Shaw"
        if _begins(place.anchor, article):
            return name
        known = place.label or ""
        if article != "the" and _begins(known, article):
            short = known[len(article) :].strip(" ")
            return rest.lstrip(" ") if _folded(short) == _folded(place.anchor) else name
        return rest.lstrip(" ")
    return name


@cache
def _brought(language: str, source_language: str) -> tuple[str, ...]:
    """Return the articles that a name in a language may begin with, longest first."""
    own = {*articles(language).brought, *articles(current(source_language)).brought, "the"}
    return tuple(sorted(own, key=lambda article: (-len(article), article)))


def _begins(name: str, article: str) -> bool:
    head, rest = name[: len(article)], name[len(article) :]
    return _folded(head) == article and (article[-1] in "'-" or rest[:1] in ("", " "))


def _folded(text: str) -> str:
    return text.replace("’", "'").lower()


def _with_capital(name: str, place: _Context) -> str:
    """Return a name with an upper-case first letter, at the start of a sentence.

    Not if the letter is a symbol ("α-Linolensäure", "n-Butan"), or if the word has another capital
    ("iPhone", "mRNA"). A name in a script without case is not changed.
    """
    if not place.flags & beside.START:
        return name
    at = 0
    while at < len(name) and name[at] in _OPENING:
        at += 1
    first = name[at : at + 1]
    if unicodedata.category(first or " ") != "Ll":
        return name
    word = _INITIAL.findall(name, at)[0]
    special = capitals(place.language)
    if special.get("first") == "no":
        return name
    sign = len(word) == 1 and name[at + 1 : at + 2] in {*"-‐‑–'’,"}
    inner = word[1:] != word[1:].lower() or "." in word[:-1]
    if sign or (inner and special.get("inner") != "no"):
        return name
    for small, capital in special.items():
        if name.startswith(small, at) and small not in ("first", "inner"):
            return name[:at] + capital + name[at + len(small) :]
    return name[:at] + unicodedata.normalize("NFC", first.title() + name[at + 1 :])


_RULES = (
    (why.QUOTES, _without_quotes),
    (why.DISAMBIGUATION, _without_remark),
    (why.STOP, _without_stop),
    (why.WORD, _without_word),
    (why.ARTICLE, _without_article),
    (why.CAPITAL, _with_capital),
)
