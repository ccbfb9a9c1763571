"""Our sentences against MediaWiki's rendering of the same pages, as `data/gold` keeps it.

A sentence must be the same on both sides, links and all: stricter than to look for it anywhere in
the page. The page's text is split here as `cstool.wikitext.sentences` promises to split ours.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cstool.dumps.xml import PageParser
from cstool.wikitext.boundaries import boundaries
from cstool.wikitext.page import reader

GOLD = Path(__file__).parents[2] / "data/gold"
# Templates on these pages that show nothing within running text; others leave holes.
SILENT = frozenset(
    {
        "sfn", "citation needed", "efn", "rp", "clear", "нет аи", "بحاجة لمصدر",
        "來源請求", "要出典", "kaynak belirt", "ต้องการอ้างอิง", "#tag:ref",
    }
)  # fmt: skip
_HOLE = re.compile("⟦([^⟦⟧]*)⟧")
_INVISIBLE = frozenset("\u00ad\u200b\u2060\ufeff")
_OBJECT = "\ufffc"

Link = tuple[int, int, str]


class Known(NamedTuple):
    """A sentence, as far as the two sides are compared."""

    page: str
    text: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Scores:
    """Our sentences of a wiki's pages, MediaWiki's, and where they differ."""

    ours: Counter[Known]
    gold: Counter[Known]

    def stray(self) -> list[Known]:
        """Return our sentences that the page does not show."""
        return list((self._texts(self.ours) - self._texts(self.gold)).elements())

    def lost(self) -> list[Known]:
        """Return the page's sentences that we do not give."""
        return list((self._texts(self.gold) - self._texts(self.ours)).elements())

    def wrong_links(self) -> list[tuple[Known, Link]]:
        """Return our links that are not the page's, in sentences that are."""
        return self._only(self.ours, self.gold)

    def lost_links(self) -> list[tuple[Known, Link]]:
        """Return the page's links that are not ours, in sentences that are."""
        return self._only(self.gold, self.ours)

    def pages(self) -> set[str]:
        """Return the pages on which the two differ."""
        return {s.page for s in [*(self.ours - self.gold), *(self.gold - self.ours)]}

    @staticmethod
    def _texts(side: Counter[Known]) -> Counter[Known]:
        return Counter(s._replace(links=()) for s in side.elements())

    @staticmethod
    def _only(one: Counter[Known], other: Counter[Known]) -> list[tuple[Known, Link]]:
        same = {(s.page, s.text): s.links for s in other - one}
        differ = ((s, same.get((s.page, s.text))) for s in one - other)
        return [(s, link) for s, links in differ if links for link in s.links if link not in links]


def score(language: str) -> Scores:
    """Compare our sentences of a language's pages with MediaWiki's."""
    gold = gold_sentences(GOLD / f"{language}.gold.jsonl", language)
    return Scores(Counter(_ours(language)), Counter(gold))


def _ours(language: str) -> Iterator[Known]:
    """Yield the sentences that `extract --templates none` writes."""
    dump = GOLD / f"{language}.xml"
    parser = PageParser(dump.name)
    pages = list(parser.feed(dump.read_bytes()))
    assert parser.site is not None
    read = reader(parser.site, render=False)
    for page in pages:
        for text, mentions, holes in read.sentences(page.text or "", page.title):
            if mentions and not holes:
                yield known(page.title, text, mentions)


def gold_sentences(gold: Path, language: str) -> Iterator[Known]:
    """Yield the sentences that MediaWiki shows whole, those with a link."""
    for told in gold.read_text("utf-8").splitlines():
        page = json.loads(told)
        for block in page["blocks"]:
            text, links = _with_holes(block["text"], block["links"])
            whole = known(page["title"], text, links)
            for sentence in _split(whole, language):
                if sentence.links and _OBJECT not in sentence.text:
                    yield sentence


def _split(block: Known, language: str) -> Iterator[Known]:
    """Yield the sentences of a block; a bound inside a link is none."""
    start = at = 0
    for piece in boundaries(block.text, language):
        at += len(piece)
        if any(a < at < b for a, b, _ in block.links):
            continue
        inside = [(a - start, b - start, t) for a, b, t in block.links if start <= a and b <= at]
        yield known(block.page, block.text[start:at], inside)
        start = at


def _with_holes(text: str, links: Iterable[Link]) -> tuple[str, list[Link]]:
    """Return a block without the marks of silent templates, other marks one character each."""
    places: list[int] = []
    out: list[str] = []
    at = length = 0
    for match in _HOLE.finditer(text):
        places += range(length, length + match.start() - at)
        out.append(text[at : match.start()])
        length += match.start() - at
        places += [length] * len(match[0])
        if match[1].lower().replace("_", " ") not in SILENT:
            out.append(_OBJECT)
            length += 1
        at = match.end()
    out.append(text[at:])
    places += range(length, length + len(text) - at + 1)
    return "".join(out), [(places[a], places[b], target) for a, b, target in links]


def known(page: str, text: str, links: Iterable[Link]) -> Known:
    """Return a sentence with single spaces and without what is invisible, ends trimmed."""
    places: list[int] = []
    out: list[str] = []
    for character in text:
        places.append(len(out))
        if character in _INVISIBLE or (character.isspace() and (not out or out[-1] == " ")):
            continue
        out.append(" " if character.isspace() else character)
    places.append(len(out))
    shown = "".join(out)
    found = []
    for a, b, target in links:
        anchor = shown[places[a] : places[b]]
        start = places[a] + len(anchor) - len(anchor.lstrip())
        found.append((start, start + len(anchor.strip()), target))
    return Known(page, shown.rstrip(), tuple(found))
