"""`cstool titles`."""

from functools import partial
from pathlib import Path

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.stages.titles.compare import (
    DIFFERENCES,
    ONLY_DUMP,
    ONLY_SQL,
    OTHER_ITEM,
    OTHER_KIND,
    differences,
    examples,
)
from cstool.stages.titles.from_sql import SqlTables, misfits
from cstool.stages.titles.stage import titles
from cstool.storage.manifest import Manifest
from cstool.storage.reason_phrases import counts_text

EXAMPLE = """\b
Examples:
  cstool titles --wiki enwiki --entities work/entities \\
    --pages dumps/enwiki-20261001-pages-articles-multistream.xml.bz2 -o work/titles
  cstool titles --wiki enwiki --sql-page dumps/enwiki-20261001-page.sql.gz \\
    --sql-props dumps/enwiki-20261001-page_props.sql.gz \\
    --sql-redirect dumps/enwiki-20261001-redirect.sql.gz -o work/titles
"""


_DIFFERENCES_SHOWN = {
    ONLY_SQL: "only in the SQL tables",
    ONLY_DUMP: "only in the entities and page dumps",
    OTHER_ITEM: "different items",
    OTHER_KIND: "redirect in one input, page in the other",
}


@click.command("titles", epilog=EXAMPLE)
@click.option(
    "--wiki", required=True, metavar="WIKI", help="Database name of the wiki, such as enwiki."
)
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`, for the sitelinks.",
)
@click.option(
    "--pages",
    multiple=True,
    metavar="XML",
    help="Page dump of the wiki, for the redirects: a file, or the folder of a dump. Can be "
    "repeated.",
)
@click.option("--sql-page", metavar="FILE", help="Page table of the wiki: page.sql.gz.")
@click.option("--sql-props", metavar="FILE", help="Page properties: page_props.sql.gz.")
@click.option("--sql-redirect", metavar="FILE", help="Redirect table: redirect.sql.gz.")
@click.option(
    "--keep-going", is_flag=True, help="Keep the readable part of a truncated or damaged dump."
)
@output("the table of titles and its index")
@running(
    "Bytes of input per part: of the compressed file for bz2 (default: 2M, or 8M if it is not "
    "multistream), of wikitext for other dumps (default: 8M), of SQL (default: 16M)."
)
def command(
    wiki: str,
    entities: Path | None,
    pages: tuple[str, ...],
    sql_page: str | None,
    sql_props: str | None,
    sql_redirect: str | None,
    keep_going: bool,
    out: Path,
    running: RunOptions,
) -> None:
    """Map a wiki's page titles to QIDs and resolve redirects.

    Reads the sitelinks of --entities and the redirects of --pages, or the wiki's three SQL
    tables. A redirect gets the QID of its target unless it has its own item. If both inputs are
    given, the SQL tables are used, and differences.tsv lists the titles for which the two inputs
    disagree.

    Writes Parquet with the columns title, qid and redirect, an index for `cstool link`, and a
    table of the items that are not entities (disambiguation pages and list articles).
    """
    tables = (sql_page, sql_props, sql_redirect)
    sql = (
        SqlTables(sql_page, sql_props, sql_redirect)
        if sql_page and sql_props and sql_redirect
        else None
    )
    if any(tables) and sql is None:
        raise click.UsageError("give all of --sql-page, --sql-props and --sql-redirect")
    if (entities is None) != (not pages):
        raise click.UsageError("give --entities DIR and --pages XML together")
    if entities is None and sql is None:
        raise click.UsageError(
            "give --entities DIR and --pages XML, or --sql-page, --sql-props and --sql-redirect"
        )
    summary = StageSummary(out, running)
    manifest = titles(
        wiki.lower(),
        entities,
        pages,
        out,
        running,
        sql=sql,
        keep_going=keep_going,
        on_message=partial(log_stage, "titles"),
    )
    counts = manifest.counts
    summary.write(
        manifest,
        f"{counts.tally('sitelinks').written:,} titles and "
        f"{counts.tally('redirects').written:,} redirects "
        f"(redirects dropped: {dropped(manifest, 'redirects')})",
    )
    if not running.quiet:
        _log_inconsistencies(manifest)
        _log_differences(manifest, out)


def _log_inconsistencies(manifest: Manifest) -> None:
    """Print the inconsistencies between the SQL tables."""
    found = counts_text((what, number) for number, what in misfits(manifest.counts))
    if found:
        log_stage("titles", f"inconsistent SQL tables: {found}")


def _log_differences(manifest: Manifest, out: Path) -> None:
    """Print how many titles differ between the two inputs, with examples."""
    numbers = differences(manifest.counts)
    if numbers is None:
        return
    if not any(numbers.values()):
        log_stage("titles", "the SQL tables and the dumps give the same result")
        return
    shown = examples(out)
    for kind, number in numbers.items():
        if number:
            some = ", ".join(shown.get(kind, []))
            log_stage("titles", f"{_DIFFERENCES_SHOWN[kind]} ({number:,}): {some}…")
    log_stage("titles", f"all differences are listed in {out / DIFFERENCES}")
