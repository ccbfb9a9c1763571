"""Numbers of a stage's folder, by language: rows, words, entities."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl

from cstool.parts.manifest import Manifest, need_stage
from cstool.parts.schemas import BY_STAGE
from cstool.running.errors import InputError


class LanguageStats(msgspec.Struct, frozen=True):
    """One language's numbers. What a stage does not have is None.

    `entities` counts spans or mentions; `linked` those with a QID.
    """

    language: str
    rows: int
    words: int | None = None
    entities: int | None = None
    linked: int | None = None

    @property
    def entities_a_sentence(self) -> float | None:
        """Mean number of entities of a row."""
        return self.entities / self.rows if self.entities is not None and self.rows else None


class FolderStats(msgspec.Struct, frozen=True):
    """A folder's numbers: which stage wrote it, the sum, and each language."""

    stage: str
    rows: int
    words: int | None
    entities: int | None
    linked: int | None
    languages: list[LanguageStats]


def folder_stats(folder: Path) -> FolderStats:
    """Count what is in a stage's folder. Raises InputError when it is none."""
    manifest = need_stage(folder, *BY_STAGE)
    languages = sorted(_COUNT[manifest.stage](folder, manifest), key=lambda s: s.language)
    return FolderStats(
        manifest.stage,
        sum(part.rows for part in manifest.tables),
        _sum([s.words for s in languages]),
        _sum([s.entities for s in languages]),
        _sum([s.linked for s in languages]),
        languages,
    )


def _sum(numbers: list[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None


def _scan(folder: Path, manifest: Manifest) -> pl.LazyFrame:
    try:
        return pl.scan_parquet([folder / part.file for part in manifest.tables])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{folder}: cannot be read ({error})") from error


def _words(column: str) -> pl.Expr:
    return pl.col(column).str.count_matches(r"\S+").cast(pl.Int64).sum()


def _sentences(folder: Path, manifest: Manifest) -> list[LanguageStats]:
    language = manifest.source.language if manifest.source else ""
    columns = [pl.len(), _words("text"), pl.col("mentions").list.len().cast(pl.Int64).sum()]
    if manifest.stage == "link":
        qid = pl.element().struct.field("qid").is_not_null().cast(pl.Int64).sum()
        columns.append(pl.col("mentions").list.eval(qid).list.first().sum().alias("linked"))
    row = _scan(folder, manifest).select(columns).collect(engine="streaming").row(0)
    return [LanguageStats(language, *row)]


def _switched(folder: Path, manifest: Manifest) -> list[LanguageStats]:
    if "cs_sentence" in _scan(folder, manifest).collect_schema():
        text, entities = "cs_sentence", pl.col("cs_sentence").str.count_matches("<e>", literal=True)
    else:
        text, entities = "text", pl.col("entities").list.len()
    counted = (
        _scan(folder, manifest)
        .group_by("language")
        .agg(pl.len().alias("rows"), _words(text), entities.cast(pl.Int64).sum().alias("entities"))
        .collect(engine="streaming")
    )
    return [LanguageStats(code, rows, words, n, n) for code, rows, words, n in counted.iter_rows()]


def _entities(folder: Path, manifest: Manifest) -> list[LanguageStats]:
    del folder
    labels = manifest.counts.details.get("languages", {})
    return [LanguageStats(language, number) for language, number in labels.items()]


def _titles(folder: Path, manifest: Manifest) -> list[LanguageStats]:
    rows = _scan(folder, manifest).select(pl.len()).collect().item()
    language = manifest.source.language if manifest.source else ""
    return [LanguageStats(language, rows)]


_COUNT: dict[str, Callable[[Path, Manifest], list[LanguageStats]]] = {
    "extract": _sentences,
    "link": _sentences,
    "switch": _switched,
    "shard": _switched,
    "entities": _entities,
    "titles": _titles,
}

_ROWS_ARE = {
    "extract": "sentences",
    "link": "sentences",
    "switch": "sentences",
    "shard": "sentences",
    "entities": "labels",
    "titles": "titles",
}


def as_table(stats: FolderStats, width: int) -> str:
    """Return the numbers as a table; a bar a language fills what is left of `width` columns."""
    head = ["language", _ROWS_ARE[stats.stage], "words", "entities", "linked", "a sentence"]
    rows = sum(s.rows for s in stats.languages)
    everything = LanguageStats("all", rows, stats.words, stats.entities, stats.linked)
    lines = [_cells(s) for s in [*stats.languages, everything]]
    used = [i for i in range(len(head)) if any(line[i] for line in lines)]
    if stats.stage in ("switch", "shard"):
        used = [i for i in used if i != 4]  # all that stand there are linked
    widths = {i: max(len(head[i]), *(len(line[i]) for line in lines)) for i in used}
    room = min(40, width - sum(widths.values()) - 2 * len(used))
    most = max((s.rows for s in stats.languages), default=0)
    out = ["  ".join(_cell(head[i], widths[i], i) for i in used)]
    for line, rows in zip(lines, [*(s.rows for s in stats.languages), 0], strict=True):
        bar = "█" * round(room * rows / most) if most and room > 4 else ""
        out.append(("  ".join(_cell(line[i], widths[i], i) for i in used) + "  " + bar).rstrip())
    return "\n".join(out)


def _cells(stats: LanguageStats) -> list[str]:
    """Return a language's numbers as the table shows them."""
    numbers = (stats.words, stats.entities, stats.linked)
    mean = stats.entities_a_sentence
    return [
        stats.language,
        f"{stats.rows:,}",
        *("" if n is None else f"{n:,}" for n in numbers),
        "" if mean is None else f"{mean:.2f}",
    ]


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
