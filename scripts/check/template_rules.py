"""Compare the rules for templates with a wiki's own definitions of them.

Usage: python -m scripts.check.template_rules DUMP [--calls 20] [--all]

DUMP is page XML with templates (and Lua modules). Each different call on its pages, up to `--calls`
for a template that has a rule and a definition, is read between two words, once with its rule and
once with what the definition expands to. Unlike in `extract`, where rules for templates without
visible output are always used, these are compared, too; blocks, such as hatnotes, are not. Prints a
table of the templates for which text or links differ, or the definition is unknown (a hole) where
the rule is not; `--all` prints each call.
"""

import argparse
import bz2
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cstool.dumps.xml import MAIN, Page, PageParser, Site
from cstool.wikitext.expansion.definitions import Definition
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.lua.lua_modules import LuaModules
from cstool.wikitext.extension_tags import strip
from cstool.wikitext.hidden_elements import without_hidden
from cstool.wikitext.markers import Markers
from cstool.wikitext.page import PageReader
from cstool.wikitext.rule_tables import (
    SHOWS_BLOCK,
    Aliases,
    TemplateRules,
    aliases_of,
    normal_name,
    rules_of,
)
from cstool.wikitext.scan import calls
from cstool.wikitext.sentences import TextLine
from cstool.wikitext.site_identity import whole_site
from cstool.wikitext.templates import call_name
from cstool.wikitext.titles import MODULE, TEMPLATE, namespaces_of

# Output that is not within a line of text.
_BLOCK = re.compile(r"\s*(?:\{\||[*#:;]|<(?:div|table|blockquote)\b)")
# The page that contains the calls.
_TITLE = "Page"


class Shown(NamedTuple):
    """What a call shows: its lines of text, between words, and the titles that they link to."""

    text: str
    links: tuple[str, ...]


class Compared(NamedTuple):
    """A call and what it shows; None: unknown."""

    name: str
    call: str
    by_rule: Shown | None
    by_definition: Shown | None


class Wiki:
    """The templates and modules of a dump, by full title, and its articles (see `Definitions`)."""

    def __init__(self, site: Site, pages: Iterable[Page]) -> None:
        self.site = site
        self.articles: list[Page] = []
        self._titles: set[str] = set()
        self._found: dict[str, Definition] = {}
        for page in pages:
            self._titles.add(page.title)
            if page.namespace in (TEMPLATE, MODULE):
                text = page.text or ""
                self._found[page.title] = Definition(page.title, text, page.redirect, page.model)
            elif page.namespace == MAIN and page.text:
                self.articles.append(page)

    def find(self, title: str) -> Definition | None:
        """Return a template or module."""
        return self._found.get(title)

    def exists(self, title: str) -> bool | None:
        """Return whether the dump has a page."""
        return title in self._titles

    def aliases(self) -> Aliases:
        """Return the redirects between templates that lead to one with a rule."""
        rules = rules_of(self.site.language, render=True)
        redirects = [(d.title, d.redirect) for d in self._found.values() if d.redirect]
        return aliases_of(redirects, rules)

    def defined(self) -> Mapping[str, str]:
        """Return the names of templates as in rules, and their full titles."""
        names = namespaces_of(self.site)
        return {
            normal_name(title.partition(":")[2]): title
            for title in self._found
            if names.number(title) == TEMPLATE
        }


def read_wiki(path: Path) -> Wiki:
    """Read a dump, which fits in memory."""
    data = path.read_bytes()
    parser = PageParser(path.name)
    pages = list(parser.feed(bz2.decompress(data) if path.suffix == ".bz2" else data, final=True))
    return Wiki(whole_site(parser.header, path.name), pages)


def calls_with_rule(wiki: Wiki, rules: TemplateRules, most: int) -> Iterator[tuple[str, str]]:
    """Yield names and calls that have both a rule and a definition; at most `most` of a name."""
    defined = wiki.defined()
    seen: dict[str, set[str]] = {}
    for page in wiki.articles:
        text = strip(page.text or "", Markers())
        for start, end, braces in calls(text):
            call = text[start:end]
            name = call_name(call) if braces == 2 else ""
            rule, _ = rules.find(name) or (None, "")
            if name not in defined or rule is None or rule is SHOWS_BLOCK:
                continue
            known = seen.setdefault(name, set())
            if call not in known and len(known) < most:
                known.add(call)
                yield name, call


def compare(wiki: Wiki, most: int) -> Iterator[Compared]:
    """Yield each call that has a rule and a definition, and what both show."""
    aliases = wiki.aliases()
    rules = rules_of(wiki.site.language, render=True, aliases=aliases)
    reader = PageReader(wiki.site, render=True, aliases=aliases)
    expander = Expander(wiki.site, wiki, LuaModules(wiki.site, wiki))
    for name, call in calls_with_rule(wiki, rules, most):
        expanded = expander.expand(call, _TITLE, starts_line=False)
        defined = without_hidden(expanded, Markers())
        if _BLOCK.match(defined):
            continue
        yield Compared(
            name,
            call,
            _shown(reader.rendered(call, _TITLE)),
            _shown(reader.rendered(defined, _TITLE)),
        )


def _shown(lines: list[TextLine]) -> Shown | None:
    """Return what lines show, None if something in them is unknown."""
    if any(line.holes for line in lines):
        return None
    text = " / ".join(line.text for line in lines).removeprefix("x ").removesuffix(" x")
    return Shown(text, tuple(target for line in lines for _, _, target in line.mentions))


def differs(compared: Compared) -> bool:
    """Return whether a rule shows something else than the definition, or the definition nothing."""
    return compared.by_rule is not None and compared.by_rule != compared.by_definition


def table(found: Iterable[Compared]) -> Iterator[str]:
    """Yield the lines of a table of the templates whose calls differ, with an example of each."""
    yield "| template | calls | differ | example | by rule | by definition |"
    yield "|---|---:|---:|---|---|---|"
    of_name: dict[str, list[Compared]] = {}
    for compared in found:
        of_name.setdefault(compared.name, []).append(compared)
    for name, all_calls in sorted(of_name.items()):
        wrong = [compared for compared in all_calls if differs(compared)]
        if wrong:
            yield f"| {name} | {len(all_calls)} | {len(wrong)} | {_row(wrong[0])} |"


def _row(compared: Compared) -> str:
    columns = (f"`{compared.call}`", _told(compared.by_rule), _told(compared.by_definition))
    return " | ".join(column.replace("\n", " ").replace("|", "\\|") for column in columns)


def _told(shown: Shown | None) -> str:
    if shown is None:
        return "(unknown)"
    targets = ", ".join(shown.links)
    text = "" if shown.text in ("x", "x x") else shown.text
    return (text.strip() or "(nothing)") + (f" → {targets}" if targets else "")


def main() -> None:
    """Compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dump", type=Path)
    parser.add_argument("--calls", type=int, default=20, help="calls of a template (default: 20)")
    parser.add_argument("--all", action="store_true", help="print each call that differs")
    arguments = parser.parse_args()
    found = list(compare(read_wiki(arguments.dump), arguments.calls))
    print(f"{len(found)} calls, {sum(map(differs, found))} differ")
    if arguments.all:
        for compared in filter(differs, found):
            print(f"| {compared.name} | {_row(compared)} |")
    else:
        print("\n".join(table(found)))


if __name__ == "__main__":
    main()
