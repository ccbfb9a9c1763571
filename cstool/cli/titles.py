"""`cstool titles`."""

from pathlib import Path

import click

from cstool.cli.options import Closing, dropped, output, running
from cstool.running.options import RunOptions
from cstool.stages.titles import titles

EXAMPLE = """\b
Example:
  cstool titles --wiki enwiki --entities work/entities \\
    --pages dumps/enwiki-20261001-pages-articles-multistream.xml.bz2 -o work/titles
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
@click.option("--sql-page", metavar="FILE", help="Not built yet: the wiki's page.sql.gz.")
@click.option("--sql-props", metavar="FILE", help="Not built yet: its page_props.sql.gz.")
@click.option("--sql-redirect", metavar="FILE", help="Not built yet: its redirect.sql.gz.")
@click.option("--keep-going", is_flag=True, help="Keep what is sound of a cut or damaged dump.")
@output("the table of titles and its index")
@running(
    "Input that a part is read from: bytes of the file for multistream bz2 (default: 2M), of "
    "wikitext for others (default: 8M)."
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

    Reads the sitelinks of --entities and the redirects of --pages. A redirect takes its
    target's QID, unless it has an item of its own.

    Writes Parquet: title, qid, redirect; and an index that `link` maps into memory.
    """
    if sql_page or sql_props or sql_redirect:
        raise click.UsageError(
            "the SQL tables are not read yet; give --entities and --pages instead"
        )
    if entities is None or not pages:
        raise click.UsageError("give both --entities DIR and --pages XML")
    closing = Closing(out, running)
    manifest = titles(wiki, entities, pages, out, running, keep_going=keep_going)
    counts = manifest.counts
    closing.tell(
        manifest,
        f"{counts.tally('sitelinks').written:,} titles and "
        f"{counts.tally('redirects').written:,} redirects "
        f"(redirects dropped: {dropped(manifest, 'redirects')})",
    )
