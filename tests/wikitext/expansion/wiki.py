"""A small wiki of templates for tests."""

from collections.abc import Mapping

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.definitions import Definition
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.frames import Modules

ENGLISH = Site("enwiki", "en", "first-letter", ((0, ""), (10, "Template"), (828, "Module")))
GERMAN = Site("dewiki", "de", "first-letter", ((0, ""), (10, "Vorlage"), (828, "Modul")))


class Wiki:
    """Templates by name, with `#REDIRECT Name` for redirects; counts what is looked up."""

    def __init__(self, templates: Mapping[str, str], site: Site = ENGLISH) -> None:
        self._prefix = dict(site.namespaces)[10]
        self._texts = {f"{self._prefix}:{name}": text for name, text in templates.items()}

    def find(self, title: str) -> Definition | None:
        """Return a template."""
        text = self._texts.get(title)
        if text is None:
            return None
        _, redirects, target = text.partition("#REDIRECT ")
        redirect = f"{self._prefix}:{target}" if redirects else None
        return Definition(title, text, redirect, "wikitext")

    def exists(self, title: str) -> bool:
        """Return whether there is a template with this title."""
        return title in self._texts


def expanded(source: str, **templates: str) -> str:
    """Return what a call on the page "Page" shows in an English wiki with these templates."""
    return expander(templates).expand(source, "Page", starts_line=False)


def expander(
    templates: Mapping[str, str], site: Site = ENGLISH, modules: Modules | None = None
) -> Expander:
    """Return an expander of a wiki with these templates."""
    return Expander(site, Wiki(templates, site), modules)
