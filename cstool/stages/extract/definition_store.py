"""The templates and modules of a dump, on disk for all workers of a run.

The first phase of `extract` writes those of each slice to a side table, with the titles of its
pages (`DefinitionLog`). When all pages have been read, `store_definitions` copies them to one file
of records and an index by title, which the workers of the second phase map into memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import column, numbers, one_chunk
from cstool.dumps.xml import MAIN, Page, Site
from cstool.errors import writing
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import load_array, read_part, save_array
from cstool.storage.hash_index import Hashes, HashIndex, building, hash_column, hash_titles
from cstool.storage.parts import SideTable
from cstool.wikitext.expansion.definitions import Definition
from cstool.wikitext.titles import MODULE, TEMPLATE, namespaces_of

DEFINITIONS_FOLDER = "definitions"
TITLES_FOLDER = "page_titles"
STORE_FOLDER = "templates"
# The namespaces whose pages are definitions, and those whose titles are known.
DEFINED = frozenset({TEMPLATE, MODULE})
KNOWN = DEFINED | {MAIN}
# `redirect`: "" for a page that is no redirect.
_DEFINITIONS = pa.schema(
    [
        ("title", pa.string()),
        ("text", pa.string()),
        ("redirect", pa.string()),
        ("model", pa.string()),
        ("revision_id", pa.int64()),
    ]
)
_RECORD = ["title", "text", "redirect", "model"]
SCRIBUNTO = "Scribunto"
_TITLES = pa.schema([("hash", pa.uint64())])
_RECORDS = "records"
_OFFSETS = "records.offsets.npy"
_BY_TITLE = "by_title"
_EXISTING = "existing"
_FOUND_KEPT = 1 << 14


@dataclass
class DefinitionLog:
    """The templates and modules of a slice, and the titles of its pages.

    Unless `with_texts`, only the redirects between templates.
    """

    with_texts: bool = True
    definitions: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def add(self, page: Page) -> None:
        """Add a page of any namespace."""
        if not self.with_texts and (page.namespace != TEMPLATE or not page.redirect):
            return
        if self.with_texts and page.namespace in KNOWN:
            self.titles.append(page.title)
        if page.namespace in DEFINED and (page.text is not None or page.redirect is not None):
            text = "" if page.redirect else page.text or ""
            of_page = (page.title, text, page.redirect or "", page.model, page.revision_id)
            self.definitions.append(of_page)

    def beside(self) -> Iterator[SideTable]:
        """Yield the side tables that are not empty."""
        if self.definitions:
            columns = zip(zip(*self.definitions, strict=True), _DEFINITIONS, strict=True)
            arrays = [column(values, field.type) for values, field in columns]
            yield SideTable(DEFINITIONS_FOLDER, pa.table(arrays, schema=_DEFINITIONS))
        if self.titles:
            hashes = numbers(hash_titles(self.titles))
            yield SideTable(TITLES_FOLDER, pa.table([hashes], schema=_TITLES))


class StoredDefinitions(NamedTuple):
    """The store that `store_definitions` wrote.

    `number`: of definitions, redirects included; `modules`: that of modules. `redirects`: pairs of
    full titles. `digest`: of all definitions and titles.
    """

    folder: Path
    number: int
    modules: int
    redirects: list[tuple[str, str]]
    digest: str


class DefinitionStore:
    """The definitions of a dump, by full title (see `Definitions`)."""

    def __init__(self, folder: Path, site: Site) -> None:
        """Open the store of a wiki in a folder. Raises InputError if it is damaged."""
        self._namespaces = namespaces_of(site)
        self._records = np.memmap(folder / _RECORDS, np.uint8, "r") if _size(folder) else b""
        self._offsets = load_array(folder / _OFFSETS)
        self._by_title = HashIndex.open(folder, _BY_TITLE)
        self._existing = HashIndex.open(folder, _EXISTING)
        self._decoder = msgspec.msgpack.Decoder(tuple[str, str, str, str])
        self.find = lru_cache(maxsize=_FOUND_KEPT)(self._find)

    def _find(self, title: str) -> Definition | None:
        number = int(self._by_title.look_up(hash_titles([title]))[0])
        if not number:
            return None
        start, end = self._offsets[number - 1], self._offsets[number]
        title, text, redirect, model = self._decoder.decode(bytes(self._records[start:end]))
        return Definition(title, text, redirect or None, model)

    def exists(self, title: str) -> bool | None:
        """Return whether the dump has a page with this title, None if it lacks the namespace."""
        if int(self._existing.look_up(hash_titles([title]))[0]):
            return True
        return False if self._namespaces.number(title) in KNOWN else None


def _size(folder: Path) -> int:
    return (folder / _RECORDS).stat().st_size


def store_definitions(
    folder: Path, definitions: Sequence[Path], titles: Sequence[Path]
) -> StoredDefinitions:
    """Write the store from side tables, which may be missing, in the order of the dump.

    Of several pages with one title, the one with the greatest revision is kept; of equal ones, the
    last. Raises OutputError if the folder cannot be written.
    """
    hashes, kept = _latest(definitions)
    digest = xxhash.xxh3_128()
    offsets = [0]
    redirects: list[tuple[str, str]] = []
    modules = 0
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / _RECORDS) as temporary, temporary.open("wb") as file:
            for row, (title, text, redirect, model) in enumerate(_rows(definitions)):
                if not kept[row]:
                    continue
                record = msgspec.msgpack.encode((title, text, redirect, model))
                digest.update(record)
                file.write(record)
                offsets.append(offsets[-1] + len(record))
                modules += model == SCRIBUNTO
                if redirect:
                    redirects.append((title, redirect))
        with whole_file(folder / _OFFSETS) as temporary:
            save_array(temporary, np.array(offsets, np.int64))
    with building(folder, _BY_TITLE, np.uint32) as add:
        add(hashes[kept], np.arange(1, int(kept.sum()) + 1, dtype=np.uint32))
    with building(folder, _EXISTING, np.uint8) as add:
        for path in titles:
            if path.is_file():
                of_part = _array(path, "hash")
                digest.update(of_part.tobytes())
                add(of_part, np.ones(len(of_part), np.uint8))
    number = len(offsets) - 1
    return StoredDefinitions(folder, number, modules, redirects, digest.hexdigest())


def _latest(files: Sequence[Path]) -> tuple[Hashes, Array]:
    """Return the hash of each definition's title, uint64[n], and which are kept, bool[n]."""
    hashes, revisions = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for path in files:
        if path.is_file():
            hashes.append(hash_column(one_chunk(read_part(path, ["title"]).column("title"))))
            revisions.append(_array(path, "revision_id"))
    all_hashes, all_revisions = np.concatenate(hashes), np.concatenate(revisions)
    order = np.lexsort((all_revisions, all_hashes))  # stable: of equal revisions, the last is last
    ordered = all_hashes[order]
    kept = np.zeros(len(order), bool)
    kept[order[np.append(ordered[1:] != ordered[:-1], True)[: len(order)]]] = True
    return all_hashes, kept


def _rows(files: Sequence[Path]) -> Iterator[tuple[str, str, str, str]]:
    for path in files:
        if path.is_file():
            table = read_part(path, _RECORD)
            yield from zip(*(table.column(name).to_pylist() for name in _RECORD), strict=True)


def _array(path: Path, name: str) -> Array:
    # `to_numpy` would import pandas, if it is installed.
    values: Array = np.from_dlpack(one_chunk(read_part(path, [name]).column(name)))
    return values
