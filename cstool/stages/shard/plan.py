"""What `shard` decides before it moves a row: which pages are held out, how many files there are.

`census` looks at each part's columns of codes and numbers, in workers; `plan_of` puts together what
they found. Nothing of it depends on how rows lie in parts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from cstool.arrays.arrow import numbers
from cstool.arrays.hashing import page_hashes
from cstool.errors import InputError
from cstool.languages.codes import has_form
from cstool.stages.shard.dedup import Dedup, DroppedSentences, PartToRead, kept_rows
from cstool.stages.shard.formats import FormatName
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts, total
from cstool.storage.parts import Batches, FinishedPart

PAGES = pa.schema([("language", pa.string()), ("page", pa.uint64()), ("rows", pa.int64())])
SPLITS = ("train", "validation")
# What the census and the choice of rows read.
_NARROW = ["id", "language", "source_language", "page_id"]


@dataclass(frozen=True)
class ShardOptions:
    """How the corpus is cut, and what is left out of it.

    `validation`: sentences a language to hold out, or a tenth of them if that is less: so many
    at least, since whole pages are held out, for all languages alike. `decontaminate`: files of
    test sets. All rows of a source sentence are left out with it.
    """

    rows_per_shard: int = 500_000
    validation: int = 100
    seed: int = 0
    format: FormatName = "cstool"
    dedup: Dedup = "none"
    decontaminate: tuple[Path, ...] = ()


class Shard(NamedTuple):
    """A file of the corpus to be: which of its language's and split's."""

    language: str
    split: str
    number: int


@dataclass(frozen=True)
class ShardPlan:
    """The languages in their order, how many files of training text each has, and the pages to
    hold out, by their hashes. A language's held-out rows are one file.
    """

    languages: tuple[str, ...]
    files: tuple[int, ...]
    held_out: tuple[int, ...]
    options: ShardOptions

    def shards(self) -> list[Shard]:
        """Return all files, each at its destination's number."""
        return [
            Shard(language, split, number)
            for language, files in zip(self.languages, self.files, strict=True)
            for split, many in (("train", files), ("validation", 1))
            for number in range(many)
        ]


def census(part: PartToRead, options: ShardOptions) -> Batches:
    """Yield the pages of a part that may be held out, language by language, first by hash."""
    table = read_part(part.file, _NARROW)
    counts = Counts()
    kept = kept_rows(table, part, DroppedSentences.of(part), options.format)
    table = table.filter(pa.array(kept.rows))
    if table.num_rows:
        frame = pl.from_arrow(
            table.select(["language"]).append_column(
                "page", numbers(page_hashes(table, options.seed))
            )
        )
        assert isinstance(frame, pl.DataFrame)
        pages = frame.group_by("language", "page").len("rows").sort("language", "page")
        rows = pages.group_by("language", maintain_order=True).agg(pl.col("rows").sum())
        counts.add("rows", dict(rows.iter_rows()))
        yield first_pages(pages, options.validation).to_arrow().cast(PAGES)
    return counts


def first_pages(pages: pl.DataFrame, validation: int) -> pl.DataFrame:
    """Return each language's first pages: as many as have the rows to hold out, and one more.

    `pages` are in order. The first pages of many parts' first pages are those of all.
    """
    before = pl.col("rows").cum_sum().over("language") - pl.col("rows")
    fewer = (before < validation).shift(1, fill_value=True).over("language")
    return pages.filter(fewer)


def plan_of(folder: Path, found: list[FinishedPart], options: ShardOptions) -> ShardPlan:
    """Choose the pages to hold out, for all languages at once, and the numbers of files.

    Raises InputError when no row is left, and for a language that cannot be a folder's name.
    """
    rows = total(made.counts for made in found).details.get("rows", {})
    if not rows:
        raise InputError("no sentence to make a corpus of: what was given holds none")
    for code in rows:
        if not has_form(code):
            raise InputError(
                f"{code[:40]!r} is no language code, which a folder could be called by; make the "
                "switched sentences again with --languages that are codes"
            )
    tables = [read_part(folder / made.part.file) for made in found]
    frame = pl.from_arrow(pa.concat_tables([PAGES.empty_table(), *tables]))
    assert isinstance(frame, pl.DataFrame)
    frame = frame.group_by("language", "page").agg(pl.col("rows").sum()).sort("language", "page")
    candidates: dict[str, list[tuple[int, int]]] = {}
    for language, page, number in first_pages(frame, options.validation).iter_rows():
        candidates.setdefault(language, []).append((page, number))
    wanted = {code: min(options.validation, number // 10) for code, number in rows.items()}
    languages = tuple(sorted(rows))
    files = tuple(-(-rows[code] // options.rows_per_shard) for code in languages)
    return ShardPlan(languages, files, tuple(sorted(hold_out(candidates, wanted))), options)


def hold_out(candidates: dict[str, list[tuple[int, int]]], wanted: dict[str, int]) -> set[int]:
    """Return pages that together have at least the wanted rows of each language.

    `candidates`: each language's first pages by hash, with their rows. A page that is held out
    is so for all languages, those that want few rows choose first, and each language keeps at
    least one of its candidates.
    """
    held: set[int] = set()
    left = {language: len(pages) for language, pages in candidates.items()}
    languages_of: dict[int, list[str]] = {}
    for language, its_pages in candidates.items():
        for page, _ in its_pages:
            languages_of.setdefault(page, []).append(language)
    for language in sorted(wanted, key=lambda code: (wanted[code], code)):
        its_pages = candidates.get(language, [])
        have = sum(number for page, number in its_pages if page in held)
        for page, number in its_pages:
            if have >= wanted[language]:
                break
            if page in held or any(left[other] == 1 for other in languages_of[page]):
                continue
            held.add(page)
            have += number
            for other in languages_of[page]:
                left[other] -= 1
    return held
