"""Convert a page's wikitext to its sentences, by the other modules of this package."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Literal

from cstool.dumps.xml import Site
from cstool.wikitext.extension_tags import strip
from cstool.wikitext.fast_path import FastPath
from cstool.wikitext.inline import is_known, plain, without_switches
from cstool.wikitext.lines import FREE, ITEM, parted, running_lines
from cstool.wikitext.links import LinkParser
from cstool.wikitext.markers import APART, BESIDE, BROKEN_LINE, CONTINUES, HOLE, OBJECT, Markers
from cstool.wikitext.pending import (
    Left,
    PageText,
    ParagraphText,
    PendingParagraph,
    Waits,
    joined,
    left_out,
    waiting_lines,
)
from cstool.wikitext.picture_links import PictureParser, with_breaks
from cstool.wikitext.pictures import without_leading, without_pictures
from cstool.wikitext.quotes import parted_by_quotes
from cstool.wikitext.rule_tables import SHOWS_BLOCK, SHOWS_PICTURE, SILENT, Aliases, rules_of
from cstool.wikitext.sentence_columns import CutLine, cut_lines
from cstool.wikitext.sentences import (
    Sentence,
    TextLine,
    is_formula,
    pieces,
    read_line,
    split,
    with_formulas,
)
from cstool.wikitext.tables import of_language
from cstool.wikitext.templates import Expansion, Rendering, expand, numbered
from cstool.wikitext.titles import TEMPLATE, namespaces_of
from cstool.wikitext.variants import variants_of

_BROKEN_TAG = re.compile(
    rf"</?([a-zA-Z]+[1-6]?)(?=[\s/{CONTINUES}])[^<>\n{CONTINUES}]*[\n{CONTINUES}][^<>]*>"
)
_PIECE = re.compile(rf"[^\n{CONTINUES}]+")
_BROKEN_LINK = re.compile(r"\[\[[^\[\]\n]*+(?:\[[^\[\]\n]*+\][^\[\]\n]*+)*+\n")
_BRACKETS = ("[[", "]]", "{{", "}}", "{|", "|}")
_UNPAIRED = re.compile(r"(\[\[+|\{[{|]\{*)|(\]\]+|\|?\}\}+|\|\})")
# The beginning of an item that is a block: a hatnote, a table.
_BLOCK = re.compile(r"\s*(?:\{\||<(?:div|table)\b)", re.IGNORECASE)
# The largest number of further lines that a link or `-{…}-` may extend over.
_LONGEST_LINK = 20
# The number of named arguments from which on a call alone in a list item is taken as a record.
_NAMED_OF_A_RECORD = 3

Formulas = Literal["holes", "tex"]


class PageReader:
    """Reads the pages of one wiki. `render`: whether known templates are rendered.

    `aliases` and `extra`: further names and rules of templates, as for `rules_of`. `waits`: which
    calls `read` leaves for later. `formulas`: "tex" writes the source of formulas, "holes" none.
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
        return [line for _, line in self._read(text, title, marks)]

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
        text = self._paragraphs(text, marks, kinds=kinds)
        if kinds:
            marks.within.update(_text_items(kinds, marks))
        left: list[Left] = []
        if kinds is not None and HOLE in text:
            found = waiting_lines(text, marks, every=every or how.waits)
            if found and self._may_extend(text):
                found = joined(found, map(len, _rejoined(iter(text.split("\n")))))
            text, left = left_out(text, found, marks, kinds)
        return self._collected(self._read(text, title, marks), left, every=every)

    def _collected(
        self, lines: Iterable[tuple[int, TextLine]], left: list[Left], *, every: bool
    ) -> PageText:
        """Return the sentences of lines of text, and what was left out between lines."""
        language, formulas = self._language, self._formulas
        cut: list[CutLine] = []
        before: list[tuple[int, int]] = []  # of each paragraph left out: its own, and of `cut`
        paragraph = 0
        for index, line in lines:
            if left:
                while len(before) < len(left) and left[len(before)].line <= index:
                    before.append((paragraph, len(cut)))
            text, mentions, holes = line
            if formulas and holes:
                cut += [(paragraph, *s, [s.text]) for s in self._split(line)]
            else:
                cut.append((paragraph, text, mentions, holes, pieces(text, language)))
            paragraph += 1
        found = cut_lines(cut, every=every)
        before += [(paragraph, len(cut))] * (len(left) - len(before))
        waiting = [
            PendingParagraph(paragraph_, found.preceding(line), *one[1:])
            for one, (paragraph_, line) in zip(left, before, strict=True)
        ]
        return PageText(found, paragraph, waiting)

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
        lines = self._read_pending(pending, title, expander, overridden)
        found = self._collected(lines, [], every=every)
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
        return [line for _, line in self._read_pending(pending, title, expander, overridden)]

    def _read_pending(
        self,
        pending: PendingParagraph,
        title: str,
        expander: Expansion | None,
        overridden: frozenset[str],
    ) -> Iterator[tuple[int, TextLine]]:
        marks = Markers(protects=True, formulas=self._formulas)
        how = Rendering(self._rules, title, False, expander, overridden, late=True)
        item = pending.kind == ITEM
        text = strip(numbered(pending.source, marks), marks)
        text = expand(text, marks, how, starts_line=not item)
        if how.parts_lines and item:
            if _BLOCK.match(text):
                return iter(())
            text = f"*{text}"
        return self._read(
            self._paragraphs(text, marks, free=pending.kind == FREE, whole=not how.parts_lines),
            title,
            marks,
        )

    def _paragraphs(
        self,
        text: str,
        marks: Markers,
        *,
        free: bool = False,
        whole: bool = False,
        kinds: dict[int, str] | None = None,
    ) -> str:
        """Return the running text of wikitext without calls, a paragraph or list item a line.

        `whole`: the text is a paragraph. `free` and `kinds`: as for `running_lines`.
        """
        if "[[" in text:
            text = self._pictures.with_marks(text)
        if whole and BESIDE not in text:
            text = text.replace("\n", CONTINUES).replace(BROKEN_LINE, "\n")
        else:
            text = text.replace(BROKEN_LINE, "\n")
            ends = {i for i, name in enumerate(marks.holes) if name in self._table_ends}
            text = running_lines(text, marks.within, ends, free=free, kinds=kinds)
        if "[[" in text:
            text = self.links.without_categories(text)
        text = with_breaks(text, marks)
        if APART in text:
            text = parted(text)
        return _simplified(text, marks)

    def _read(self, text: str, title: str, marks: Markers) -> Iterator[tuple[int, TextLine]]:
        """Yield the texts of lines of wikitext without templates, with their index.

        There may be none or several for a line; those of joined lines have the index of the first.
        """
        title = self._namespaces.normalised(title)
        index = 0
        for line in self._read_fast(text, title, marks):
            if isinstance(line, str):
                for one in self.read_closely(line, title, marks):
                    yield index, one
                index += line.count("\n")
            else:
                shown, mentions, holes = line
                if mentions or len(shown) > len(holes) or self._has_text(line):
                    yield index, line
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
        for source in _rejoined(iter(text.split("\n"))):
            lines = [*islice(following, 1 + source.count("\n"))]
            whole.append(lines[0] if len(lines) == 1 else source)
        return whole

    def _may_extend(self, text: str) -> bool:
        """Return whether a link or `-{…}-` may extend over lines of a text."""
        return _BROKEN_LINK.search(text) is not None or (
            "-{" in text and bool(variants_of(self._language))
        )

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
            if self._has_text(read):
                yield read


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

    A closing run is also kept, between two holes, because a sentence may end on either side: it may
    close a bracket of the text, without which the splitter would find no end of a sentence up to
    the next closing one.
    """

    if not any(mark in text for mark in _BRACKETS):
        return text

    def mark(run: re.Match[str]) -> str:
        opening, closing = run.groups()
        if opening:
            return marks.hole(f"stray {opening[:2]}")
        name = f"stray {closing[-2:]}"
        return marks.hole(name) + closing + marks.hole(name)

    return _UNPAIRED.sub(mark, text)


@cache
def reader(
    site: Site,
    *,
    render: bool,
    aliases: Aliases = (),
    extra: str = "",
    waits: Waits = "unknown",
    formulas: Formulas = "holes",
) -> PageReader:
    """Return the reader of a wiki, cached per process; arguments as for `PageReader`."""
    return PageReader(
        site, render=render, aliases=aliases, extra=extra, waits=waits, formulas=formulas
    )
