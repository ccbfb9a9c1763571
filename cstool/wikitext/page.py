"""Convert a page's wikitext to its sentences, by the other modules of this package."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from cstool.dumps.xml import Site
from cstool.wikitext.extension_tags import strip
from cstool.wikitext.fast_path import FastPath
from cstool.wikitext.inline import is_known, plain, without_switches
from cstool.wikitext.lines import parted, running_lines
from cstool.wikitext.links import LinkParser
from cstool.wikitext.markers import APART, CONTINUES, HOLE_MARK, OBJECT, Markers
from cstool.wikitext.picture_links import PictureParser, with_breaks
from cstool.wikitext.pictures import without_leading, without_pictures
from cstool.wikitext.quotes import parted_by_quotes
from cstool.wikitext.rule_tables import Aliases, rules_of
from cstool.wikitext.sentences import PendingSentence, Sentence, TextLine, count, read_line, split
from cstool.wikitext.tables import of_language
from cstool.wikitext.templates import expand
from cstool.wikitext.titles import TEMPLATE, namespaces_of
from cstool.wikitext.variants import variants_of

_BROKEN_TAG = re.compile(
    rf"</?([a-zA-Z]+[1-6]?)(?=[\s/{CONTINUES}])[^<>\n{CONTINUES}]*[\n{CONTINUES}][^<>]*>"
)
_PIECE = re.compile(rf"[^\n{CONTINUES}]+")
_BROKEN_LINK = re.compile(r"\[\[[^\[\]\n]*+(?:\[[^\[\]\n]*+\][^\[\]\n]*+)*+\n")
_BRACKETS = ("[[", "]]", "{{", "}}", "{|", "|}")
_UNPAIRED = re.compile(r"(\[\[+|\{[{|]\{*)|(\]\]+|\|?\}\}+|\|\})")
# The largest number of further lines that a link or `-{…}-` may extend over.
_LONGEST_LINK = 20


class PageText(NamedTuple):
    """The result of reading a page: its sentences, their number, and the pending ones.

    Each sentence with its index, and the index of its paragraph (or list item).
    """

    sentences: list[tuple[int, int, Sentence]]
    number: int
    waiting: list[PendingSentence]


class PageReader:
    """Reads the pages of one wiki. `render`: whether known templates are rendered.

    `aliases` and `extra`: further names and rules of templates, as for `rules_of`.
    """

    def __init__(self, site: Site, *, render: bool, aliases: Aliases = (), extra: str = "") -> None:
        self._language = site.language
        self._namespaces = namespaces_of(site)
        self.links = LinkParser(self._namespaces)
        self._table_ends = frozenset(n for (n,) in of_language("table_ends.tsv", site.language))
        self._pictures = PictureParser(self._namespaces)
        self.fast_path = FastPath(self.links)
        prefixes = frozenset(self._namespaces.names(TEMPLATE))
        self._rules = rules_of(
            site.language, render=render, aliases=aliases, extra=extra, prefixes=prefixes
        )

    def sentences(self, source: str, title: str) -> list[Sentence]:
        """Return the page's sentences, including those with holes."""
        language = self._language
        return [s for line in self.lines(source, title) for s in split(line, language)]

    def read(self, source: str, title: str, *, every: bool = False) -> PageText:
        """Return the page's sentences with mentions, or `every` one; the others are only counted.

        Indices are those of the list that `sentences` returns.
        """
        language = self._language
        kept: list[tuple[int, int, Sentence]] = []
        waiting: list[PendingSentence] = []
        number = 0
        for paragraph, line in enumerate(self.lines(source, title)):
            if not line.mentions and not every and "[[" not in line.source:
                number += count(line, language)
                continue
            line_sentences = split(line, language)
            if line.source:  # a template that is unknown now may contain links
                waiting += [
                    PendingSentence(
                        i,
                        paragraph,
                        number,
                        len(line_sentences),
                        line.source,
                        s.holes,
                        len(s.mentions),
                    )
                    for i, s in enumerate(line_sentences, number)
                    if s.holes and (every or s.mentions or "[[" in line.source)
                ]
            kept += [
                (i, paragraph, s)
                for i, s in enumerate(line_sentences, number)
                if every or s.mentions
            ]
            number += len(line_sentences)
        return PageText(kept, number, waiting)

    def read_again(self, waiting: PendingSentence, title: str) -> Sentence | None:
        """Return a pending sentence, None if it cannot be read now either.

        Also None if its line has another number of sentences now, because the index is ambiguous
        then.
        """
        marks = Markers(protects=True)
        text = expand(waiting.source, marks, self._rules, title)
        if text.count("\n") > waiting.source.count("\n"):
            return None
        lines = self._read(text, title, marks)
        sentences = [s for line in lines for s in split(line, self._language)]
        if len(sentences) != waiting.number:
            return None
        sentence = sentences[waiting.position - waiting.first]
        return None if sentence.holes else sentence

    def lines(self, source: str, title: str) -> list[TextLine]:
        """Return the page's paragraphs and list items."""
        marks = Markers()
        text = strip(source, marks)
        text = expand(text, marks, self._rules, title)
        if "[[" in text:
            text = self._pictures.with_marks(text)
        ends = {i for i, name in enumerate(marks.holes) if name in self._table_ends}
        text = _in_paragraphs(running_lines(text, marks.within, ends))
        if "[[" in text:
            text = self.links.without_categories(text)
        text = with_breaks(text, marks)
        if APART in text:
            text = parted(text)
        return self._read(text, title, marks)

    def _read(self, text: str, title: str, marks: Markers) -> list[TextLine]:
        """Return the text of lines of wikitext without templates."""
        text = _simplified(text, marks)
        title = self._namespaces.normalised(title)
        calls_link = any("[[" in call for call in marks.calls.values())
        lines: list[TextLine] = []
        for source, line in self._read_fast(text, title, marks):
            if line is None:
                read = list(self.read_closely(source, title, marks))
            else:
                read = [line] if len(line.text) > len(line.holes) or line.mentions else []
            if len(read) == 1 and read[0].holes and (read[0].mentions or calls_link):
                read = [read[0]._replace(source=_with_calls(source, marks))]
            lines += read
        return lines

    def _read_fast(
        self, text: str, title: str, marks: Markers
    ) -> Iterable[tuple[str, TextLine | None]]:
        """Return the wikitext of each line, and its text if the fast path can read it.

        Lines that a broken link or `-{…}-` extends over are joined.
        """
        sources = text.split("\n")
        read = self.fast_path.lines(text, title, marks.holes)
        if None in read and (_BROKEN_LINK.search(text) or self._has_converters(text)):
            following = iter(read)
            sources = list(_rejoined(iter(sources)))
            taken = [list(islice(following, 1 + source.count("\n"))) for source in sources]
            read = [lines[0] if len(lines) == 1 else None for lines in taken]
        return zip(sources, read, strict=True)

    def _has_converters(self, text: str) -> bool:
        return "-{" in text and bool(variants_of(self._language))

    def read_closely(self, line: str, title: str, marks: Markers) -> Iterator[TextLine]:
        """Yield the text of a line with any markup: more than one line if it has breaks.

        `title` is the page's own title, normalised.
        """
        line = without_switches(line, self._language)
        if "[[" in line:
            line = self.links.mark(line, title, marks)
        if "''" in line:
            line = _PIECE.sub(lambda piece: parted_by_quotes(piece[0]), line)
        line = without_pictures(plain(line, marks, self._language), marks)
        for marked in _mark_unpaired(line, marks).split("\n"):
            read = read_line(marked, marks.targets, marks.holes)
            if len(read.text) > len(read.holes) or read.mentions:
                yield read


def _with_calls(line: str, marks: Markers) -> str:
    """Return a line's wikitext with its unknown templates in place of holes; "" if it has none."""
    if not any(int(number) in marks.calls for number in HOLE_MARK.findall(line)):
        return ""
    shown = HOLE_MARK.sub(lambda hole: marks.calls.get(int(hole[1]), OBJECT), line)
    return HOLE_MARK.sub(OBJECT, shown)  # a call has holes, too: <math> in an argument


def _in_paragraphs(lines: list[str]) -> str:
    """Join lines to one text; a line that continues a paragraph is joined by its mark."""
    pieces: list[str] = []
    for line in lines:
        if line[:1] != CONTINUES:
            pieces.append("\n")
        pieces.append(line)
    return "".join(pieces[1:])


def _simplified(text: str, marks: Markers) -> str:
    """Return the text without U+FFFC, line breaks in tags and pictures at the starts of lines."""
    text = without_leading(text)
    if OBJECT in text:
        text = text.replace(OBJECT, marks.hole("U+FFFC"))
    if "<" in text:
        text = _BROKEN_TAG.sub(_joined_tag, text)
    return text


def _joined_tag(tag: re.Match[str]) -> str:
    """Return a tag on one line, unless it is text."""
    return tag[0].replace("\n", " ").replace(CONTINUES, " ") if is_known(tag) else tag[0]


def _rejoined(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines; lines that a link or `-{…}-` extends over are joined, with their breaks."""
    for line in lines:
        missing = _open_brackets(line)
        if missing > 0:
            following: list[str] = []
            for more in lines:
                following.append(more)
                missing += _open_brackets(more)
                if missing <= 0 or len(following) == _LONGEST_LINK:
                    break
            if missing > 0:
                yield line
                yield from following
            else:
                yield "\n".join([line, *following])
        else:
            yield line


def _open_brackets(line: str) -> int:
    opened = line.count("[[") - line.count("]]") if "[[" in line or "]]" in line else 0
    return opened + line.count("-{") - line.count("}-")


def _mark_unpaired(text: str, marks: Markers) -> str:
    """Replace runs of brackets without a partner by holes.

    A closing run is also kept, before its hole: it may close a bracket of the text, without which
    the splitter would find no end of a sentence up to the next closing one.
    """

    if not any(mark in text for mark in _BRACKETS):
        return text

    def mark(run: re.Match[str]) -> str:
        opening, closing = run.groups()
        if opening:
            return marks.hole(f"stray {opening[:2]}")
        return closing + marks.hole(f"stray {closing[-2:]}")

    return _UNPAIRED.sub(mark, text)


@cache
def reader(site: Site, *, render: bool, aliases: Aliases = (), extra: str = "") -> PageReader:
    """Return the reader of a wiki, cached per process; arguments as for `PageReader`."""
    return PageReader(site, render=render, aliases=aliases, extra=extra)
