"""`cstool stats`."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
import polars as pl

from cstool.execution.terminal import echo, echo_json
from cstool.report.stats.breakdowns import by_title, by_type
from cstool.report.stats.compare import flat_rows, published, summary
from cstool.report.stats.folder import FolderStats, folder_stats
from cstool.report.stats.tables import (
    as_table,
    languages_table,
    summaries_table,
    titles_table,
    types_table,
)
from cstool.storage.atomic import whole_file

EXAMPLE = """\b
Examples:
  cstool stats corpus
  cstool stats corpus other-corpus
  cstool stats corpus --by type --entities work/entities
  cstool stats corpus --by title --parquet pages.parquet
"""
# Lines of a table that no -n asks for, and types of which JSON and Parquet tell names.
_LINES = 30
_NAMED = 1000


@click.command("stats", epilog=EXAMPLE)
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR..."
)
@click.option(
    "--by",
    type=click.Choice(["language", "type", "title"]),
    default="language",
    show_default=True,
    help="Count by language; entities by type (P31); sentences by page.",
)
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="What `cstool entities` wrote: tells the types.",
)
@click.option("-n", "number", type=click.IntRange(1), metavar="N",
              help=f"The first N types or pages. Default: {_LINES}; of --json and --parquet all.",
)  # fmt: skip
@click.option("--reference", is_flag=True, help="Beside the figures of the published EntityCS.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
@click.option(
    "--parquet",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the table to a Parquet file, too.",
)
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(
    folders: tuple[Path, ...],
    by: str,
    entities: Path | None,
    number: int | None,
    reference: bool,
    as_json: bool,
    parquet: Path | None,
    debug: bool,
) -> None:
    """Tell what is in a stage's folder: rows, words, entities, by language.

    DIR: what any stage wrote. Words are counted as each script has them (zh, ja, th…: by ICU's
    dictionaries). Of code-switched text also how mixed it is: CMI, I- and M-index…, as many as the
    terminal has room for; --json has all. docs/metrics.md tells what they mean.

    Several folders are compared, with each other and with the published EntityCS.
    """
    del debug
    if by != "language":
        if len(folders) > 1 or reference:
            raise click.UsageError(f"--by {by} takes one folder, and no --reference")
        _tell_one(folders[0], by, entities, number, as_json, parquet)
        return
    if entities or number:
        raise click.UsageError("--entities and -n go with --by type and --by title")
    if len({*map(str, folders)}) < len(folders):
        raise click.UsageError("the same folder is given twice")
    found = {str(folder): folder_stats(folder) for folder in folders}
    if parquet:
        _write_table(parquet, flat_rows(found))
    if len(found) > 1 or reference:
        _tell_comparison(found, as_json)
    elif as_json:
        echo_json(found[str(folders[0])], indent=2)
    else:
        echo(as_table(found[str(folders[0])], shutil.get_terminal_size().columns))


def _tell_comparison(found: dict[str, FolderStats], as_json: bool) -> None:
    """Write folders and the published corpus beside each other."""
    if as_json:
        echo_json({"published": published(), "folders": found}, indent=2)
        return
    rows = [published(), *(summary(name, stats) for name, stats in found.items())]
    tables = [summaries_table(rows)]
    if len(found) > 1:
        tables.append(languages_table(found))
    echo("\n\n".join(tables))


def _tell_one(
    folder: Path,
    by: str,
    entities: Path | None,
    number: int | None,
    as_json: bool,
    parquet: Path | None,
) -> None:
    # A table says how many more there are: all are counted for it.
    most = number if as_json or parquet else None
    shown = number or _LINES
    if by == "type":
        named = _NAMED if as_json or parquet else shown
        types = by_type(folder, entities, most, named=named)
        told, rows = types_table(types, shown), [msgspec.structs.asdict(one) for one in types]
    else:
        titles = by_title(folder, most)
        told, rows = titles_table(titles, shown), [msgspec.structs.asdict(one) for one in titles]
    if parquet:
        _write_table(parquet, rows)
    if as_json:
        echo_json(rows, indent=2)
    else:
        echo(told)


def _write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with whole_file(path) as temporary:
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(temporary)
