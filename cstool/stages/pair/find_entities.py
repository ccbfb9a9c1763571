"""Finds the entity of each page, by the page's title."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, one_chunk
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.storage.schemas import QID
from cstool.storage.title_items import TitleItems

# The pages of a part that are about an entity: the row in the part, and the approximate bytes of
# the page's text.
FOUND = pa.schema(
    [("row", pa.uint32()), ("qid", QID), ("page_id", pa.uint32()), ("bytes", pa.uint32())]
)
# Added to the start of a page's last sentence, which approximates its length.
_LAST_SENTENCE = 100


@dataclass(frozen=True)
class PagesPart:
    """A part with pages. `wiki`: its wiki's name; `titles`: the folder of its wiki's titles.

    `fingerprint`: of the titles, so that a cached table of another run is not used.
    """

    file: str
    wiki: str
    titles: str
    fingerprint: str | None


def tally_name(wiki: str) -> str:
    """Return the name of the tally of a wiki's pages."""
    return f"pages ({wiki})"


def find_entities(part: PagesPart, _: None) -> Batches:
    """Yield the pages of a part that are about an entity; count the others by reason."""
    titles = _titles(part.titles, part.fingerprint)
    counts = Counts()
    tally = counts.tally(tally_name(part.wiki))
    source = open_part(Path(part.file))
    first = 0
    for group in range(source.num_row_groups):
        names = ["page_id", "title", "sentences"]
        table = source.read_row_group(group, columns=names, use_threads=False)
        qids, reasons = titles.look_up(one_chunk(table.column("title")))
        by_reason = np.bincount(reasons, minlength=len(titles.reasons) + 1).tolist()
        for reason, number in zip(titles.reasons, by_reason[1:], strict=True):
            tally.drop(reason, number)
        rows = np.flatnonzero(reasons == 0)
        sizes = _sizes(source, group, one_chunk(table.column("sentences")))
        yield pa.table(
            [
                numbers((first + rows).astype(np.uint32)),
                numbers(qids[rows]),
                one_chunk(table.column("page_id")).take(numbers(rows)),
                numbers(sizes[rows]),
            ],
            schema=FOUND,
        )
        first += table.num_rows
    return counts


@lru_cache(maxsize=1)
def _titles(folder: str, fingerprint: str | None) -> TitleItems:
    """Return the titles of a wiki, opened once per process."""
    del fingerprint
    return TitleItems(Path(folder))


def _sizes(source: pq.ParquetFile, group: int, sentences: pa.ListArray) -> Array:
    """Return the approximate bytes of each page's text, without reading it: uint32[n].

    They are in proportion to the start of the page's last sentence.
    """
    offsets, starts = flat(sentences)
    last = np.zeros(len(sentences), np.float64)
    some = np.flatnonzero(np.diff(offsets))
    last[some] = starts.to_numpy()[offsets[some + 1] - 1]
    last += _LAST_SENTENCE
    sizes: Array = (last * (_bytes_of_text(source, group) / last.sum())).astype(np.uint32)
    return sizes


def _bytes_of_text(source: pq.ParquetFile, group: int) -> int:
    metadata = source.metadata.row_group(group)
    columns = (metadata.column(i) for i in range(metadata.num_columns))
    return next(int(c.total_uncompressed_size) for c in columns if c.path_in_schema == "text")
