"""Expand the calls of a dump's pages by the dump's own templates, and compare with MediaWiki.

Usage: python -m scripts.check.template_calls DUMP.xml.bz2 --mediawiki DIR/LocalSettings.php
           [--show 10] [--most 100000]

DUMP is a bz2 file with templates and modules. Each outermost call of an article is expanded by
itself; MediaWiki gets it with the templates and modules that we have used. Where our output has a
hole, MediaWiki's may have any text. Prints the numbers of calls by outcome, the names of the
commonest holes, and the first differences.
"""

import argparse
import bz2
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cstool.dumps.xml import MAIN, Page, PageParser, Site
from cstool.wikitext.expansion.definitions import Definition
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.full_titles import namespace_name
from cstool.wikitext.expansion.inclusion import REMOVED, preprocessed
from cstool.wikitext.expansion.lua.lua_modules import LuaModules
from cstool.wikitext.markers import HOLE
from cstool.wikitext.redirects import whole_page
from cstool.wikitext.scan import calls
from cstool.wikitext.titles import namespaces_of
from scripts.fuzz.template_cases import Case
from scripts.fuzz.templates import HOLES, agree, theirs

_DEFINING = (10, 828)
_PIECE = 1 << 20


class DumpDefinitions:
    """The templates and modules of a dump, and the titles of its pages.

    `used`: the wikitext of those that were looked up.
    """

    def __init__(self, pages: list[Page]) -> None:
        self._pages = {page.title: page for page in pages if page.namespace in _DEFINING}
        self._titles = {page.title for page in pages}
        self.used: dict[str, str] = {}

    def find(self, title: str) -> Definition | None:
        """Return a template or module."""
        page = self._pages.get(title)
        if page is None:
            return None
        self.used[title] = page.text or ""
        return Definition(title, page.text or "", page.redirect, page.model)

    def exists(self, title: str) -> bool:
        """Return whether the dump has a page with this title."""
        return title in self._titles


def read_dump(path: Path) -> tuple[Site, list[Page]]:
    """Return the wiki and the pages of a dump."""
    parser = PageParser(str(path))
    pages: list[Page] = []
    with bz2.open(path) as file:
        while piece := file.read(_PIECE):
            pages += parser.feed(piece)
    pages += parser.finish()
    namespaces = namespaces_of(parser.header)
    return parser.header, [whole_page(page, namespaces) for page in pages]


def calls_of(pages: list[Page]) -> Iterator[tuple[str, str]]:
    """Yield the calls of articles: the title and the call; equal calls of a page once."""
    for page in pages:
        if page.namespace == MAIN and page.text and page.redirect is None:
            spans = calls(page.text)
            found = (page.text[start:end] for start, end, braces in spans if braces == 2)
            for source in dict.fromkeys(found):
                yield page.title, source


def main() -> None:
    """Expand, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dump", type=Path)
    parser.add_argument("--mediawiki", required=True)
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("--most", type=int, default=100_000)
    arguments = parser.parse_args()
    site, pages = read_dump(arguments.dump)
    os.environ.setdefault("ORACLE_LANG", site.language)
    found = list(calls_of(pages))[: arguments.most]
    outcomes: Counter[str] = Counter()
    holes: Counter[str] = Counter()
    mine: list[str] = []
    cases: list[Case] = []
    definitions = DumpDefinitions(pages)
    modules = LuaModules(site, definitions)
    start = time.process_time()
    for title, source in found:
        definitions.used = {}
        expander = Expander(site, definitions, modules)  # a new one looks everything up
        text = preprocessed(source).replace(REMOVED, "")
        mine.append(expander.expand(text, title, starts_line=False))
        cases.append(Case(source, definitions.used, title))
    seconds = time.process_time() - start
    answers = theirs(cases, arguments.mediawiki)
    shown = 0
    for (title, source), text, answer in zip(found, mine, answers, strict=True):
        holes.update(set(HOLES.findall(text)))
        if answer is None:
            outcome = "error of MediaWiki"
        elif not agree(text, answer):
            outcome = "different"
        else:
            outcome = "equal but for holes" if HOLE in text else "equal"
        outcomes[outcome] += 1
        if outcome == "different" and shown < arguments.show:
            shown += 1
            print(f"--- {title}: {source}\nours:   {text!r}\ntheirs: {answer!r}")
    template = namespace_name(10, site)
    print(f"{len(found):,} calls by {sum(p.title.startswith(template) for p in pages):,} templates")
    print(f"{len(found) / seconds:,.0f} calls in a CPU second, without what is kept between calls")
    for outcome, count in outcomes.most_common():
        print(f"{outcome}: {count:,}")
    print("holes:", ", ".join(f"{name} {count:,}" for name, count in holes.most_common(25)))


if __name__ == "__main__":
    main()
