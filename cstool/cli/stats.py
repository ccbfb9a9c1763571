"""`cstool stats`."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from cstool.cli.options import inspecting
from cstool.execution.terminal import echo, echo_json, echo_line
from cstool.languages.codes import codes_in_any
from cstool.report.stats.compare import flat_rows, published, summary
from cstool.report.stats.folder import folder_stats
from cstool.report.stats.folder_figures import FolderStats, chosen
from cstool.report.stats.mixture_tables import mixture_tables
from cstool.report.stats.tables import (
    as_table,
    documents_table,
    languages_table,
    lexicon_tables,
    pairs_table,
    romanized_table,
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
# Default of -n for tables, and the number of types that have a label in JSON and Parquet.
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
    help="Count rows by language, entities by type (P31), or sentences by page title.",
)
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`, for --by type.",
)
@click.option("-n", "number", type=click.IntRange(1), metavar="N",
              help="Show the N languages with the most rows, or the first N types or pages. "
              f"Default: all languages, {_LINES} types or pages; with --json and --parquet, all.",
)  # fmt: skip
@click.option("--reference", is_flag=True, help="Compare with the published EntityCS corpus.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
@click.option(
    "--parquet",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the table to a Parquet file.",
)
@inspecting(
    "Show these languages only (comma-separated codes); with --by type, the languages of the "
    "types' names, in order of preference (default: en)."
)
def command(
    folders: tuple[Path, ...],
    by: str,
    entities: Path | None,
    number: int | None,
    reference: bool,
    as_json: bool,
    parquet: Path | None,
    languages: tuple[str, ...],
    quiet: bool,
) -> None:
    """Show counts of a stage's output folder by language: rows, words, entities.

    DIR: output folder of any stage. Words are counted by the rules of each script (for zh, ja, th
    and others, with ICU's dictionaries). For code-switched text the table also contains code-mixing
    metrics (CMI, I-index, M-index and others), as many as fit the terminal; --json contains all.
    They are defined in docs/metrics.md.

    Several folders are compared with each other and with the published EntityCS corpus.
    """
    if by != "language":
        if len(folders) > 1 or reference:
            raise click.UsageError(f"--by {by} takes one folder and excludes --reference")
        if by == "title" and languages:
            raise click.UsageError("--by title excludes --language")
        _write_breakdown(folders[0], by, entities, number, as_json, parquet, languages)
        return
    if entities:
        raise click.UsageError("--entities requires --by type")
    if number and (len(folders) > 1 or reference):
        raise click.UsageError("-n takes one folder and excludes --reference")
    for folder in folders:
        if folders.count(folder) > 1:
            raise click.UsageError(f"{folder}: given twice; give each folder once")
    stats = {str(folder): folder_stats(folder) for folder in folders}
    listed = {name: chosen(its, languages, number) for name, its in stats.items()}
    found = {one.language for its in listed.values() for one in its.languages}
    known = {*found, *codes_in_any(found)}
    if missing := [code for code in languages if code not in known and not quiet]:
        echo_line(f"stats: no rows in {', '.join(missing)}", err=True)
    if parquet:
        _write_table(parquet, flat_rows(listed))
    if len(stats) > 1 or reference:
        _write_comparison(stats, listed, as_json)
    elif as_json:
        echo_json(listed[str(folders[0])], indent=2)
    else:
        [its], [some] = stats.values(), listed.values()
        echo(_tables(its, some))


def _tables(stats: FolderStats, listed: FolderStats) -> str:
    """Return the tables of one folder; `listed`: the stats with the languages to show."""
    if listed.mixture:
        return mixture_tables(listed.mixture)
    if listed.lexicon:
        return lexicon_tables(listed.lexicon)
    romanized = romanized_table(listed.romanized) if listed.romanized else ""
    if listed.pairs:
        return "\n\n".join(filter(None, [pairs_table(listed.pairs), romanized]))
    tables = [as_table(stats, shutil.get_terminal_size().columns, listed.languages)]
    tables += [documents_table(listed.languages), romanized]
    return "\n\n".join(filter(None, tables))


def _write_comparison(
    folders: dict[str, FolderStats], listed: dict[str, FolderStats], as_json: bool
) -> None:
    """Write the counts of folders and of the published corpus as a comparison.

    `listed`: the same counts with the languages to show.
    """
    if as_json:
        echo_json({"published": published(), "folders": listed}, indent=2)
        return
    rows = [published(), *(summary(name, stats) for name, stats in folders.items())]
    # The published corpus has sentences, so pages beside it are rows.
    unit = "row" if any(stats.unit for stats in folders.values()) else "sentence"
    tables = [summaries_table(rows, unit)]
    if len(folders) > 1:
        tables.append(languages_table(listed, f"{unit}s"))
    echo("\n\n".join(tables))


def _write_breakdown(
    folder: Path,
    by: str,
    entities: Path | None,
    number: int | None,
    as_json: bool,
    parquet: Path | None,
    languages: tuple[str, ...],
) -> None:
    from cstool.report.stats.breakdowns import by_title, by_type  # here: they import Polars

    # The table's last line gives the number of further entries, so all are counted for it.
    most = number if as_json or parquet else None
    shown = number or _LINES
    if by == "type":
        named = _NAMED if as_json or parquet else shown
        types = by_type(folder, entities, most, named=named, languages=languages)
        text, rows = types_table(types, shown), [msgspec.structs.asdict(one) for one in types]
    else:
        titles = by_title(folder, most)
        text, rows = titles_table(titles, shown), [msgspec.structs.asdict(one) for one in titles]
    if parquet:
        _write_table(parquet, rows)
    if as_json:
        echo_json(rows, indent=2)
    else:
        echo(text)


def _write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    import polars as pl

    with whole_file(path) as temporary:
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(temporary)
