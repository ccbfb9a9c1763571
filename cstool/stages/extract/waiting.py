"""Paragraphs that wait for the definitions of their templates, between the phases of `extract`.

A template may be defined anywhere in a dump, and reading the dump twice would take half as long
again. So the first phase writes paragraphs with calls, as wikitext, to a side table of the part;
the second one reads them when all templates are known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from cstool.arrays.arrow import column
from cstool.dumps.xml import MAIN, Page
from cstool.storage.checksums import read_part
from cstool.storage.parts import SideTable
from cstool.wikitext.pending import PendingParagraph

WAITING_FOLDER = "waiting"
# `page`: the index of the page in its slice.
_PAGE = [
    ("page", pa.uint32()),
    ("page_id", pa.uint32()),
    ("revision_id", pa.int64()),
    ("title", pa.string()),
]
_PARAGRAPH = [
    ("paragraph", pa.uint32()),
    ("first", pa.uint32()),
    ("source", pa.string()),
    ("kind", pa.string()),
    ("names", pa.list_(pa.string())),
]
_WAITING = pa.schema(_PAGE + _PARAGRAPH)
# Rows of a side table that are Python objects at a time.
_ROWS_AT_ONCE = 1000


@dataclass
class WaitingLog:
    """The paragraphs of a slice that wait."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, index: int, page: Page, waiting: Sequence[PendingParagraph]) -> None:
        """Add paragraphs of the page with this index in the slice."""
        self.rows += [(index, page.id, page.revision_id, page.title, *one) for one in waiting]

    def beside(self) -> Iterator[SideTable]:
        """Yield the side table, unless no paragraph waits."""
        if self.rows:
            columns = zip(zip(*self.rows, strict=True), _WAITING, strict=True)
            arrays = [column(values, field.type) for values, field in columns]
            yield SideTable(WAITING_FOLDER, pa.table(arrays, schema=_WAITING))


def waiting_in(path: Path) -> Iterator[tuple[int, Page, PendingParagraph]]:
    """Yield the paragraphs in a side table, with the index of their page and the page itself.

    The page is without its text. A part without the side table has no such paragraphs.
    """
    if not path.is_file():
        return
    for batch in read_part(path).to_batches(max_chunksize=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            page = Page(
                row["page_id"], MAIN, row["title"], row["revision_id"], None, "wikitext", None
            )
            yield row["page"], page, PendingParagraph(*(row[name] for name, _ in _PARAGRAPH))
