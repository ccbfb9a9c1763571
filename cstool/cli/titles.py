"""`cstool titles`."""

from pathlib import Path

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.execution.terminal import echo_line
from cstool.stages.titles.compare import DIFFERENCES, differences, examples
from cstool.stages.titles.from_sql import SqlTables, misfits
from cstool.stages.titles.stage import titles
from cstool.storage.manifest import Manifest

EXAMPLE = """\b
Examples:
  cstool titles --wiki enwiki --entities work/entities \\
    --pages dumps/enwiki-20261001-pages-articles-multistream.xml.bz2 -o work/titles
  cstool titles --wiki enwiki --sql-page dumps/enwiki-20261001-page.sql.gz \\
    --sql-props dumps/enwiki-20261001-page_props.sql.gz \\
    --sql-redirect dumps/enwiki-20261001-redirect.sql.gz -o work/titles
"""


@click.command("titles", epilog=EXAMPLE)
@click.option("--wiki", required=True, metavar="WIKI", help="The wiki's database name: enwiki.")
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="What `cstool entities` wrote: gives the sitelinks.",
)
@click.option(
    "--pages",
    multiple=True,
    metavar="XML",
    help="The wiki's page dump, once for each of its files: gives the redirects.",
)
@click.option("--sql-page", metavar="FILE", help="The wiki's page table: page.sql.gz.")
@click.option("--sql-props", metavar="FILE", help="Its page properties: page_props.sql.gz.")
@click.option("--sql-redirect", metavar="FILE", help="Its redirects: redirect.sql.gz.")
@click.option("--keep-going", is_flag=True, help="Keep what is sound of a cut or damaged dump.")
@output("the table of titles and its index")
@running(
    "Input that a part is read from: bytes of the file for multistream bz2 (default: 2M), of "
    "wikitext for others (default: 8M), of SQL (default: 16M)."
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
    """Map a wiki's page titles to QIDs, redirects resolved.

    Reads the sitelinks of --entities and the redirects of --pages, or the wiki's three SQL
    tables. A redirect takes its target's QID, unless it has an item of its own. Given all five,
    it writes what the tables tell, and where the others differ into differences.tsv.

    Writes Parquet: title, qid, redirect; an index that `link` maps into memory; and which items
    are pages but no entities.
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
        raise click.UsageError("give both --entities DIR and --pages XML")
    if entities is None and sql is None:
        raise click.UsageError(
            "give --entities DIR and --pages XML, or --sql-page, --sql-props and --sql-redirect"
        )
    closing = StageSummary(out, running)
    manifest = titles(
        wiki, entities, pages, out, running, sql=sql, keep_going=keep_going, tell=_tell
    )
    counts = manifest.counts
    closing.tell(
        manifest,
        f"{counts.tally('sitelinks').written:,} titles and "
        f"{counts.tally('redirects').written:,} redirects "
        f"(redirects dropped: {dropped(manifest, 'redirects')})",
    )
    if not running.quiet:
        _tell_misfits(manifest)
        _tell_differences(manifest, out)


def _tell(told: str) -> None:
    echo_line(f"titles: {told}", err=True)


def _tell_misfits(manifest: Manifest) -> None:
    """Say in what the tables do not fit together."""
    told = [f"{number:,} {what}" for number, what in misfits(manifest.counts)]
    if told:
        echo_line(f"titles: the tables do not fit together: {', '.join(told)}", err=True)


def _tell_differences(manifest: Manifest, out: Path) -> None:
    """Say where the two ways differ, with examples."""
    numbers = differences(manifest.counts)
    if numbers is None:
        return
    if not any(numbers.values()):
        echo_line("titles: both ways give the same map", err=True)
        return
    shown = examples(out)
    for kind, number in numbers.items():
        if number:
            some = ", ".join(shown.get(kind, []))
            echo_line(f"titles: {number:,} {kind}: {some}…", err=True)
    echo_line(f"titles: all of these are in {out / DIFFERENCES}", err=True)
