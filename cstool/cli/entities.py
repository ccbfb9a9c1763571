"""`cstool entities`."""

from pathlib import Path

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities

EXAMPLE = """\b
Examples:
  cstool entities dumps/wikidata-20261001-all.json.gz -o work/entities
  cstool entities wikidata-20261001-all.json.gz -o selected --languages de,sw --sites enwiki
"""


@click.command("entities", epilog=EXAMPLE)
@click.argument("dump")
@output("the table of items")
@click.option(
    "--max-errors",
    type=click.IntRange(0),
    default=EntitiesOptions.max_errors,
    show_default=True,
    metavar="N",
    help="Maximum number of malformed lines to skip and count; more than N is an error.",
)
@click.option(
    "--keep-going", is_flag=True, help="Keep the readable part of a truncated or damaged dump."
)
@click.option(
    "--languages",
    metavar="CODES",
    help="Keep labels and aliases only in these languages and their fallback languages (including "
    "mul and en): comma-separated codes, or entitycs for the 93 languages of EntityCS. "
    "Default: all languages.",
)
@click.option(
    "--sites",
    metavar="WIKIS",
    help="Keep only sitelinks to these wikis, such as enwiki,dewiki. Default: all wikis.",
)
@click.option(
    "--only",
    type=click.Path(exists=True, path_type=Path),
    metavar="QIDS",
    help="Keep only these items: a file with one QID per line, or the output folder of "
    "`cstool link`.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="Read only the first N items of the dump, for a first look at it. Default: all items.",
)
@running("Bytes of JSON per part. Default: 64M.")
def command(
    dump: str,
    out: Path,
    max_errors: int,
    keep_going: bool,
    languages: str | None,
    sites: str | None,
    only: Path | None,
    limit: int | None,
    running: RunOptions,
) -> None:
    """Read Wikidata's JSON dump into a table of items.

    DUMP: wikidata-<date>-all.json.gz (or .bz2, .zst, .xz, plain .json), or - for standard input.

    Writes Parquet with the columns qid, labels, aliases, sitelinks and types (best-ranked P31),
    sorted by qid. Properties and lexemes are skipped and counted.
    """
    summary = StageSummary(out, running)
    options = EntitiesOptions(max_errors, keep_going, languages, sites, only, limit)
    manifest = entities(dump, out, options, running)
    tally = manifest.counts.tally("entities")
    summary.write(
        manifest,
        f"{tally.written:,} items in {len(manifest.counts.details['languages'])} languages "
        f"(dropped: {dropped(manifest, 'entities')})",
    )
