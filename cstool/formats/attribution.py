"""Writes `attribution.tsv.zst`: the wiki, page, revision and title of all sentences."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import zstandard
from pyarrow import csv

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, distinct, numbers, one_chunk, strings
from cstool.arrays.codepoints import bytes_of, matches, put
from cstool.arrays.hashing import U64, hash_word, mix
from cstool.formats.json_lines import compressor
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import damaged, read_part

PAGES_FILE = "attribution.tsv.zst"
_HEAD = ("wiki", "page_id", "revision_id", "title")
# In a file of tabs and lines, and for programs that read it: a spreadsheet computes a cell that
# begins with one of these characters (OWASP, CSV injection), and a reader of CSV takes a quotation
# mark there for a quoted cell.
_SPECIAL = re.compile(r"[\\\t\n\r]|^[=+\-@＝＋－＠\"]")
_NAMED = {"\t": "t", "\n": "n", "\r": "r"}
_LINES_AT_ONCE = 1 << 23  # bytes


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
                named = pages.add_column(0, "wiki", pa.repeat(wiki, pages.num_rows))
                out.write(_lines(_cells(named)))
                rows += pages.num_rows
    return rows


def merge_attribution(path: Path, sources: Iterable[Iterator[pa.Table]]) -> int:
    """Write the pages of several sources, each page and revision once; return the number of rows.

    The tables of a source have the cells of lines: see `cells_of_file`, `cells_of_tables`. Each
    source has a page once; only a hash of each page, 8 bytes, is in memory.
    """
    rows = 0
    known: Array = np.zeros(0, np.uint64)
    with whole_file(path) as temporary, zstandard.open(temporary, "wb", cctx=compressor()) as out:
        out.write("\t".join(_HEAD).encode() + b"\n")
        for source in sources:
            added = []
            for cells in source:
                hashes = _hashes(cells)
                new = np.ones(len(hashes), bool)
                if len(known):
                    at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
                    new = known[at] != hashes
                added.append(hashes[new])
                out.write(_lines(cells.filter(booleans(new))))
                rows += int(new.sum())
            known = distinct(np.concatenate([known, *added]))
    return rows


def cells_of_file(path: Path) -> Iterator[pa.Table]:
    """Yield the cells of an `attribution.tsv.zst`. Raises InputError if it is damaged."""
    reading = csv.ReadOptions(block_size=_LINES_AT_ONCE, use_threads=False)
    parsing = csv.ParseOptions(delimiter="\t", quote_char=False, double_quote=False)
    types = csv.ConvertOptions(column_types=dict.fromkeys(_HEAD, pa.string()))
    try:
        with pa.CompressedInputStream(pa.OSFile(str(path), "rb"), "zstd") as lines:
            for batch in csv.open_csv(lines, reading, parsing, types):
                yield pa.Table.from_batches([batch]).select(_HEAD)
    except (pa.ArrowException, KeyError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the operating system: an OSError of Arrow has no errno
        raise damaged(path, "content") from error


def cells_of_tables(files: Iterable[Path]) -> Iterator[pa.Table]:
    """Yield the cells of side tables with the pages of several wikis."""
    for file in files:
        yield _cells(read_part(file))


def _hashes(cells: pa.Table) -> Array:
    """Return uint64[n]: a hash of the wiki, page and revision of each line."""
    wikis = one_chunk(cells.column("wiki")).dictionary_encode()
    words = np.array([hash_word(wiki) for wiki in wikis.dictionary.to_pylist()], np.uint64)
    page, revision = (
        one_chunk(cells.column(name)).cast(pa.int64()).to_numpy().astype(np.uint64)
        for name in ("page_id", "revision_id")
    )
    of_wiki: U64 = words[wikis.indices.to_numpy()] if len(words) else page
    return mix(mix(page ^ of_wiki) ^ revision)


def _cells(pages: pa.Table) -> pa.Table:
    """Return the cells of a table of pages."""
    columns = [one_chunk(pages.column(name)).cast(pa.string()) for name in _HEAD]
    return pa.table([_escaped(column) for column in columns], [*_HEAD])


def _lines(cells: pa.Table) -> bytes:
    lines = pc.binary_join_element_wise(*(one_chunk(c) for c in cells.columns), "\t")
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
