"""Finds repeated mentions of entities that a page has linked: `cstool link --propagate`.

Wikipedia links only the first mention. Later occurrences of an anchor of the entity, or of its
title, become mentions too, unless the name is ambiguous:

- two links of the page have it as anchor and lead to different entities, or one to no entity;
- it is the page's own title, with or without its disambiguator;
- it is the title of another page, which may be a disambiguation page: the wiki then uses it with
  another meaning ([[Germany national football team|Germany]], [[German language|German]]);
- it is so short that it may occur by coincidence (`word_boundaries.enough_letters`);
- it is a description rather than a name: an anchor in lower case that shares no word with the
  title ([[Swedes|origin]], [[CDU|the party]]).

Of overlapping names the longest is chosen, even if it is ambiguous: no York in New York.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from cstool.stages.link.word_boundaries import IsWords, enough_letters

# Maximum characters of a sentence and of a name. Their product bounds the time that a malicious
# page can take. Longer sentences are badly extracted lists or tables.
_LONGEST = 5000
_LONGEST_NAME = 255
_WORD = re.compile(r"\w+")
# Words that share this many first letters are treated as forms of the same word.
_STEM = 4


class PageMention(NamedTuple):
    """A mention on a page: row index of its sentence, span, title of its target, QID (0: none)."""

    row: int
    start: int
    end: int
    target: str
    qid: int


class RepeatedMention(NamedTuple):
    """An added mention: row index of its sentence, span, index of the mention that it repeats."""

    row: int
    start: int
    end: int
    like: int


class PageMentions(NamedTuple):
    """The title, sentences and mentions of a page, in the order of the page."""

    title: str
    texts: Sequence[str]
    mentions: Sequence[PageMention]


NameTable = dict[str, int]
# In place of an index of a mention: the name is ambiguous.
_UNCLEAR = -1


def names_of(page: PageMentions) -> NameTable:
    """Return the names of the page's linked entities, with the index of a mention for each."""
    names: NameTable = {}
    for number, mention in enumerate(page.mentions):
        anchor = page.texts[mention.row][mention.start : mention.end]
        for name in (anchor, mention.target):
            known = names.get(name)
            if known is None:
                names[name] = number if mention.qid else _UNCLEAR
            elif known != _UNCLEAR and page.mentions[known].qid != mention.qid:
                names[name] = _UNCLEAR
    for name in (page.title, without_disambiguator(page.title)):
        names[name] = _UNCLEAR
    return {
        name: number
        for name, number in names.items()
        if len(name) <= _LONGEST_NAME
        and enough_letters(name)
        and (number == _UNCLEAR or not _describes(name, page.mentions[number].target))
    }


def without_others(names: NameTable, page: PageMentions, titles: Mapping[str, int]) -> NameTable:
    """Return the names, with those that are the title of another page marked as ambiguous.

    `titles`: QID of the page with each title, 0 if there is no such page.
    """

    def clear(name: str, number: int) -> bool:
        qid = page.mentions[number].qid
        return titles.get(name, 0) in (0, qid)

    return {
        name: number if number != _UNCLEAR and clear(name, number) else _UNCLEAR
        for name, number in names.items()
    }


def further_mentions(
    page: PageMentions, names: NameTable, is_words: IsWords
) -> list[RepeatedMention]:
    """Return the repeated mentions of the page's linked entities by these names, in order."""
    if all(number == _UNCLEAR for number in names.values()):
        return []
    listed = list(names.values())
    automaton = AhoCorasick(
        names, store_patterns=False, implementation=Implementation.ContiguousNFA
    )
    linked: dict[int, tuple[int, int]] = {}  # end of each entity's first mention: row, offset
    for mention in page.mentions:
        linked.setdefault(mention.qid, (mention.row, mention.end))
    first_row = min(end for qid, end in linked.items() if qid)[0]
    spans_by_row = _by_row(page)
    repeated = []
    for row in range(first_row, len(page.texts)):
        text = page.texts[row]
        if len(text) > _LONGEST:
            continue
        matches = automaton.find_matches_as_indexes(text, overlapping=True)
        spans = spans_by_row.get(row, ())
        if all((start, end) in spans for _, start, end in matches):
            continue  # the case of most sentences: all matches are linked already
        for pattern, start, end in _longest(matches, text, is_words):
            like = listed[pattern]
            if like == _UNCLEAR or (row, start) < linked[page.mentions[like].qid]:
                continue
            if not any(start < to and at < end for at, to in spans):
                repeated.append(RepeatedMention(row, start, end, like))
    return repeated


def _describes(anchor: str, title: str) -> bool:
    """Whether an anchor is in lower case and shares no word with the title."""
    if anchor != anchor.lower() or anchor == anchor.upper():
        return False
    return _stems(anchor).isdisjoint(_stems(title))


def _stems(name: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(name.lower())}


def _by_row(page: PageMentions) -> dict[int, set[tuple[int, int]]]:
    spans: dict[int, set[tuple[int, int]]] = {}
    for row, start, end, _, _ in page.mentions:
        spans.setdefault(row, set()).add((start, end))
    return spans


def _longest(
    matches: Iterable[tuple[int, int, int]], text: str, is_words: IsWords
) -> Iterator[tuple[int, int, int]]:
    """Yield non-overlapping matches of whole words; at each start the longest."""
    reached = 0
    for pattern, start, end in sorted(matches, key=_start_and_length):
        if start >= reached and is_words(text, start, end):
            reached = end
            yield pattern, start, end


def _start_and_length(match: tuple[int, int, int]) -> tuple[int, int]:
    return match[1], -match[2]


def without_disambiguator(title: str) -> str:
    """Return a title without its disambiguator: "Paris" for "Paris (Texas)" and "Paris, Texas"."""
    name = title
    for opening, closing in (("(", ")"), ("（", "）")):
        if name.endswith(closing) and opening in name:
            name = name[: name.rindex(opening)].rstrip()
    return name.partition(", ")[0] or title
