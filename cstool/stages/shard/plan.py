"""Plans a corpus before the shuffle: the pages to hold out, and the number of files.

`census` reads the columns of codes and numbers of each part, in workers; `plan_of` combines the
results. The plan does not depend on the distribution of rows over parts.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, one_chunk
from cstool.arrays.hashing import page_hashes
from cstool.errors import InputError
from cstool.formats.corpus_formats import FormatName
from cstool.formats.format_options import NO_OPTIONS, FormatOptions
from cstool.languages.codes import has_form
from cstool.stages.shard.dedup import (
    Dedup,
    DroppedSentences,
    PartToRead,
    columns_to_choose,
    kept_rows,
)
from cstool.stages.shard.page_rows import by_language, by_page, first_pages, one_row_each
from cstool.storage.checksums import open_part, read_part
from cstool.storage.counts import Counts, total
from cstool.storage.parts import Batches, FinishedPart
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import TALLIES
from cstool.storage.segments import row_groups

# Of paragraphs and pages: bytes of `text` of a training file, about as many as those of
# `rows_per_shard` sentences.
BYTES_A_SHARD = 100_000_000
SPLITS = ("train", "validation")
# The columns that `census` and `kept_rows` need.
NARROW = ["id", "language", "source_language", "page_id", "wiki"]


@dataclass(frozen=True)
class ShardOptions:
    """The options of `cstool shard`.

    `validation`: minimum number of rows per language to hold out, or a tenth of the language's
    rows if that is less; a page is held out as a whole, in all languages. `decontaminate`: files of
    test sets. `files`: options of the format. A dropped source sentence, paragraph or page is
    dropped with all its rows.
    """

    rows_per_shard: int = 500_000
    validation: int = 100
    seed: int = 0
    format: FormatName = "cstool"
    dedup: Dedup = "none"
    decontaminate: tuple[Path, ...] = ()
    files: FormatOptions = NO_OPTIONS


class Shard(NamedTuple):
    """A planned file of the corpus: language, split, and number within these."""

    language: str
    split: str
    number: int


@dataclass(frozen=True)
class ShardPlan:
    """The plan of a corpus.

    `languages`: sorted; `files`: number of training files of each; `held_out`: hashes of the pages
    to hold out, sorted. The held-out rows of a language are one file. `kind`: of the rows.
    """

    languages: tuple[str, ...]
    files: tuple[int, ...]
    held_out: tuple[int, ...]
    options: ShardOptions
    kind: RowKind

    def shards(self) -> list[Shard]:
        """Return all planned files; the index of a file is its destination."""
        return [
            Shard(language, split, number)
            for language, files in zip(self.languages, self.files, strict=True)
            for split, many in (("train", files), ("validation", 1))
            for number in range(many)
        ]


def census(part: PartToRead, work: tuple[ShardOptions, RowKind]) -> Batches:
    """Yield the candidate pages of a part to hold out: the first by hash, for each language."""
    options, kind = work
    table = read_part(part.file, NARROW)
    counts = Counts()
    kept = _kept(table, part, options.format)
    table = table.filter(booleans(kept))
    if table.num_rows:
        if kind.unit != "sentence":
            counts.add("bytes", _text_bytes(part.file, kept))
        hashes = page_hashes(table, options.seed)
        pages = by_page(one_row_each(table.column("language"), hashes))
        counts.add("rows", by_language(pages))
        yield first_pages(pages, options.validation)
    return counts


def _kept(table: pa.Table, part: PartToRead, format_: FormatName) -> Array:
    """Return bool[n]: the rows that are not dropped; texts are read some row groups at a time."""
    dropped = DroppedSentences.of(part)
    texts = columns_to_choose(format_)
    if not texts:
        return kept_rows(table, part, dropped, format_).rows
    groups = row_groups(open_part(Path(part.file)), [*NARROW, *texts])
    return np.concatenate([kept_rows(rows, part, dropped, format_).rows for rows in groups])


def _text_bytes(file: str, kept: Array) -> dict[str, int]:
    """Return the bytes of the texts of a part's rows, for which `kept` is true, by language."""
    sizes: Counter[str] = Counter()
    before = 0
    for rows in row_groups(open_part(Path(file)), ["language", "text"]):
        here = kept[before : before + rows.num_rows]
        before += rows.num_rows
        codes = one_chunk(rows.column("language")).dictionary_encode()
        length = pc.binary_length(one_chunk(rows.column("text"))).to_numpy() * here
        sums = np.bincount(codes.indices.to_numpy(), length, len(codes.dictionary))
        sizes.update(dict(zip(codes.dictionary.to_pylist(), map(int, sums), strict=True)))
    return sizes


def plan_of(
    folder: Path,
    censuses: list[FinishedPart],
    options: ShardOptions,
    kind: RowKind,
    names: str,
) -> ShardPlan:
    """Choose the pages to hold out, jointly for all languages, and the numbers of files.

    `kind`: of the rows. `names`: of the input folders, for messages.
    Raises InputError if no row remains, and for a language code that cannot name a folder.
    """
    counted = total(made.counts for made in censuses).details
    rows, sizes = counted.get("rows", {}), counted.get("bytes", {})
    if not rows:
        units = TALLIES[kind.unit]
        raise InputError(
            f"{names}: no {units}, or all of them are dropped, so the corpus would be "
            f"empty; give other folders, or drop fewer {units}"
        )
    for code in rows:
        if not has_form(code):
            raise InputError(
                f"{names}: {code[:40]!r} is not a language code, so it cannot name a "
                "folder; make the switched sentences again with valid codes in --languages"
            )
    tables = [read_part(folder / made.part.file) for made in censuses]
    pages = first_pages(by_page(pa.concat_tables(tables)), options.validation)
    candidates: dict[str, list[tuple[int, int]]] = {}
    for language, page, number in zip(*pages.to_pydict().values(), strict=True):
        candidates.setdefault(language, []).append((page, number))
    wanted = {code: min(options.validation, number // 10) for code, number in rows.items()}
    languages = tuple(sorted(rows))
    files = tuple(
        max(-(-rows[code] // options.rows_per_shard), -(-sizes.get(code, 0) // BYTES_A_SHARD))
        for code in languages
    )
    held_out = tuple(sorted(hold_out(candidates, wanted)))
    return ShardPlan(languages, files, held_out, options, kind)


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
