"""Plans a corpus before the shuffle: the pages to hold out, and the number of files.

`census` reads the columns of codes and numbers of each part, in workers; `plan_of` combines the
results. The plan does not depend on the distribution of rows over parts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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

if TYPE_CHECKING:
    import polars as pl

PAGES = pa.schema([("language", pa.string()), ("page", pa.uint64()), ("rows", pa.int64())])
SPLITS = ("train", "validation")
# The columns that `census` and `kept_rows` need.
NARROW = ["id", "language", "source_language", "page_id", "wiki"]


@dataclass(frozen=True)
class ShardOptions:
    """The options of `cstool shard`.

    `validation`: minimum number of sentences per language to hold out, or a tenth of the language's
    sentences if that is less; a page is held out as a whole, in all languages. `decontaminate`:
    files of test sets. A dropped source sentence is dropped with all its rows.
    """

    rows_per_shard: int = 500_000
    validation: int = 100
    seed: int = 0
    format: FormatName = "cstool"
    dedup: Dedup = "none"
    decontaminate: tuple[Path, ...] = ()


class Shard(NamedTuple):
    """A planned file of the corpus: language, split, and number within these."""

    language: str
    split: str
    number: int


@dataclass(frozen=True)
class ShardPlan:
    """The plan of a corpus.

    `languages`: sorted; `files`: number of training files of each; `held_out`: hashes of the pages
    to hold out, sorted. The held-out rows of a language are one file.
    """

    languages: tuple[str, ...]
    files: tuple[int, ...]
    held_out: tuple[int, ...]
    options: ShardOptions

    def shards(self) -> list[Shard]:
        """Return all planned files; the index of a file is its destination."""
        return [
            Shard(language, split, number)
            for language, files in zip(self.languages, self.files, strict=True)
            for split, many in (("train", files), ("validation", 1))
            for number in range(many)
        ]


def census(part: PartToRead, options: ShardOptions) -> Batches:
    """Yield the candidate pages of a part to hold out: the first by hash, for each language."""
    table = read_part(part.file, NARROW)
    counts = Counts()
    kept = kept_rows(table, part, DroppedSentences.of(part), options.format)
    table = table.filter(pa.array(kept.rows))
    if table.num_rows:
        import polars as pl  # here: a process that has imported Polars cannot be forked

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


def first_pages(pages: "pl.DataFrame", validation: int) -> "pl.DataFrame":
    """Return the first pages of each language: enough for the rows to hold out, plus one.

    `pages` are sorted. Applying this to the results of all parts gives the first pages overall.
    """
    import polars as pl

    # One window: up to Polars 1.35 they cannot be nested.
    before = pl.col("rows").cum_sum() - pl.col("rows")
    fewer = (before < validation).shift(1, fill_value=True)
    return pages.filter(fewer.over("language"))


def plan_of(
    folder: Path, censuses: list[FinishedPart], options: ShardOptions, names: str
) -> ShardPlan:
    """Choose the pages to hold out, jointly for all languages, and the numbers of files.

    `names`: of the input folders, for messages.
    Raises InputError if no row remains, and for a language code that cannot name a folder.
    """
    import polars as pl

    rows = total(made.counts for made in censuses).details.get("rows", {})
    if not rows:
        raise InputError(
            f"{names}: no sentences, or all of them are dropped, so the corpus would be "
            "empty; give other folders, or drop fewer sentences"
        )
    for code in rows:
        if not has_form(code):
            raise InputError(
                f"{names}: {code[:40]!r} is not a language code, so it cannot name a "
                "folder; make the switched sentences again with valid codes in --languages"
            )
    tables = [read_part(folder / made.part.file) for made in censuses]
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
    """Return pages that together have at least the wanted number of rows of each language.

    `candidates`: the first pages of each language by hash, with their rows. A page is held out in
    all languages. Languages that want fewer rows choose first, and each language keeps at least one
    of its candidates for training.
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
