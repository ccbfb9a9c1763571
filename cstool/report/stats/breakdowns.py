"""What a folder's entities are, by type, and which pages its sentences are from."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa

from cstool.errors import InputError, WrongCallError
from cstool.report.show.entity import EntityTable
from cstool.report.show.rows import form_of
from cstool.storage.checksums import checked_parts, open_part
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.schemas import BY_STAGE

_QIDS = {"link": "mentions.list.element.qid", "switch": "entities.list.element.qid"}
# Counts that are kept apart until there are twice as many as were put together last.
_AT_LEAST = 1 << 20


class TypeStats(msgspec.Struct, frozen=True):
    """A type (P31): its QID and name, items of it, and how often these stand in the folder."""

    qid: int
    name: str | None
    items: int
    entities: int


class TitleStats(msgspec.Struct, frozen=True):
    """A page: rows from it, and entities (or mentions) in them."""

    title: str
    rows: int
    entities: int


def by_type(
    folder: Path, entities: Path | None, most: int | None = None, *, named: int
) -> list[TypeStats]:
    """Count a folder's entities by type, the most frequent first; one of two types counts twice.

    `entities`: the folder that tells types; a folder of `entities` tells its own. `named`: of so
    many types the names are looked up, one by one.
    Raises InputError for a folder that is none, WrongCallError for one that has no QIDs.
    """
    manifest = need_stage(folder, *BY_STAGE)
    form = form_of(manifest)
    if manifest.stage == "entities":
        entities, counted = folder, None
    elif form not in _QIDS or _is_lines(manifest):
        raise WrongCallError(
            f"--by type: {folder} has no column of QIDs; give a folder of `cstool link`, "
            "`switch` or `shard`"
        )
    else:
        counted = _count(_qids(folder, manifest, _QIDS[form]))
    if entities is None:
        raise WrongCallError("--by type: give --entities DIR, which knows the types")
    table = EntityTable(entities)
    found = _types(table, counted).head(most) if most else _types(table, counted)
    return [
        TypeStats(qid, table.name(qid) if place < named else None, items, number)
        for place, (qid, items, number) in enumerate(found.iter_rows())
    ]


def _types(table: EntityTable, counted: pl.DataFrame | None) -> pl.DataFrame:
    """Return (types, items, entities) of the counted items, or of all, the most frequent first."""
    items = pl.scan_parquet(checked_parts(table.folder, table.manifest), glob=False).select(
        "qid", "types"
    )
    known = (
        items.with_columns(number=pl.lit(1, pl.Int64))
        if counted is None
        else items.join(counted.lazy(), on="qid")
    )
    try:
        found = (
            known.explode("types")
            .drop_nulls("types")
            .group_by("types")
            .agg(items=pl.len(), entities=pl.col("number").sum())
            .collect(engine="streaming")
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{table.folder}: cannot be read ({error})") from error
    return found.sort("entities", "types", descending=[True, False])


def _is_lines(manifest: Manifest) -> bool:
    return manifest.parameters.get("format") == "jsonl"


def _qids(folder: Path, manifest: Manifest, column: str) -> Iterator[pa.Array]:
    """Yield the QIDs of a folder's spans, null where a mention has none."""
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
            raise InputError(f"{path}: cannot be read ({error})") from error


def _count(qids: Iterator[pa.Array]) -> pl.DataFrame:
    """Return how often each QID is there: columns `qid` and `number`."""
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
    """Count a folder's rows by the page they are from, the most frequent first.

    Raises InputError for a folder that is none, WrongCallError for one without titles of pages.
    """
    manifest = need_stage(folder, *BY_STAGE)
    spans = {"extract": "mentions", "link": "mentions", "switch": "entities"}.get(form_of(manifest))
    if spans is None or _is_lines(manifest):
        raise WrongCallError(
            f"--by title: {folder} does not tell the pages its rows are from; give a folder of "
            "`cstool extract`, `link`, `switch` or `shard`"
        )
    try:
        found = (
            pl.scan_parquet(checked_parts(folder, manifest), glob=False)
            .group_by("title")
            .agg(rows=pl.len(), entities=pl.col(spans).list.len().cast(pl.Int64).sum())
            .collect(engine="streaming")
            .sort("rows", "title", descending=[True, False])
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{folder}: cannot be read ({error})") from error
    return [TitleStats(*row) for row in (found.head(most) if most else found).iter_rows()]
