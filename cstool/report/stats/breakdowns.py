"""Counts entities by type and sentences by page title."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa

from cstool.errors import InputError, WrongCallError
from cstool.report.show.entity import EntityTable
from cstool.report.show.query import form_of
from cstool.report.stats.switched_sample import number_of_entities
from cstool.storage.checksums import checked_parts, open_part
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.row_kinds import kind_of
from cstool.storage.schemas import BY_STAGE

_QIDS = {"link": "mentions.list.element.qid", "switch": "entities.list.element.qid"}
# Minimum number of pending counts before they are merged.
_AT_LEAST = 1 << 20


class TypeStats(msgspec.Struct, frozen=True):
    """A type (P31): QID, name, number of its items, and number of their occurrences."""

    qid: int
    name: str | None
    items: int
    entities: int


class TitleStats(msgspec.Struct, frozen=True):
    """A page: number of its rows, and of the entities (or mentions) in them.

    `wiki`: None if the rows have no such column.
    """

    title: str
    rows: int
    entities: int
    wiki: str | None = None


def by_type(
    folder: Path,
    entities: Path | None,
    most: int | None = None,
    *,
    named: int,
    languages: Sequence[str] = (),
) -> list[TypeStats]:
    """Count a folder's entities by type, most frequent first; entities may have several types.

    `entities`: output folder of `cstool entities`, for the types; not needed if `folder` is one.
    `most`: number of types to return; `named`: number of types whose names are looked up, which is
    slow; `languages`: of these names, in order of preference. Raises InputError for an invalid
    folder, WrongCallError for one without QIDs.
    """
    manifest = need_stage(folder, *BY_STAGE)
    form = form_of(manifest)
    if manifest.stage == "entities":
        entities, counted = folder, None
    elif form not in _QIDS or _is_lines(manifest):
        raise WrongCallError(
            f"--by type: {folder} has no Parquet column of QIDs; give an output folder of `cstool "
            "link`, `switch` or `shard --format cstool`"
        )
    else:
        counted = _count(_qids(folder, manifest, _QIDS[form]))
    if entities is None:
        raise WrongCallError("--by type: the types are unknown; give --entities DIR")
    table = EntityTable(entities)
    types = _types(table, counted).head(most) if most else _types(table, counted)
    return [
        TypeStats(qid, table.name(qid, languages) if rank < named else None, items, number)
        for rank, (qid, items, number) in enumerate(types.iter_rows())
    ]


def _types(table: EntityTable, counted: pl.DataFrame | None) -> pl.DataFrame:
    """Return (types, items, entities) of the counted items, or of all, most frequent first."""
    items = pl.scan_parquet(checked_parts(table.folder, table.manifest), glob=False).select(
        "qid", "types"
    )
    known = (
        items.with_columns(number=pl.lit(1, pl.Int64))
        if counted is None
        else items.join(counted.lazy(), on="qid")
    )
    try:
        types = (
            known.explode("types")
            .drop_nulls("types")
            .group_by("types")
            .agg(items=pl.len(), entities=pl.col("number").sum())
            .collect(engine="streaming")
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{table.folder}: cannot be read ({error}); make the folder again with --overwrite"
        ) from error
    return types.sort("entities", "types", descending=[True, False])


def _is_lines(manifest: Manifest) -> bool:
    return manifest.parameters.get("format") in ("jsonl", "dolma")


def _qids(folder: Path, manifest: Manifest, column: str) -> Iterator[pa.Array]:
    """Yield the QIDs of a folder's spans; null for mentions without a QID."""
    outer, _, _, inner = column.split(".")
    for part in manifest.tables:
        path = folder / part.file
        try:
            file = open_part(path)
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, [column])
                for chunk in table.column(outer).chunks:
                    yield chunk.flatten().field(inner)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(
                f"{path}: cannot be read ({error}); make the folder again with --overwrite"
            ) from error


def _count(qids: Iterator[pa.Array]) -> pl.DataFrame:
    """Return the number of occurrences of each QID: columns `qid` and `number`."""
    whole = pl.DataFrame(schema={"qid": pl.UInt32, "number": pl.Int64})
    waiting: list[pl.DataFrame] = []
    rows = 0
    for array in qids:
        some = pl.DataFrame({"qid": pl.Series(array.drop_null())})
        waiting.append(some.group_by("qid").agg(number=pl.len().cast(pl.Int64)))
        rows += len(waiting[-1])
        if rows > max(_AT_LEAST, 2 * len(whole)):
            whole, waiting, rows = _put_together([whole, *waiting]), [], 0
    return _put_together([whole, *waiting])


def _put_together(counts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(counts).group_by("qid").agg(pl.col("number").sum())


def by_title(folder: Path, most: int | None = None) -> list[TitleStats]:
    """Count a folder's rows by page title, most frequent first.

    Raises InputError for an invalid folder, WrongCallError for one without page titles.
    """
    manifest = need_stage(folder, *BY_STAGE)
    spans = {"extract": "mentions", "link": "mentions", "switch": "entities"}.get(form_of(manifest))
    if spans is None or _is_lines(manifest):
        raise WrongCallError(
            f"--by title: {folder} has no Parquet column of page titles; give an output folder of "
            "`cstool extract`, `link`, `switch` or `shard --format cstool`"
        )
    number = pl.col(spans).list.len()
    if spans == "entities":
        number = number_of_entities(of_words=kind_of(manifest).words)
    try:
        rows = pl.scan_parquet(checked_parts(folder, manifest), glob=False)
        if "wiki" not in rows.collect_schema():
            rows = rows.with_columns(wiki=pl.lit(manifest.source and manifest.source.wiki))
        titles = (
            rows.group_by("title", "wiki")
            .agg(rows=pl.len(), entities=number.cast(pl.Int64).sum())
            .collect(engine="streaming")
            .sort("rows", "title", "wiki", descending=[True, False, False])
            .select("title", "rows", "entities", "wiki")
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{folder}: cannot be read ({error}); make the folder again with --overwrite"
        ) from error
    return [TitleStats(*row) for row in (titles.head(most) if most else titles).iter_rows()]
