"""Folders of pages for the tests of `pair`, and the rows that it must make of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from cstool.execution.executors import InlineExecutor
from cstool.execution.options import RunOptions
from cstool.stages.pair.stage import PairOptions, pair
from cstool.storage.counts import Counts
from cstool.storage.manifest import Manifest, Source
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.run import Run
from cstool.storage.schemas import POSITIONS_A_PAGE, SENTENCES, Unit, for_unit
from cstool.storage.tasks import part_name
from tests.stages.link.linking import write_titles

QUIET = RunOptions(jobs=1, quiet=True)


@dataclass(frozen=True)
class Page:
    """A page: its id, title and paragraphs; one that begins with # is a heading."""

    number: int
    title: str
    paragraphs: Sequence[str]

    @property
    def text(self) -> str:
        """The page's text."""
        return "\n\n".join(self.paragraphs)

    def row(self) -> dict[str, Any]:
        """Return the page as a row of `extract`."""
        starts, at = [], 0
        for paragraph in self.paragraphs:
            if not paragraph.startswith("#"):
                starts.append(at)
            at += len(paragraph) + 2
        return {
            "id": self.number * POSITIONS_A_PAGE,
            "page_id": self.number,
            "revision_id": self.number + 9000,
            "title": self.title,
            "position": 0,
            "text": self.text,
            "mentions": [],
            "sentences": starts,
            "gaps": 0,
        }


def write_pages(
    folder: Path,
    pages: Sequence[Page],
    language: str,
    *,
    wiki: str | None = None,
    a_part: int = 1000,
    a_group: int = 1000,
    unit: Unit = "page",
) -> Path:
    """Write a folder as `extract --unit page` does; return it."""
    schema = for_unit(SENTENCES, unit)
    folder.mkdir(parents=True)

    def batches(rows: Sequence[Page]) -> Batches:
        for first in range(0, len(rows), a_group):
            some = [page.row() for page in rows[first : first + a_group]]
            yield pa.Table.from_pylist(some, schema)
        return Counts()

    into = PartFolder(folder, folder / "_work", "r")
    made = [
        write_part(into, part_name(i), f"{i}", PartSpec(schema), batches(pages[n : n + a_part]))
        for i, n in enumerate(range(0, len(pages), a_part))
    ]
    run = Run(folder, Claim("extract", "0", {"of": language}, []), QUIET, InlineExecutor())
    run.finish(made, Counts(), source=Source(wiki or f"{language}wiki", language), unit=unit)
    return folder


@dataclass(frozen=True)
class Wiki:
    """A wiki: its pages, the QIDs of their titles, and the QIDs that are not entities."""

    language: str
    pages: Sequence[Page]
    titles: dict[str, int]
    others: dict[int, str] | None = None


def pair_wikis(
    folder: Path, wikis: Sequence[Wiki], *, a_part: int = 2, running: RunOptions = QUIET, **of: Any
) -> Manifest:
    """Write the folders of wikis and pair them into `folder / "pairs"`; return the manifest."""
    pages, titles = write_wikis(folder, wikis, a_part=a_part)
    return pair(pages, titles, folder / "pairs", PairOptions(**of), running)


def write_wikis(
    folder: Path, wikis: Sequence[Wiki], *, a_part: int = 2
) -> tuple[list[Path], list[Path]]:
    """Write the folders of pages and of titles."""
    pages = [
        write_pages(folder / f"{w.language}-pages", w.pages, w.language, a_part=a_part, a_group=1)
        for w in wikis
    ]
    titles = [
        write_titles(folder / f"{w.language}-titles", w.titles, w.others or {}, language=w.language)
        for w in wikis
    ]
    return pages, titles


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a folder, in order."""
    return pl.concat(
        [pl.read_parquet(path) for path in sorted(folder.glob("part-*.parquet"))]
    ).to_dicts()


def pieces(row: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return the segments of a row: wiki, page and text."""
    return [(s["wiki"], s["page_id"], row["text"][s["start"] : s["end"]]) for s in row["segments"]]
