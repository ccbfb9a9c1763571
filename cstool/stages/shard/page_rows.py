"""Counts the rows of each page by language, and finds the pages that may be held out."""

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import changes, numbers, one_chunk

PAGES = pa.schema([("language", pa.string()), ("page", pa.uint64()), ("rows", pa.int64())])


def one_row_each(languages: pa.Array | pa.ChunkedArray, pages: Array) -> pa.Table:
    """Return rows with the schema `PAGES` that count one row of a page in a language each."""
    ones = np.ones(len(pages), np.int64)
    return pa.table([one_chunk(languages), numbers(pages), numbers(ones)], schema=PAGES)


def by_page(pages: pa.Table) -> pa.Table:
    """Return the sums of the rows of each language and page, sorted by both."""
    found = one_chunk(pages.column("language")).dictionary_encode()
    names = found.dictionary.to_pylist()
    order = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    language = rank.take(found.indices.to_numpy())
    page, rows = (pages.column(name).to_numpy() for name in ("page", "rows"))
    by_both = np.lexsort((page, language))
    language, page, rows = language[by_both], page[by_both], rows[by_both]
    first = np.flatnonzero(changes(language) | changes(page))
    codes = found.dictionary.take(numbers(order[language[first]]))
    return pa.table([codes, numbers(page[first]), numbers(_sums(rows, first))], schema=PAGES)


def by_language(pages: pa.Table) -> dict[str, int]:
    """Return the number of rows of each language; `pages` are sorted."""
    begins = _bounds(pages)[:-1]
    codes = pages.column("language").take(numbers(begins)).to_pylist()
    rows = _sums(pages.column("rows").to_numpy(), begins)
    return dict(zip(codes, rows.tolist(), strict=True))


def first_pages(pages: pa.Table, validation: int) -> pa.Table:
    """Return the first pages of each language: enough for the rows to hold out, plus one.

    `pages` are sorted. Applying this to the results of all parts gives the first pages overall.
    """
    bounds = _bounds(pages)
    rows = pages.column("rows").to_numpy()
    before = np.cumsum(rows) - rows
    before -= np.repeat(before[bounds[:-1]], np.diff(bounds))
    kept = np.ones(len(rows), bool)
    kept[1:] = before[:-1] < validation
    kept[bounds[:-1]] = True
    return pages.take(numbers(np.flatnonzero(kept)))


def _bounds(pages: pa.Table) -> Array:
    """Return the index of the first page of each language, and the number of pages."""
    language = one_chunk(pages.column("language")).dictionary_encode().indices.to_numpy()
    return np.append(np.flatnonzero(np.diff(language, prepend=-1)), len(language))


def _sums(rows: Array, begins: Array) -> Array:
    return np.add.reduceat(rows, begins) if len(begins) else rows
