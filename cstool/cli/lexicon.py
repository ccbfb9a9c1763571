"""`cstool lexicon`."""

from pathlib import Path
from typing import get_args

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.languages.entity_types import find_types
from cstool.languages.labels import Fallback
from cstool.languages.scripts import known_scripts
from cstool.stages.lexicon.options import LexiconFormat, LexiconOptions, NameSet, check_names
from cstool.stages.lexicon.stage import lexicon
from cstool.storage.manifest import Manifest

EXAMPLE = """\b
Examples:
  cstool lexicon --entities work/entities --languages en,de,fr -o lexicon
  cstool lexicon --entities work/entities --languages en,ja --names label,alias -o lexicon
  cstool lexicon --entities work/entities --languages en,nl --format moses -o en-nl
  cstool lexicon --entities work/entities --languages en,de --linked work/linked --only-linked \\
    --format muse -o muse
"""


@click.command("lexicon", epilog=EXAMPLE)
@click.option(
    "--entities",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`.",
)
@click.option(
    "--languages",
    required=True,
    metavar="CODES",
    help="Languages of the names: comma-separated Wikimedia codes, entitycs for the 93 languages "
    "of EntityCS, or all for every language that has labels.",
)
@click.option(
    "--source",
    "sources",
    metavar="CODES|all",
    help="Source languages: pairs are from these into each other language. all: from each language "
    "into each other one.  [default: the first of --languages]",
)
@click.option(
    "--names",
    default=",".join(LexiconOptions.names),
    show_default=True,
    metavar="KINDS",
    help=f"Kinds of names, comma-separated: {', '.join(get_args(NameSet))} (the title of the "
    "Wikipedia page, without a disambiguator). Two aliases are not paired.",
)
@click.option(
    "--fallback",
    type=click.Choice(get_args(Fallback)),
    default=LexiconOptions.fallback,
    show_default=True,
    help="Replacement for a missing label, as in `cstool switch`. none: no replacement, and names "
    "in any script are accepted.",
)
@click.option(
    "--linked",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool link`: count how often each entity is linked in it. May be "
    "given several times.",
)
@click.option(
    "--only-linked",
    is_flag=True,
    help="With --linked: only entities that are linked.",
)
@click.option(
    "--types",
    metavar="QIDS",
    help="Only instances (P31) of these classes: QIDs such as Q5,Q515, or a file with one per "
    "line. Subclasses are not included; list them in the file.",
)
@click.option("--exclude-types", metavar="QIDS", help="Leave out instances (P31) of these classes.")
@click.option("--exclude-dates", is_flag=True, help="Leave out years, days and other dates.")
@click.option(
    "--scripts",
    metavar="CODES",
    help="Only targets that consist of letters of these scripts: comma-separated ISO 15924 codes "
    "such as Cyrl,Grek.",
)
@click.option(
    "--identical/--no-identical",
    default=True,
    help="Keep pairs of equal names (default), or leave them out.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(LexiconFormat)),
    default=LexiconOptions.format,
    show_default=True,
    help="cstool: Parquet. Others: a text file for each pair of languages. tsv: source and target "
    "separated by a tab; muse: the same for single words in lower case, for MUSE and CoSDA-ML; "
    "moses: tokens on both sides of |||, for fast_align; prealign: JSON lines for PreAlign, a file "
    "for each source language.",
)
@output("the pairs")
@running()
def command(
    entities: Path,
    languages: str,
    sources: str | None,
    names: str,
    fallback: Fallback,
    linked: tuple[Path, ...],
    only_linked: bool,
    types: str | None,
    exclude_types: str | None,
    exclude_dates: bool,
    scripts: str | None,
    identical: bool,
    form: LexiconFormat,
    out: Path,
    running: RunOptions,
) -> None:
    """Write pairs of names of entities in two languages: a dictionary.

    Writes Parquet with the columns qid, source_language, source, target_language, target, origin
    (of the less certain name of the two) and links (number of mentions; empty without --linked),
    sorted by QID; or text files. A folder of Parquet is a dictionary for `cstool switch --words`.
    """
    summary = StageSummary(out, running)
    options = LexiconOptions(
        languages,
        sources,
        check_names(tuple(filter(None, (name.strip() for name in names.split(","))))),
        fallback,
        only_linked,
        find_types(types, exclude_types, dates=exclude_dates),
        known_scripts(scripts) if scripts is not None else (),
        identical,
        form,
    )
    manifest = lexicon(entities, linked, out, options, running)
    summary.write(manifest, _in_words(manifest))


def _in_words(manifest: Manifest) -> str:
    pairs = manifest.counts.tally("pairs")
    used = manifest.counts.tally("entities")
    text = f"{pairs.written:,} pairs of names of {used.written:,} entities"
    left_out = [
        f"{unit} dropped: {dropped(manifest, unit)}"
        for unit in ("entities", "pairs", "lines")
        if unit in manifest.counts.tallies and manifest.counts.tallies[unit].dropped
    ]
    return text + (f" ({'; '.join(left_out)})" if left_out else "")
