"""`cstool entities`."""

from pathlib import Path

import click
from click.core import ParameterSource

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.cli.parameters import ApiAddress, with_contact
from cstool.execution.options import RunOptions
from cstool.stages.entities.live_options import LiveOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.storage.manifest import Manifest

EXAMPLE = """\b
Examples:
  cstool entities dumps/wikidata-20261001-all.json.gz -o work/entities
  cstool entities wikidata-20261001-all.json.gz -o selected --languages de,sw --sites enwiki
  cstool entities --live work/linked -o work/entities --languages de,sw --contact me@example.org
"""
# Options that only one of the two ways has, by their parameters.
_OF_DUMPS = {
    "max_errors": "--max-errors",
    "keep_going": "--keep-going",
    "only": "--only",
    "limit": "--limit",
}
_OF_LIVE = {"api": "--api", "contact": "--contact", "max_items": "--max-items"}


@click.command("entities", epilog=EXAMPLE)
@click.argument("sources", nargs=-1, required=True, metavar="DUMP | LINKED… | QIDS…")
@output("the table of items")
@click.option(
    "--live",
    is_flag=True,
    help="Ask Wikidata's API for the items, instead of reading a dump: for those that the mentions "
    "in output folders of `cstool link` are linked to, or that files list, one QID per line.",
)
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
@click.option(
    "--api",
    type=ApiAddress(),
    metavar="URL",
    default=LiveOptions.api,
    show_default=True,
    help="With --live: address of a Wikibase's API.",
)
@with_contact("With --live", " Without it, the server allows fewer calls a minute.")
@click.option(
    "--max-items",
    type=click.IntRange(1),
    metavar="N",
    default=LiveOptions.max_items,
    show_default=True,
    help="With --live: maximum number of items to ask for. More are an error, because reading the "
    "dump is faster.",
)
@running("Bytes of JSON per part. Default: 64M.")
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[str, ...],
    out: Path,
    live: bool,
    max_errors: int,
    keep_going: bool,
    languages: str | None,
    sites: str | None,
    only: Path | None,
    limit: int | None,
    api: str,
    contact: str | None,
    max_items: int,
    running: RunOptions,
) -> None:
    """Read Wikidata's items into a table.

    DUMP: wikidata-<date>-all.json.gz (or .bz2, .zst, .xz, plain .json), or - for standard input.
    With --live, LINKED… or QIDS…: output folders of `cstool link`, or files of QIDs.

    Writes Parquet with the columns qid, labels, aliases, sitelinks and types (best-ranked P31),
    sorted by qid. Properties and lexemes are skipped and counted.
    """
    _refuse(ctx, _OF_DUMPS if live else _OF_LIVE, "not with --live" if live else "only with --live")
    summary = StageSummary(out, running)
    if live:
        asked = LiveOptions(languages, sites, api, contact, max_items)
        manifest = _ask(sources, out, asked, running)
    else:
        if len(sources) > 1:
            raise click.UsageError(
                f"{len(sources)} dumps given; give one, or --live to ask for the items of folders"
            )
        options = EntitiesOptions(max_errors, keep_going, languages, sites, only, limit)
        manifest = entities(sources[0], out, options, running)
    tally = manifest.counts.tally("entities")
    summary.write(
        manifest,
        f"{tally.written:,} items in {len(manifest.counts.details['languages'])} languages "
        f"(dropped: {dropped(manifest, 'entities')})",
    )


def _refuse(ctx: click.Context, names: dict[str, str], where: str) -> None:
    """Fail if one of these options is given, unless by an environment variable."""
    for parameter, option in names.items():
        if ctx.get_parameter_source(parameter) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option}: {where}")


def _ask(
    sources: tuple[str, ...], out: Path, options: LiveOptions, running: RunOptions
) -> Manifest:
    # A dump is read without the libraries for HTTP.
    from cstool.stages.entities.live import entities_live

    paths = [Path(source) for source in sources]
    for path in paths:
        if not path.exists():
            raise click.UsageError(
                f"{path}: no such file or folder; give output folders of `cstool link`, or files "
                "with one QID per line"
            )
    return entities_live(paths, out, options, running)
