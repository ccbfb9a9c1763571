"""Convert a page's wikitext to its sentences, by the other modules of this package."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Literal

from cstool.dumps.xml import Site
from cstool.wikitext.extension_tags import strip
from cstool.wikitext.fast_path import FastPath
from cstool.wikitext.headings import Heading, PlacedHeading, level_of, take_out
from cstool.wikitext.inline import plain, with_whole_tags, without_switches
from cstool.wikitext.lines import FREE, ITEM, parted, running_lines
from cstool.wikitext.links import LinkParser
from cstool.wikitext.markers import (
    APART,
    BESIDE,
    BROKEN_LINE,
    CONTINUES,
    ENDLESS,
    HOLE,
    INSIDE,
    OBJECT,
    PICTURE,
    Markers,
)
from cstool.wikitext.page_sentences import Collector, ReadLine, line_breaks
from cstool.wikitext.pending import (
    Left,
    PageText,
    ParagraphText,
    PendingParagraph,
    Waits,
    joined,
    left_out,
    waiting_lines,
    with_headings,
)
from cstool.wikitext.picture_links import PictureParser, with_breaks
from cstool.wikitext.pictures import without_leading, without_pictures
from cstool.wikitext.quotes import parted_by_quotes
from cstool.wikitext.rule_tables import SHOWS_BLOCK, SHOWS_PICTURE, SILENT, Aliases, rules_of
from cstool.wikitext.sentence_columns import BLOCK, NOTHING
from cstool.wikitext.sentences import (
    Sentence,
    TextLine,
    is_formula,
    read_line,
    split,
    with_formulas,
)
from cstool.wikitext.tables import of_language
from cstool.wikitext.templates import Expansion, Rendering, expand, numbered
from cstool.wikitext.titles import TEMPLATE, namespaces_of
from cstool.wikitext.unpaired import BROKEN_LINK, mark_unpaired, rejoined
from cstool.wikitext.variants import variants_of

_PIECE = re.compile(rf"[^\n{CONTINUES}]+")
# The beginning of an item that is a block: a hatnote, a table.
_BLOCK = re.compile(r"\s*(?:\{\||<(?:div|table)\b)", re.IGNORECASE)
# What a heading may contain that is not read line by line.
_NOT_ALONE = re.compile(rf"\[\[|-\{{|[\n{APART}{BESIDE}{INSIDE}{ENDLESS}{PICTURE}{OBJECT}]")
# The number of named arguments from which on a call alone in a list item is taken as a record.
_NAMED_OF_A_RECORD = 3

Formulas = Literal["holes", "tex"]


class PageReader:
    """Reads the pages of one wiki. `render`: whether known templates are rendered.

    `aliases` and `extra`: further names and rules of templates, as for `rules_of`. `waits`: which
    calls `read` leaves for later. `formulas`: "tex" writes the source of formulas, "holes" none.
    `gaps`: whether sentences with holes are rows without text; `headings`: whether headings are
    rows, too.
    """

    def __init__(
        self,
        site: Site,
        *,
        render: bool,
        aliases: Aliases = (),
        extra: str = "",
        waits: Waits = "unknown",
        formulas: Formulas = "holes",
        gaps: bool = False,
        headings: bool = False,
    ) -> None:
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
        self._waits = waits
        self._formulas = formulas == "tex"
        self._headings = headings
        self._collector = Collector(site.language, self._formulas, gaps)

    def has_rule(self, name: str) -> bool:
        """Return whether a template is rendered by a rule: one that may show text."""
        rule, _ = self._rules.find(name) or (SILENT, "")
        return not any(rule is kind for kind in (SILENT, SHOWS_BLOCK, SHOWS_PICTURE))

    def sentences(self, source: str, title: str) -> list[Sentence]:
        """Return the page's sentences, including those with holes; none waits."""
        return [s for line in self.lines(source, title) for s in self._split(line)]

    def lines(self, source: str, title: str) -> list[TextLine]:
        """Return the page's paragraphs and list items; none waits."""
        marks = Markers(formulas=self._formulas)
        text = expand(strip(source, marks), marks, Rendering(self._rules, title))
        text = self._paragraphs(text, marks)
        return [line for *_, line in self._read(text, title, marks)]

    def read(self, source: str, title: str, *, every: bool = False) -> PageText:
        """Return the page's sentences with mentions, or `every` one; the others are only counted.

        Paragraphs that wait are not read. With "unknown", these are those that may have mentions
        (or all, if `every`) and contain a call without a rule; with "calls", all that contain a
        call whose output is not nothing, a picture or known by its name alone. Calls alone on their
        lines are blocks, which are not text, unless they have a rule.
        """
        marks = Markers(formulas=self._formulas)
        how = Rendering(self._rules, title, waits=self._waits == "calls")
        text = expand(strip(source, marks), marks, how)
        kinds: dict[int, str] | None = {} if marks.calls else None
        headings: list[Heading] | None = [] if self._headings else None
        text = self._paragraphs(text, marks, kinds=kinds, headings=headings)
        if kinds:
            marks.within.update(_text_items(kinds, marks))
        text, placed = take_out(text, headings) if headings else (text, [])
        whole, found = text, list[tuple[int, int]]()
        left: list[Left] = []
        if kinds is not None and HOLE in text:
            found = waiting_lines(text, marks, every=every or how.waits)
            if found and self._may_extend(text):
                found = joined(found, map(len, rejoined(iter(text.split("\n")))))
            text, left = left_out(text, found, marks, kinds)
        apart = with_headings(left, whole, found, placed, marks) if placed else left
        lines = self._read(text, title, marks)
        return self._collected(lines, apart, title, marks, every=every)

    def _collected(
        self,
        lines: Iterable[ReadLine],
        apart: Sequence[Left | PlacedHeading],
        title: str,
        marks: Markers,
        *,
        every: bool,
    ) -> PageText:
        sources = [one.heading.source for one in apart if isinstance(one, PlacedHeading)]
        headings = self._read_headings(sources, title, marks) if sources else []
        return self._collector.collected(lines, apart, headings, every=every)

    def _read_headings(
        self, sources: list[str], title: str, marks: Markers
    ) -> list[TextLine | None]:
        """Return the texts of headings, None for one without text. One of several lines: the first.

        Those without markup that may extend over lines are read at once.
        """
        texts: list[TextLine | None] = [None] * len(sources)
        plain = [i for i, source in enumerate(sources) if not _NOT_ALONE.search(source)]
        together = "\n".join(sources[i] for i in plain)
        for index, _, line in self._read(together, title, marks):
            texts[plain[index]] = texts[plain[index]] or line
        for i in {*range(len(sources))}.difference(plain):
            source = self.links.without_categories(sources[i])
            source = _simplified(with_breaks(source.replace(BESIDE, ""), marks), marks)
            texts[i] = next((line for *_, line in self._read(source, title, marks)), None)
        only_holes = [TextLine(OBJECT, [], [""]) if HOLE in source else None for source in sources]
        return [line or hole for line, hole in zip(texts, only_holes, strict=True)]

    def read_paragraph(
        self,
        pending: PendingParagraph,
        title: str,
        expander: Expansion | None = None,
        *,
        every: bool = False,
        overridden: frozenset[str] = frozenset(),
    ) -> ParagraphText:
        """Return the sentences of a pending paragraph of the page `title`, as `read` does.

        Calls are rendered by rules, but those named in `overridden` only by `expander`, as are
        those without a matching rule. What is still unknown is a hole.
        """
        marks = Markers(protects=True, formulas=self._formulas)
        lines, headings = self._read_pending(pending, title, marks, expander, overridden)
        found = self._collected(lines, headings, title, marks, every=every)
        return ParagraphText(found.sentences, found.paragraphs)

    def rendered(
        self,
        call: str,
        title: str,
        expander: Expansion | None = None,
        *,
        overridden: frozenset[str] = frozenset(),
    ) -> list[TextLine]:
        """Return the lines of text that a call makes between two words, as for `read_paragraph`.

        Two ways of rendering agree if their lines are equal: text, mentions and holes.
        """
        pending = PendingParagraph(0, 0, f"x {call} x", "", [])
        marks = Markers(protects=True, formulas=self._formulas)
        lines, _ = self._read_pending(pending, title, marks, expander, overridden)
        return [line for *_, line in lines]

    def _read_pending(
        self,
        pending: PendingParagraph,
        title: str,
        marks: Markers,
        expander: Expansion | None,
        overridden: frozenset[str],
    ) -> tuple[Iterable[ReadLine], Sequence[PlacedHeading]]:
        """Return the lines of a pending paragraph, and its headings."""
        how = Rendering(self._rules, title, False, expander, overridden, late=True)
        item, level = pending.kind == ITEM, level_of(pending.kind)
        text = strip(numbered(pending.source, marks), marks)
        text = expand(text, marks, how, starts_line=not (item or level))
        if level:
            return (), [PlacedHeading(0, Heading(level, text))]
        if how.parts_lines and item:
            if _BLOCK.match(text):
                return (), ()
            text = f"*{text}"
        headings: list[Heading] | None = [] if self._headings else None
        free, whole = pending.kind == FREE, not how.parts_lines
        text = self._paragraphs(text, marks, free=free, whole=whole, headings=headings)
        text, placed = take_out(text, headings) if headings else (text, [])
        return self._read(text, title, marks), placed

    def _paragraphs(
        self,
        text: str,
        marks: Markers,
        *,
        free: bool = False,
        whole: bool = False,
        kinds: dict[int, str] | None = None,
        headings: list[Heading] | None = None,
    ) -> str:
        """Return the running text of wikitext without calls, a paragraph or list item a line.

        `whole`: the text is a paragraph. `free`, `kinds` and `headings`: as for `running_lines`.
        """
        if "[[" in text:
            text = self._pictures.with_marks(text)
        if whole and BESIDE not in text:
            text = text.replace("\n", CONTINUES).replace(BROKEN_LINE, "\n")
        else:
            text = text.replace(BROKEN_LINE, "\n")
            ends = {i for i, name in enumerate(marks.holes) if name in self._table_ends}
            text = running_lines(
                text, marks.within, ends, free=free, kinds=kinds, headings=headings
            )
        if "[[" in text:
            text = self.links.without_categories(text)
        text = with_breaks(text, marks)
        if APART in text:
            text = parted(text)
        return _simplified(text, marks)

    def _read(self, wikitext: str, title: str, marks: Markers) -> Iterator[ReadLine]:
        """Yield the texts of lines of wikitext without templates, with their index.

        There may be none or several for a line; those of joined lines have the index of the first.
        """
        title = self._namespaces.normalised(title)
        index = 0
        for line in self._read_fast(wikitext, title, marks):
            if isinstance(line, str):
                least = BLOCK  # also after a line without text
                for kind, one in self._read_closely(line, title, marks):
                    shown = self._has_text(one)
                    if shown:
                        yield index, max(kind, least), one
                    least = NOTHING if shown else BLOCK
                index += line.count("\n")
            else:
                text, mentions, holes = line
                if mentions or len(text) > len(holes) or self._has_text(line):
                    yield index, BLOCK, line
            index += 1

    def _has_text(self, line: TextLine) -> bool:
        """Return whether a line has more than holes."""
        if len(line.text) > len(line.holes) or line.mentions:
            return True
        return self._formulas and any(map(is_formula, line.holes))

    def _split(self, line: TextLine) -> list[Sentence]:
        found = split(line, self._language)
        return [with_formulas(s) for s in found] if self._formulas and line.holes else found

    def _read_fast(self, text: str, title: str, marks: Markers) -> list[TextLine | str]:
        """Return the text of each line, or its wikitext if the fast path cannot read it.

        Lines that a broken link or `-{…}-` extends over are joined.
        """
        read = self.fast_path.lines(text, title, marks.holes)
        # A line that the fast path reads has no broken link.
        if not self._may_extend("\n".join([line for line in read if isinstance(line, str)])):
            return read
        following = iter(read)
        whole: list[TextLine | str] = []
        for source in rejoined(iter(text.split("\n"))):
            lines = [*islice(following, 1 + source.count("\n"))]
            whole.append(lines[0] if len(lines) == 1 else source)
        return whole

    def _may_extend(self, text: str) -> bool:
        """Return whether a link or `-{…}-` may extend over lines of a text."""
        return BROKEN_LINK.search(text) is not None or (
            "-{" in text and bool(variants_of(self._language))
        )

    def read_closely(self, line: str, title: str, marks: Markers) -> Iterator[TextLine]:
        """Yield the text of a line with any markup: more than one line if it has breaks.

        `title` is the page's own title, normalised.
        """
        lines = self._read_closely(line, title, marks)
        return (read for _, read in lines if self._has_text(read))

    def _read_closely(
        self, line: str, title: str, marks: Markers
    ) -> Iterator[tuple[int, TextLine]]:
        """Yield the texts of a line, each with what parts it from the one before."""
        breaks = line_breaks(line) if "<" in line else []
        line = without_switches(line, self._language)
        if "[[" in line:
            line = self.links.mark(line, title, marks)
        if "''" in line:
            line = _PIECE.sub(lambda piece: parted_by_quotes(piece[0]), line)
        line = without_pictures(plain(line, marks, self._language), marks)
        lines = mark_unpaired(line, marks).split("\n")
        if len(breaks) != len(lines) - 1:
            breaks = [BLOCK] * len(lines)
        for kind, marked in zip([BLOCK, *breaks], lines, strict=False):
            yield kind, read_line(marked, marks.targets, marks.holes)


def _text_items(kinds: dict[int, str], marks: Markers) -> Iterator[int]:
    """Yield the calls in list items that are text even if the item is nothing else.

    Not those with several named arguments and no link: most are entries of bibliographies, which
    would take longer than all other templates.
    """
    for hole, kind in kinds.items():
        if kind == ITEM:
            call = marks.calls.get(hole, "")
            if "[[" in call or call.count("=") < _NAMED_OF_A_RECORD:
                yield hole


def _simplified(text: str, marks: Markers) -> str:
    """Return the text without U+FFFC, line breaks in tags and pictures at the starts of lines."""
    text = without_leading(text)
    if OBJECT in text:
        text = text.replace(OBJECT, marks.hole("U+FFFC"))
    if "<" in text:
        text = with_whole_tags(text)
    return text


@cache
def reader(
    site: Site,
    *,
    render: bool,
    aliases: Aliases = (),
    extra: str = "",
    waits: Waits = "unknown",
    formulas: Formulas = "holes",
    gaps: bool = False,
    headings: bool = False,
) -> PageReader:
    """Return the reader of a wiki, cached per process; arguments as for `PageReader`."""
    return PageReader(
        site,
        render=render,
        aliases=aliases,
        extra=extra,
        waits=waits,
        formulas=formulas,
        gaps=gaps,
        headings=headings,
    )
