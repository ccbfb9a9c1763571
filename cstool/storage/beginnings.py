"""Cuts the beginnings of paragraphs and pages, as samples."""

from bisect import bisect_left
from itertools import takewhile
from typing import Any

from cstool.storage.schemas import BLANK_LINE


def beginning(row: dict[str, Any], longest: int, *, annotated: bool) -> dict[str, Any]:
    """Return a row cut before the last sentence that starts within `longest` characters.

    If only the first one does, it is kept as a whole. `whole` has the characters of a source text
    that was cut. All rows of a source text are cut before the same sentence: its start in
    `source_text` is that in `text` without what was put in before it. `annotated`: whether names
    stand beside their anchors, in marks.
    """
    text, source, spans = row["text"], row["source_text"], row["entities"]
    if len(source) <= longest or len(row["sentences"]) < 2:
        return row
    annotated = annotated and text != source  # nothing is put into a source row
    grown: list[int] = [
        span["end"] - span["start"] - (span["source_end"] - span["source_start"]) * (not annotated)
        for span in spans
    ]
    marks = (len(text) - len(source) - sum(grown)) // len(spans) if spans else 0

    def in_source(place: int) -> int:
        before = takewhile(lambda n: spans[n]["end"] <= place, range(len(spans)))
        return place - sum(grown[n] + marks for n in before)

    starts = [*takewhile(lambda start: in_source(start) <= longest, row["sentences"][1:])]
    cut = starts[-1] if starts else row["sentences"][1]
    end = _before_heading(text, row["sentences"], cut)
    source_end = in_source(end)
    kept = [span for span in spans if span["end"] <= end]
    return row | {
        "text": text[:end].rstrip(),
        "source_text": source[:source_end].rstrip(),
        "entities": kept,
        "whole": len(source),
    }


def first_paragraphs(row: dict[str, Any], longest: int) -> dict[str, Any]:
    """Return a row cut between paragraphs, with `longest` characters of source text or fewer.

    The first paragraph is kept as a whole. Names have no blank lines, so both texts have the same
    paragraphs, however names were put into text. `whole` as of `beginning`.
    """
    text, source = row["text"], row["source_text"]
    source_end = source.rfind(BLANK_LINE, 0, longest + len(BLANK_LINE))
    if source_end < 0:
        source_end = source.find(BLANK_LINE)
    if len(source) <= longest or source_end < 0:
        return row
    paragraphs = source.count(BLANK_LINE, 0, source_end) + 1
    end = len(BLANK_LINE.join(text.split(BLANK_LINE, paragraphs)[:paragraphs]))
    return row | {
        "text": text[:end],
        "source_text": source[:source_end],
        "entities": [span for span in row["entities"] if span["end"] <= end],
        "whole": len(source),
    }


def _before_heading(text: str, sentences: list[int], cut: int) -> int:
    """Return where the sentence before `cut` ends: a heading may stand after it."""
    last = sentences[bisect_left(sentences, cut) - 1]
    blank = text.find(BLANK_LINE, last, cut)
    return cut if blank < 0 else blank
