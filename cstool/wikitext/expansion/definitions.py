"""The pages that templates consist of: the namespaces of templates and of modules."""

from typing import NamedTuple, Protocol


class Definition(NamedTuple):
    """The source of a template or module.

    `title`: its full title; `redirect`: the full title that it redirects to, else None; `model`:
    its content model ("wikitext", "Scribunto", "json", …).
    """

    title: str
    text: str
    redirect: str | None
    model: str


class Definitions(Protocol):
    """The definitions of a wiki, by full title (`Template:Foo`, with the wiki's own prefix)."""

    def find(self, title: str) -> Definition | None:
        """Return the page with this normalised title, None if the dump has none."""

    def exists(self, title: str) -> bool | None:
        """Return whether the wiki has a page with this title, None if that is unknown."""
