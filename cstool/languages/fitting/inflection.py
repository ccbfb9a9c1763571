"""What an anchor is to its entity: one of its names, an inflected form of one, or neither.

The names are those of the entity in the source language. An anchor that equals one of them, apart
from case, accents, spaces, punctuation and an article at the start, is a name; in a language that
writes nouns with a capital, one in lower-case letters is an adjective ("russlanddeutsche"). A part
of a person's label is a name, too: "Beethoven", "G. W. F. Hegel", "Charles I" (of England).

Any other anchor is inflected if one of its words is a form of a word of a name (it has another
ending, by the language's table), and either all other words of the anchor or all other words of the
name are matched. "Romans" is recognised by "Roman Empire", "Пушкина" by "Александр Пушкин", "Irish
cuisine" by "Ireland". All others are neither: "south of the border" for "Mexico".
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers
from cstool.languages.codes import current
from cstool.languages.data_tables import rows
from cstool.languages.fitting.context import articles

_WORD = re.compile(r"\w+(?:['’]\w*)?")
_REMARK = re.compile(r"(?<=\S)\s*[(（][^()（）]*[)）]$")
_ACCENTS = re.compile("[\u0300-\u036f]")
_MARKS = re.compile(r"[^\w]+|_")
# If any two endings match: the lengths of the longest ones of a name and of an anchor.
_ANY = (3, 5)
# The number of a ruler, which alone is no name: "II".
_RULER = re.compile("[ivx]+|[0-9]+")
# Languages that write nouns with a capital (en.wikipedia.org/wiki/Capitalization, "Nouns").
_CAPITAL_NOUNS = frozenset({"bar", "de", "gsw", "ksh", "lb", "nds", "pdc", "pfl", "stq"})
# What an anchor is to its entity.
NAME, INFLECTED, NO_NAME = range(3)


class InflectionTable(NamedTuple):
    """A language's table: pairs of a name's and an anchor's ending, each with the shortest stem.

    `any_stem`: the shortest stem if any two endings match, 0 if they do not.
    """

    pairs: dict[tuple[str, str], int]
    before: tuple[tuple[str, str, int], ...]
    any_stem: int
    longest: int


@cache
def endings(language: str) -> InflectionTable:
    """Return a language's endings; if it has none of its own, those for any language ("und")."""
    table = [row[1:] for row in rows("cstool.languages", "endings.tsv") if row[0] == language]
    if not table:
        base = language.split("-", maxsplit=1)[0]
        return endings(base if base != language else "und")
    pairs: dict[tuple[str, str], int] = {}
    before: list[tuple[str, str, int]] = []
    any_stem = 0
    for least, of_name, of_anchor, what in table:
        if of_name == "*":
            any_stem = int(least)
            continue
        for x, y in product(of_name.split(), of_anchor.split()):
            pair = x.replace("_", ""), y.replace("_", "")
            if what == "before":
                before.append((*pair, int(least)))
            elif pair[0] != pair[1]:
                pairs[pair] = min(int(least), pairs.get(pair, int(least)))
    longest = max((len(part) for pair in pairs for part in pair), default=0)
    return InflectionTable(pairs, tuple(before), any_stem, longest)


def inflected(
    anchors: pa.Array, labels: pa.Array, aliases: pa.Array, source_language: str
) -> Array:
    """Return bool[n]: whether each anchor is inflected; the arguments are those of `anchor_kinds`.

    Languages without a table of endings have no inflected anchors.
    """
    table = endings(current(source_language))
    if not (table.pairs or table.before or table.any_stem):
        return np.zeros(len(anchors), bool)
    kinds = anchor_kinds(anchors, labels, aliases, source_language)
    result: Array = kinds == INFLECTED
    return result


def anchor_kinds(
    anchors: pa.Array,
    labels: pa.Array,
    aliases: pa.Array,
    source_language: str,
    persons: Array | None = None,
) -> Array:
    """Return uint8[n]: whether each anchor is a NAME of its entity, INFLECTED, or NO_NAME.

    An anchor whose entity has no name in the source language counts as a name.

    `labels`: each entity's label in the source language (null if it has none); `aliases`: lists of
    its other names there (null or empty if it has none), which may include the title of its page.
    `persons`: bool[n], whether the entity is a person (default: none is).
    """
    kinds = np.zeros(len(anchors), np.uint8)
    language = current(source_language)
    others = _not_equal(anchors, labels, aliases, language)
    if not len(others):
        return kinds
    some = numbers(others)
    firsts, further = flat(aliases.take(some).fill_null([]))
    names = further.to_pylist()
    person = [False] * len(others) if persons is None else persons[others].tolist()
    for i, anchor, label, first, last, human in zip(
        others.tolist(),
        anchors.take(some).to_pylist(),
        labels.take(some).to_pylist(),
        firsts[:-1].tolist(),
        firsts[1:].tolist(),
        person,
        strict=True,
    ):
        kinds[i] = _kind(anchor, (label, *names[first:last]), language, human)
    return kinds


def _not_equal(anchors: pa.Array, labels: pa.Array, aliases: pa.Array, language: str) -> Array:
    """Return the indexes of anchors whose entity has a name, but none that equals the anchor.

    Equal apart from case, in a language where case makes no difference. Other equal names may also
    be among the returned ones.
    """
    cased = _has_capital_nouns(language)
    alike = anchors if cased else pc.utf8_lower(anchors)
    number = pc.list_value_length(aliases).fill_null(0).to_numpy(zero_copy_only=False)
    same = pc.equal(alike, labels if cased else pc.utf8_lower(labels))
    # Null: no label. Most anchors are the label itself.
    left = ~same.fill_null(False).to_numpy(zero_copy_only=False)
    left &= same.is_valid().to_numpy(zero_copy_only=False) | (number > 0)
    some = np.flatnonzero(left & (number > 0))
    if len(some) and not cased:
        names = aliases.take(numbers(some)).flatten()
        owner = np.repeat(some, number[some])
        equal = pc.equal(pc.utf8_lower(names), alike.take(numbers(owner))).fill_null(False)
        left[owner[equal.to_numpy(zero_copy_only=False)]] = False
    others: Array = np.flatnonzero(left)
    return others


@lru_cache(1 << 14)
def _kind(anchor: str, names: tuple[str | None, ...], language: str, person: bool) -> int:
    articles_ = articles(language).brought
    folded = [_folded(name) for name in names if name]
    if not folded:
        return NAME
    mine = _folded(anchor)
    bare = {_bare(mine), _bare(_without_article(mine, articles_))}
    equal = folded
    if anchor.islower() and _has_capital_nouns(language):
        # The title of a page has a capital in any case.
        equal = [_folded(name) for name in names if name and name[0].islower()]
    # A disambiguator is not part of the name, but its words may be in the anchor.
    for name in equal:
        if _bare(name) in bare:
            return NAME
        plain = _without_article(_REMARK.sub("", name), articles_)
        if plain is not name and _bare(plain) in bare:
            return NAME
    words, table = _words(mine), endings(language)
    listed = [_words(name) for name in folded]
    # Not of an alias: "Frederick III, King of Prussia".
    if person and names[0] and not anchor.islower() and _is_part(words, listed[0], articles_):
        return NAME
    if any(_forms(words, name, table, articles_) for name in listed):
        return INFLECTED
    return NO_NAME


def _has_capital_nouns(language: str) -> bool:
    return language.split("-", maxsplit=1)[0] in _CAPITAL_NOUNS


def _bare(name: str) -> str:
    """Return a folded name without white space and punctuation."""
    return name if name.isalnum() else _MARKS.sub("", name)


def _words(name: str) -> list[str]:
    return [name] if name.isalnum() else _WORD.findall(name)


def _without_article(name: str, articles_: tuple[str, ...]) -> str:
    """Return a folded name without an article at its start, unless nothing else is left."""
    for article in articles_:
        begins = name.startswith(article) and len(name) > len(article) + 1
        if begins and (article[-1] in "'-" or name[len(article)] == " "):
            return name[len(article) :].lstrip()
    return name


def _is_part(words: list[str], name: list[str], articles_: tuple[str, ...]) -> bool:
    """Return whether words are some of a name's words, in its order; initials match their word.

    One of them must be more than an initial, an article or a number of a ruler.
    """
    if all(len(w) == 1 or w in articles_ or _RULER.fullmatch(w) for w in words):
        return False
    left = iter(name)
    return all(any(n == w or (len(w) == 1 and n[0] == w) for n in left) for w in words)


def _folded(text: str) -> str:
    """Return a text in lower case, without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).replace("’", "'")


def _forms(
    words: list[str], names: list[str], table: InflectionTable, articles_: tuple[str, ...]
) -> bool:
    """Return whether a word is a form of a word of the name, and all others are matched.

    All others means those of the anchor, or those of the name; articles, in `articles_`, need no
    match. A single letter matches a word that it begins.
    """
    left = list(names)
    others = []
    for word in words:
        if word in left:
            left.remove(word)
        elif len(word) == 1 and (whole := next((n for n in left if n[0] == word), None)):
            left.remove(whole)
        elif word not in articles_:
            others.append(word)
    found = 0
    for word in others:
        form = next((n for n in left if _is_form(word, n, table)), None)
        if form is not None:
            left.remove(form)
            found += 1
    return found > 0 and (found == len(others) or not left)


def _shared(one: str, other: str) -> int:
    """Return the length of the common prefix of two words."""
    if one.startswith(other):
        return len(other)
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def _is_form(word: str, name: str, table: InflectionTable) -> bool:
    """Return whether a word is another form of a name's word."""
    shared = _shared(word, name)
    if not shared and not table.before:
        return (name, word) in table.pairs
    for stem in range(shared, max(-1, max(len(word), len(name)) - table.longest - 1), -1):
        least = table.pairs.get((name[stem:], word[stem:]))
        if least is not None and least <= stem:
            return True
    rest, ending = len(name) - shared, len(word) - shared
    short = rest <= _ANY[0] and ending <= _ANY[1] and (ending > 0 or rest == 1)
    if short and table.any_stem and shared >= max(table.any_stem, rest, ending):
        return True
    for of_name, of_anchor, least in table.before:
        if word.startswith(of_anchor) and name.startswith(of_name) and of_name != of_anchor:
            bare, stem_ = word[len(of_anchor) :], name[len(of_name) :]
            same = bare == stem_ and len(bare) >= least
            if same or (len(bare) > least and _is_form(bare, stem_, table._replace(before=()))):
                return True
    return False
