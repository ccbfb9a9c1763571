"""Writes `attribution.tsv.zst`: the wiki, page, revision and title of all sentences."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import zstandard

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, numbers, one_chunk, strings
from cstool.arrays.codepoints import bytes_of, matches, put
from cstool.formats.json_lines import compressor
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import read_part

PAGES_FILE = "attribution.tsv.zst"
_HEAD = ("wiki", "page_id", "revision_id", "title")
# In a file of tabs and lines, and for programs that read it: a spreadsheet computes a cell that
# begins with one of these characters (OWASP, CSV injection), and a reader of CSV takes a quotation
# mark there for a quoted cell.
_SPECIAL = re.compile(r"[\\\t\n\r]|^[=+\-@＝＋－＠\"]")
_NAMED = {"\t": "t", "\n": "n", "\r": "r"}


class PageTable(NamedTuple):
    """A side table of pages: its wiki and its file."""

    wiki: str
    file: Path


def escaped(title: str) -> str:
    r"""Return a title as a cell: `\t`, `\n`, `\r`, and a backslash before other special characters.

    In a cell, a backslash and a character that is not t, n or r stand for that character.
    """
    return _SPECIAL.sub(lambda match: "\\" + _NAMED.get(match[0], match[0]), title)


def write_attribution(path: Path, tables: Iterable[PageTable]) -> int:
    """Write each page and revision once, in the order of the tables; return the number of rows."""
    rows = 0
    by_wiki: dict[str, list[Path]] = {}
    for table in tables:
        by_wiki.setdefault(table.wiki, []).append(table.file)
    with whole_file(path) as temporary, zstandard.open(temporary, "wb", cctx=compressor()) as out:
        out.write("\t".join(_HEAD).encode() + b"\n")
        for wiki, files in by_wiki.items():
            for pages in _once(files):
                out.write(_lines(escaped(wiki), pages))
                rows += pages.num_rows
    return rows


def _lines(wiki: str, pages: pa.Table) -> bytes:
    """Return the lines of a table of pages; `wiki`: the cell of its wiki."""
    columns = [one_chunk(pages.column(name)).cast(pa.string()) for name in _HEAD[1:]]
    cells = [_escaped(column) for column in columns]
    lines = pc.binary_join_element_wise(pa.scalar(wiki), *cells, "\t")
    return bytes_of(pc.binary_join_element_wise(lines, "", "\n"))[1].tobytes()


def _escaped(texts: pa.StringArray) -> pa.StringArray:
    """Return a column as cells: most titles stay as they are."""
    special = np.flatnonzero(matches(texts, _SPECIAL.pattern))
    return put(texts, special, strings([*map(escaped, texts.take(numbers(special)).to_pylist())]))


def _once(files: list[Path]) -> Iterator[pa.Table]:
    """Yield the tables without pages and revisions that an earlier row has.

    Only numbers of all pages are in memory: 20 bytes per page.
    """
    keys = [_keys(read_part(file, ["page_id", "revision_id"])) for file in files]
    _, firsts = np.unique(np.concatenate(keys), return_index=True)
    kept = np.zeros(sum(map(len, keys)), bool)
    kept[firsts] = True
    start = 0
    for file, of_file in zip(files, keys, strict=True):
        yield read_part(file).filter(booleans(kept[start : start + len(of_file)]))
        start += len(of_file)


def _keys(pages: pa.Table) -> Array:
    """Return the page and revision of each row, as a structured array."""
    keys = np.zeros(pages.num_rows, [("page_id", np.uint32), ("revision_id", np.int64)])
    for name in pages.column_names:
        keys[name] = pages.column(name).to_numpy()
    return keys
