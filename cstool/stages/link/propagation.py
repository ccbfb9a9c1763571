"""Further mentions of what a page has linked before: `cstool link --propagate`.

Wikipedia links only the first mention. A later place where the page names a linked entity by an
exact anchor of it, or by its title, becomes a mention, unless the name could be something else's:

- two links of the page have it and lead to different entities, or one of them to none;
- it is the page's own title, or that without its disambiguator;
- it is another page's title, be that a disambiguation page's: the wiki itself then says that it
  has other meanings ([[Germany national football team|Germany]], [[German language|German]]);
- it is too short to be told from chance (`word_bounds.enough_letters`);
- it describes more than it names: an anchor in small letters that shares no word with the title
  ([[Swedes|origin]], [[CDU|the party]]).

Of names that overlap the longest is taken, even where it gives no mention: no York in New York.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from cstool.stages.link.word_boundaries import IsWords, enough_letters

# Characters of a sentence that is searched, and of a name: what a hostile page can cost is bounded
# by their product. Longer sentences are lists or tables gone wrong, longer names are none.
_LONGEST = 5000
_LONGEST_NAME = 255
_WORD = re.compile(r"\w+")
# Letters by which two words are taken for forms of one.
_STEM = 4


class PageMention(NamedTuple):
    """A mention in a page: its sentence's number, its span there, where it leads; QID 0: none."""

    row: int
    start: int
    end: int
    target: str
    qid: int


class RepeatedMention(NamedTuple):
    """A mention that was found: its sentence and span, and which of the page's it repeats."""

    row: int
    start: int
    end: int
    like: int


class PageMentions(NamedTuple):
    """A page's sentences and their mentions, both in the order of the page."""

    title: str
    texts: Sequence[str]
    mentions: Sequence[PageMention]


NameTable = dict[str, int]
# In place of a mention: a name that is found, but gives none.
_UNCLEAR = -1


def names_of(page: PageMentions) -> NameTable:
    """Return the names by which the page's linked entities may be found: each one's mention."""
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
    """Return the names, those unclear that are another page's title; `titles`: its QID or 0."""

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
    """Return the further mentions of the page's linked entities by these names, in order."""
    if all(number == _UNCLEAR for number in names.values()):
        return []
    listed = list(names.values())
    automaton = AhoCorasick(
        names, store_patterns=False, implementation=Implementation.ContiguousNFA
    )
    linked: dict[int, tuple[int, int]] = {}  # where each entity's first mention ends
    for mention in page.mentions:
        linked.setdefault(mention.qid, (mention.row, mention.end))
    begun = min(end for qid, end in linked.items() if qid)[0]
    taken = _by_row(page)
    further = []
    for row in range(begun, len(page.texts)):
        text = page.texts[row]
        if len(text) > _LONGEST:
            continue
        found = automaton.find_matches_as_indexes(text, overlapping=True)
        spans = taken.get(row, ())
        if all((start, end) in spans for _, start, end in found):
            continue  # nothing but what is linked: most sentences
        for pattern, start, end in _longest(found, text, is_words):
            like = listed[pattern]
            if like == _UNCLEAR or (row, start) < linked[page.mentions[like].qid]:
                continue
            if not any(start < to and at < end for at, to in spans):
                further.append(RepeatedMention(row, start, end, like))
    return further


def _describes(anchor: str, title: str) -> bool:
    """Whether an anchor in small letters has no word of the title."""
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
    found: Iterable[tuple[int, int, int]], text: str, is_words: IsWords
) -> Iterator[tuple[int, int, int]]:
    """Yield those that are whole words and overlap none before; the longest of each beginning."""
    reached = 0
    for pattern, start, end in sorted(found, key=_place):
        if start >= reached and is_words(text, start, end):
            reached = end
            yield pattern, start, end


def _place(match: tuple[int, int, int]) -> tuple[int, int]:
    return match[1], -match[2]


def without_disambiguator(title: str) -> str:
    """Return "Paris" of "Paris (Texas)", and of "Paris, Texas"; of others the title itself."""
    name = title
    for opening, closing in (("(", ")"), ("（", "）")):
        if name.endswith(closing) and opening in name:
            name = name[: name.rindex(opening)].rstrip()
    return name.partition(", ")[0] or title
