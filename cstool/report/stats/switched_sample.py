"""Reads a sample of the rows of a folder of `switch`, for words and code-mixing."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.languages.code_mixing import MixingSums, sums_by_language
from cstool.languages.words import words_of
from cstool.report.stats.read_batches import at_once, batches, more_columns
from cstool.storage.document_numbers import document_numbers
from cstool.storage.histograms import histogram
from cstool.storage.manifest import Manifest
from cstool.storage.row_kinds import RowKind, kind_of
from cstool.storage.statistics import DocumentNumbers

if TYPE_CHECKING:
    import polars as pl

# Approximate number of rows per language to read; of more, row groups at regular intervals.
SAMPLE = 100_000


@dataclass
class FolderSample:
    """The rows that were read.

    `rows`: by language; `sides`: the same of switched (False) and of source rows (True); `sums`: of
    these; `documents`: of paragraphs or pages, by language.
    """

    kind: RowKind
    rows: dict[str, int] = field(default_factory=dict)
    sides: dict[tuple[str, bool], int] = field(default_factory=dict)
    sums: dict[tuple[str, bool], MixingSums] = field(default_factory=dict)
    documents: dict[str, DocumentNumbers] = field(default_factory=dict)

    def with_words(self, code: str, *, plain: bool) -> int:
        """Return the number of rows that were read; of sentences, those with a word."""
        if self.kind.unit != "sentence":
            return self.sides.get((code, plain), 0)
        return self.sums.get((code, plain), MixingSums()).sentences

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch."""
        same = pc.equal(batch.column("language"), batch.column("source_language"))
        for code, number in zip(*pc.value_counts(batch.column("language")).flatten(), strict=True):
            self.rows[code.as_py()] = self.rows.get(code.as_py(), 0) + number.as_py()
        for plain, rows in ((False, pc.invert(same)), (True, same)):
            some = batch.filter(rows)
            if some.num_rows:
                self._add_side(some, plain=plain)

    def _add_side(self, rows: pa.RecordBatch, *, plain: bool) -> None:
        codes = rows.column("language").dictionary_encode()
        long = self.kind.unit != "sentence"
        by_language = sums_by_language(
            codes,
            rows.column("text"),
            rows.column("entities"),
            ("", "") if plain else self.kind.marks,
            rows.column("sentences") if long else None,
        )
        for code, sums in by_language.items():
            self.sums[code, plain] = self.sums.get((code, plain), MixingSums()) + sums
        if not long:
            return
        words = words_of(rows.column("text"))
        of_row = codes.indices.to_numpy()
        for number, code in enumerate(codes.dictionary.to_pylist()):
            here = of_row == number
            some = rows.filter(pa.array(here))
            its = document_numbers(some, "entities", np.full(some.num_rows, not plain))
            its += DocumentNumbers(words=histogram(words[here]).tolist())
            self.documents[code] = self.documents.get(code, DocumentNumbers()) + its
            side = code, plain
            self.sides[side] = self.sides.get(side, 0) + some.num_rows


def read_sample(folder: Path, manifest: Manifest, rows: dict[str, int]) -> FolderSample:
    """Return a sample of a folder; `rows`: its number of rows by language."""
    sample = FolderSample(kind_of(manifest))
    unit = manifest.row_unit
    columns = ["language", "source_language", "text", "entities", *more_columns(unit)]
    every = max(1, sum(rows.values()) // (SAMPLE * max(1, len(rows))))
    for batch in batches(folder, manifest.tables, columns, at_once(unit), every=every):
        sample.add(batch)
    return sample


def words_switched(rows: "pl.LazyFrame") -> "pl.DataFrame":
    """Return the number of words that were switched, by `language` and `plain` (a source row)."""
    import polars as pl

    spans = rows.filter(pl.col("entities").list.len() > 0).explode("entities")
    words = spans.filter(pl.col("entities").struct.field("qid").is_null())
    plain = pl.col("language") == pl.col("source_language")
    numbers = words.group_by("language", plain=plain).agg(dictionary_words=pl.len())
    return numbers.collect(engine="streaming")


def number_of_entities(*, of_words: bool) -> "pl.Expr":
    """Return the number of entities of a row; `of_words`: whether words may be among the spans."""
    import polars as pl

    spans = pl.col("entities")
    if not of_words:
        return spans.list.len()
    return spans.list.eval(pl.element().struct.field("qid").is_not_null()).list.sum()


def shares_switched(rows: "pl.LazyFrame", *, of_words: bool) -> dict[str, float]:
    """Return the mean share of a source row's entities that are switched, by language.

    Of the switched rows whose source row is in the folder. `of_words`: whether there are words
    among the spans, which are not counted.
    """
    import polars as pl

    some = rows.select(
        "id", "language", number=number_of_entities(of_words=of_words),
        plain=pl.col("language") == pl.col("source_language"),
    )  # fmt: skip
    sources = some.filter("plain").select("id", whole="number").unique("id")
    shares = (
        some.filter(~pl.col("plain"))
        .join(sources.filter(pl.col("whole") > 0), on="id")
        .group_by("language")
        .agg((pl.col("number") / pl.col("whole")).mean())
        .collect()
    )
    return dict(shares.iter_rows())
