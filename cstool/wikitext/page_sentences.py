"""Collects the sentences of a page's lines, with what is kept apart from lines: what waits for its
templates, and headings.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cstool.wikitext.extension_tags import tags
from cstool.wikitext.headings import PlacedHeading
from cstool.wikitext.pending import Left, PageText, PendingParagraph
from cstool.wikitext.sentence_columns import (
    BLOCK,
    BREAK,
    HEADING,
    NOTHING,
    SPACE,
    CutLine,
    cut_lines,
)
from cstool.wikitext.sentences import (
    LinkSpan,
    Sentence,
    TextLine,
    moved_mentions,
    pieces,
    spans,
    with_formulas,
)

# A line of text: the index of its line in the wikitext, what parts it from the line before
# (`BLOCK`, or `BREAK` within a paragraph), and the line.
ReadLine = tuple[int, int, TextLine]
# What ends a line within a line of wikitext (`inline.plain`).
_LINE_END = re.compile(
    rf"\n|</?({'|'.join(tags()['html']['break'])})(?=[\s/>])[^<>]*>", re.IGNORECASE
)


def line_breaks(wikitext: str) -> list[int]:
    """Return what parts the lines of a line of wikitext: `BREAK` for `<br>`, `BLOCK` for others."""
    ends = _LINE_END.finditer(wikitext)
    return [BREAK if end[1] and end[1].lower() == "br" else BLOCK for end in ends]


@dataclass(frozen=True)
class Collector:
    """How the sentences of lines are collected.

    `formulas`: whether the sources of formulas are text. `gaps`: whether sentences with holes are
    rows without text.
    """

    language: str
    formulas: bool = False
    gaps: bool = False

    def collected(
        self,
        lines: Iterable[ReadLine],
        apart: Sequence[Left | PlacedHeading],
        headings: Sequence[TextLine | None],
        *,
        every: bool,
    ) -> PageText:
        """Return the sentences of lines that have mentions, or `every` one, and what waits.

        `apart`: what was left out and headings, each before a line of the wikitext. `headings`: the
        texts of headings, in order, None for one without text.
        """
        cut: list[CutLine] = []
        left: list[tuple[Left, int, int]] = []  # with the index of its paragraph, and of `cut`
        language, formulas = self.language, self.formulas
        paragraph = at = 0
        texts = iter(headings)

        def put(one: Left | PlacedHeading) -> None:
            nonlocal paragraph
            if isinstance(one, Left):
                left.append((one, paragraph, len(cut)))
                return
            line = next(texts)
            if line:
                text, _, holes = with_formulas(Sentence(*line)) if formulas else line
                cut.append((paragraph, text, [], holes, [], one.heading.level * HEADING))
                paragraph += 1

        for index, parted, line in lines:
            if apart:
                while at < len(apart) and apart[at].line <= index:
                    put(apart[at])
                    at += 1
            text, mentions, holes = line
            if formulas and holes:
                cut += self._cut_at_formulas(paragraph, parted, line)
            else:
                cut.append((paragraph, text, mentions, holes, pieces(text, language), parted))
            paragraph += 1
        for one in apart[at:]:
            put(one)
        sentences = cut_lines(cut, every=every, gaps=self.gaps)
        waiting = [
            PendingParagraph(index, sentences.preceding(line), *one[1:])
            for one, index, line in left
        ]
        return PageText(sentences, paragraph, waiting)

    def _cut_at_formulas(self, paragraph: int, parted: int, line: TextLine) -> Iterator[CutLine]:
        """Yield the sentences of a line, with the sources of their formulas, as lines."""
        whole = line.text.replace("\n", " ")
        found = spans(whole, line.mentions, line.holes, pieces(line.text, self.language))
        before = -1
        for start, end, first, last, hole, upto in found:
            inside: list[LinkSpan] = moved_mentions(line.mentions[first:last], start)
            sentence = Sentence(whole[start:end], inside, line.holes[hole:upto])
            text, mentions, holes = with_formulas(sentence)
            kind = parted if before < 0 else SPACE if start > before else NOTHING
            yield paragraph, text, mentions, holes, [text], kind
            before = end
