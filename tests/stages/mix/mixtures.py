"""Corpora, pairs and recipes for the tests of `mix`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from cstool.execution.options import RunOptions
from cstool.stages.mix.recipe import MixRecipe, SourceRecipe, StageRecipe
from cstool.stages.mix.stage import MixOptions, mix
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.manifest import Manifest
from cstool.storage.row_kinds import RowKind
from tests.stages.pair.pages import Page, Wiki, pair_wikis
from tests.stages.shard.documents import PAGE, Document, write_documents
from tests.stages.shard.switched import Sentence, write_switched

QUIET = RunOptions(jobs=1, quiet=True)


def sentences(number: int, *, first: int = 0, of: str = "s") -> list[Sentence]:
    """Return sentences of 1 to 7 words, three to a page, in two languages."""
    return [
        Sentence(1 + i // 3, " ".join(["word"] * (i % 6)) + f" {of}{i}", ("de", "fr"))
        for i in range(first, first + number)
    ]


def corpus(folder: Path, rows: Sequence[Sentence], *, wiki: str = "enwiki", **options: Any) -> Path:
    """Write a corpus of sentences, in parts of a few rows; return its folder."""
    switched = write_switched(Path(f"{folder}-switched"), rows, a_part=20, wiki=wiki)
    given = {"rows_per_shard": 40, "validation": 0} | options
    shard([switched], folder, ShardOptions(**given), QUIET)
    return folder


def page_corpus(
    folder: Path, pages: Sequence[Document], *, kind: RowKind = PAGE, **options: Any
) -> Path:
    """Write a corpus of pages; return its folder."""
    switched = write_documents(Path(f"{folder}-switched"), pages, kind, a_part=5)
    given = {"rows_per_shard": 20, "validation": 0} | options
    shard([switched], folder, ShardOptions(**given), QUIET)
    return folder


def pairs(folder: Path, number: int, **options: Any) -> Path:
    """Write the pairs of an English and a Japanese wiki, about Q1 and so on; return the folder."""
    titles = {code: {f"{code}{i}": i for i in range(1, number + 1)} for code in ("en", "ja")}
    wikis = [
        Wiki(
            code,
            [
                Page(i, f"{code}{i}", [f"{code} {i} {n} text." for n in range(1 + i % 4)])
                for i in titles[code].values()
            ],
            titles[code],
        )
        for code in ("en", "ja")
    ]
    pair_wikis(folder, wikis, a_part=7, **options)
    return folder / "pairs"


def source(folder: Path, name: str = "", **of: Any) -> SourceRecipe:
    """Return a source of a recipe."""
    return SourceRecipe(folder, name or folder.name, line=3, **of)


def recipe(*stages: Sequence[SourceRecipe] | StageRecipe, **of: Any) -> MixRecipe:
    """Return a recipe of stages, each given by its sources or as it is."""
    made = [
        one if isinstance(one, StageRecipe) else StageRecipe(f"s{number}", tuple(one), line=2)
        for number, one in enumerate(stages, 1)
    ]
    return MixRecipe(Path("recipe.toml"), tuple(made), **of)


def make(
    of: MixRecipe, out: Path, *, running: RunOptions = QUIET, **options: Any
) -> tuple[Manifest, pl.DataFrame]:
    """Write a mixture; return the manifest and the rows, file by file."""
    manifest = mix(of, out, MixOptions(**options), running)
    return manifest, rows_of(out)


def rows_of(out: Path) -> pl.DataFrame:
    """Return the rows of a mixture, file by file."""
    files = sorted((out / "data").rglob("*-of-*.parquet"))
    return pl.concat([pl.read_parquet(path) for path in files])


def jobs(number: int) -> RunOptions:
    """Return the options of a run with that number of workers."""
    return replace(QUIET, jobs=number)
