"""The law of units: cut at `sentences`, they are the sentences of the same pages."""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.dumps.xml import MAIN, Page, Site
from cstool.stages.extract.merge import Inserted, as_sentences, merged
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.read_slice import first_reader
from cstool.stages.extract.render_slice import ParagraphReader
from cstool.stages.extract.renderers import TemplateSources
from cstool.stages.extract.rows import READ_SENTENCES, SentenceRows
from cstool.stages.extract.units import as_units
from cstool.storage.counts import Counts, imbalances

Row = dict[str, Any]
# What may precede the first sentence: headings and terms.
_FIRST = re.compile(r"(?:[^\n]+\n\n)*")


def read(texts: Sequence[str], site: Site, options: ExtractOptions) -> tuple[list[Row], Counts]:
    """Return the rows that both phases of `extract` make of pages, without files."""
    counts = Counts()
    rows, late = SentenceRows(counts), SentenceRows(counts)
    inserted = Inserted()
    late_of: list[int] = []
    reader = first_reader(site, options)
    paragraphs = ParagraphReader(TemplateSources(site, options))
    for index, text in enumerate(texts):
        page = Page(index + 1, MAIN, f"Page {index}", 9, None, "wikitext", text)
        reading = reader.read(text, page.title, every=options.every)
        counts.tally("pages").keep()
        rows.add(index, page, reading.sentences)
        for one in reading.waiting:
            found = paragraphs.read(page, one)
            kept = late.add(index, page, found.sentences, first=one.first, paragraph=one.paragraph)
            late_of += [len(inserted.pages)] * kept
            inserted.add(index, one.paragraph, found.sentences.number, found.paragraphs)
    first, second = (pa.Table.from_batches([made.take()], READ_SENTENCES) for made in (rows, late))
    table = merged(first, second, np.array(late_of, np.int64), inserted)
    if options.unit == "sentence":
        made = [*as_sentences(table, counts)]
    else:
        made = [*as_units(table, options, len(texts), counts)]
    assert not imbalances(counts)
    return [row for one in made if isinstance(one, pa.Table) for row in one.to_pylist()], counts


def cut(unit: Row) -> list[Row]:
    """Return the sentences of a unit, each with its mentions."""
    text, starts = unit["text"], [*unit["sentences"], len(unit["text"]) + 1]
    assert _FIRST.fullmatch(text[: starts[0]])
    sentences = []
    of_mentions = iter([*unit["mentions"], None])
    mention = next(of_mentions)
    for start, end in pairwise(starts):
        piece = re.sub(r"\n\n(?:[^\n]+\n\n)*$|\n$| $", "", text[start:end])
        assert piece == piece.strip() != ""
        assert "\n" not in piece
        inside = []
        while mention and mention["end"] <= start + len(piece):
            assert mention["start"] >= start
            moved = {name: mention[name] - start for name in ("start", "end")}
            inside.append(mention | moved)
            mention = next(of_mentions)
        sentences.append({"text": piece, "mentions": inside})
    assert mention is None
    return sentences


def check(units: Sequence[Row], sentences: Sequence[Row]) -> None:
    """Check that the units are the sentences, all of them, in order, with the ids of the first."""
    of_page: dict[int, list[Row]] = defaultdict(list)
    for sentence in sentences:
        of_page[sentence["page_id"]].append(sentence)
    expected = {page: iter(rows) for page, rows in of_page.items()}
    for unit in units:
        for number, found in enumerate(cut(unit)):
            sentence = next(expected[unit["page_id"]])
            assert found == {name: sentence[name] for name in ("text", "mentions")}
            if not number:
                shared = ("id", "position", "title", "revision_id")
                assert [unit[name] for name in shared] == [sentence[name] for name in shared]
    assert all(next(rows, None) is None for rows in expected.values())
