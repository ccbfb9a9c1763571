"""The templates of a wiki by the names in calls, compiled when they are first called.

After Parser::braceSubstitution and Parser::statelessFetchTemplate (MediaWiki REL1_39).
"""

from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import BudgetExceededError
from cstool.wikitext.expansion.definitions import Definition, Definitions
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.inclusion import transcluded
from cstool.wikitext.expansion.programs import Program, compiled
from cstool.wikitext.titles import TEMPLATE

K = TypeVar("K")
V = TypeVar("V")

_WIKITEXT = "wikitext"
# Redirects that are followed from one page to the next.
_MOST_REDIRECTS = 2
# Characters of definitions whose programs are kept (15 bytes each), and names with their titles.
_KEPT = 4 << 20
_NAMES_KEPT = 1 << 16


class Template(NamedTuple):
    """A template: its full title, after redirects, and its program.

    `limit`: the limit that its source exceeds, else "".
    """

    title: str
    program: Program
    limit: str = ""


class Recent(Generic[K, V]):
    """A mapping that keeps the entries used last, up to a total weight."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return an entry, None if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Add an entry; forget others if the total is too large."""
        if key in self._entries:
            self._total -= self._entries.pop(key)[1]
        self._entries[key] = value, weight
        self._total += weight
        while self._total > self._most and len(self._entries) > 1:
            _, (_, removed) = self._entries.popitem(last=False)
            self._total -= removed


class CompiledTemplates:
    """Finds a wiki's templates, and compiles those that are called."""

    def __init__(self, site: Site, definitions: Definitions) -> None:
        self._site = site
        self._definitions = definitions
        self._titles: Recent[str, str] = Recent(_NAMES_KEPT)
        self._templates: Recent[str, Template] = Recent(_KEPT)

    def title_of(self, name: str) -> str | None:
        """Return the full title of the page that a call names, None if that is no title."""
        title = self._titles.get(name)
        if title is None:
            parsed = parsed_title(name, self._site, TEMPLATE)
            title = "" if parsed is None else parsed.full
            self._titles.put(name, title)
        return title or None

    def find(self, name: str) -> Template | None:
        """Return the template that a call names, None if the wiki has none with this name."""
        title = self.title_of(name)
        return None if title is None else self._of_title(title)

    def _of_title(self, title: str) -> Template | None:
        template = self._templates.get(title)
        if template is not None:
            return template
        found = self._definition(title)
        if found is None:
            return None
        template = _compiled(found)
        self._templates.put(title, template, len(found.text) + 200)
        return template

    def _definition(self, title: str) -> Definition | None:
        """Return the definition with this title, after redirects."""
        found = self._definitions.find(title)
        for _ in range(_MOST_REDIRECTS):
            if found is None or found.redirect is None:
                break
            found = self._definitions.find(found.redirect)
        if found is None or found.redirect is not None or found.model != _WIKITEXT:
            return None
        return found


def _compiled(definition: Definition) -> Template:
    try:
        return Template(definition.title, compiled(transcluded(definition.text)))
    except BudgetExceededError as fault:
        return Template(definition.title, "", fault.limit)
