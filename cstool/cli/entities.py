"""`cstool entities`."""

from pathlib import Path

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities

EXAMPLE = """\b
Examples:
  cstool entities dumps/wikidata-20261001-all.json.gz -o work/entities
  cstool entities wikidata-20261001-all.json.gz -o few --languages de,sw --sites enwiki
"""


@click.command("entities", epilog=EXAMPLE)
@click.argument("dump")
@output("the table of items")
@click.option(
    "--max-errors",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Malformed lines to skip (and count) before it is an error.",
)
@click.option("--keep-going", is_flag=True, help="Keep what is sound of a cut or damaged dump.")
@click.option(
    "--languages",
    metavar="CODES",
    help="Keep labels and aliases in these languages and those they fall back to (mul, en): "
    "codes with commas between, or entitycs for its 93. Default: all.",
)
@click.option(
    "--sites",
    metavar="WIKIS",
    help="Keep sitelinks to these: enwiki,dewiki. Default: all.",
)
@click.option(
    "--only",
    type=click.Path(exists=True, path_type=Path),
    metavar="QIDS",
    help="Keep these items: a file with a QID a line, or a folder that `cstool link` wrote.",
)
@running("Bytes of JSON that a part is read from. Default: 64M.")
def command(
    dump: str,
    out: Path,
    max_errors: int,
    keep_going: bool,
    languages: str | None,
    sites: str | None,
    only: Path | None,
    running: RunOptions,
) -> None:
    """Read Wikidata's JSON dump into a table of items.

    DUMP: wikidata-<date>-all.json.gz (or .bz2, .zst, .xz, plain .json), or - for standard input.

    Writes Parquet: qid, labels, aliases, sitelinks, types (best-ranked P31), sorted by qid.
    Properties and lexemes are passed over and counted.
    """
    closing = StageSummary(out, running)
    options = EntitiesOptions(max_errors, keep_going, languages, sites, only)
    manifest = entities(dump, out, options, running)
    tally = manifest.counts.tally("entities")
    closing.tell(
        manifest,
        f"{tally.written:,} items in {len(manifest.counts.details['languages'])} languages "
        f"(dropped: {dropped(manifest, 'entities')})",
    )
