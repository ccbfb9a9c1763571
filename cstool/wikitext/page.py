"""A page's source → its sentences: the other modules of this package in their order."""

from functools import cache

from cstool.dumps.export import Site
from cstool.wikitext.inline import plain
from cstool.wikitext.lines import running_lines
from cstool.wikitext.links import Links
from cstool.wikitext.marks import Marks
from cstool.wikitext.quotes import without_quotes
from cstool.wikitext.rules import rules_of
from cstool.wikitext.sentences import Line, Sentence, read_line, split
from cstool.wikitext.strip import strip
from cstool.wikitext.templates import expand
from cstool.wikitext.titles import namespaces_of


class Reader:
    """Reads the pages of one wiki. `render` tells whether known templates are rendered."""

    def __init__(self, site: Site, *, render: bool) -> None:
        self._language = site.language
        self._namespaces = namespaces_of(site)
        self._links = Links(self._namespaces)
        self._rules = rules_of(site.language, render=render)

    def lines(self, source: str, title: str) -> list[Line]:
        """Return the page's paragraphs and list items."""
        marks = Marks()
        text = strip(source, marks)
        text = expand(text, marks, self._rules, title)
        text = "\n".join(running_lines(text))
        if "[[" in text:
            text = self._links.without_files(text, marks)
            text = self._links.mark(text, self._namespaces.normalised(title), marks)
        if "''" in text:
            text = "\n".join(without_quotes(line) for line in text.split("\n"))
        text = plain(text, marks, self._language)
        lines = []
        for marked in _scars(text, marks).split("\n"):
            line = read_line(marked, marks.targets, marks.holes)
            if len(line.text) > len(line.holes) or line.mentions:
                lines.append(line)
        return lines

    def sentences(self, source: str, title: str) -> list[Sentence]:
        """Return the page's sentences, those with holes among them."""
        return [s for line in self.lines(source, title) for s in split(line, self._language)]


def _scars(text: str, marks: Marks) -> str:
    """Mark markup that found no partner: its line shows it, and nobody wants to read it."""
    for scar in ("[[", "]]", "{{", "}}", "{|", "|}"):
        if scar in text:
            text = text.replace(scar, marks.hole(f"stray {scar}"))
    return text


@cache
def reader(site: Site, *, render: bool) -> Reader:
    """Return the reader of a wiki, made once a process."""
    return Reader(site, render=render)
