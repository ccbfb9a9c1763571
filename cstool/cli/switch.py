"""`cstool switch`."""

from collections.abc import Iterator
from pathlib import Path

import click

from cstool.cli.options import Closing, dropped, output, running
from cstool.languages.labels import Fallback, Kind
from cstool.parts.counts import largest
from cstool.parts.manifest import Manifest
from cstool.running.options import RunOptions
from cstool.stages.switch import SwitchOptions, switch

EXAMPLE = """\b
Examples:
  cstool switch work/linked --entities work/entities --languages de,fr,zh -o work/switched
  cstool switch work/linked --entities work/entities --languages entitycs -o work/switched
  cstool switch work/linked --entities work/entities --no-fallback -o as-published
"""


# Codes that a line names; the manifest has all.
_CODES_TOLD = 9


@click.command("switch", epilog=EXAMPLE)
@click.argument("linked", type=click.Path(path_type=Path))
@click.option(
    "--entities",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="What `cstool entities` wrote: gives the labels.",
)
@click.option(
    "--languages",
    default="entitycs",
    show_default=True,
    metavar="CODES",
    help="Wikimedia's codes with commas between; entitycs for its 93; all for every language "
    "that has labels.",
)
@click.option(
    "--max-languages",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    metavar="N",
    help="Languages that a sentence goes into, at most.",
)
@click.option(
    "--labels",
    type=click.Choice(["label", "sitelink"]),
    default="label",
    show_default=True,
    help="Names are Wikidata's labels, or the titles of the languages' Wikipedia pages, without "
    "what tells pages apart: Paris (Texas).",
)
@click.option(
    "--fallback",
    type=click.Choice(["all", "variants", "none"]),
    default="all",
    show_default=True,
    help="Where a language has no label: that of the languages it falls back to on Wikidata, then "
    "`mul`, if its script fits; variants: only of the same language (zh-hk, zh-hant), then `mul`.",
)
@click.option(
    "--no-fallback",
    "fallback",
    flag_value="none",
    help="As published, the same as --fallback none: the label of just that language, in "
    "whatever script.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed, another choice.")
@output("the code-switched sentences")
@running()
def command(
    linked: Path,
    entities: Path,
    languages: str,
    max_languages: int,
    labels: Kind,
    fallback: Fallback,
    seed: int,
    out: Path,
    running: RunOptions,
) -> None:
    """Switch the entities of linked sentences into other languages.

    LINKED: the folder that `cstool link` wrote.

    As EntityCS does it: a sentence of 1 to 10 mentions, more than 20 characters and at most 128
    words, whose only mention is no more than half of it, goes into up to five of the languages
    that have a label for each of its linked entities. Source sentences are kept.

    Writes Parquet: id, language, source_language, source_text, text, entities (spans on both
    sides), page_id, title.
    """
    closing = Closing(out, running)
    options = SwitchOptions(languages, max_languages, seed, labels, fallback)
    manifest = switch(linked, entities, out, options, running)
    rows = manifest.counts.details["languages"]
    source = manifest.source.language if manifest.source else ""
    made = {code: number for code, number in rows.items() if code != source}
    closing.tell(
        manifest,
        f"{sum(made.values()):,} code-switched sentences in "
        f"{sum(n > 0 for n in made.values())} languages, from {rows.get(source, 0):,} "
        f"(sentences dropped: {dropped(manifest, 'sentences')})",
    )
    if not running.quiet:
        for line in _notes(manifest, [code for code, number in made.items() if not number]):
            click.echo(f"switch: {line}", err=True)


def _notes(manifest: Manifest, without: list[str]) -> Iterator[str]:
    """Yield what the user should know of labels and languages."""
    counts = manifest.counts
    if "labels" in counts.tallies and counts.tallies["labels"].dropped:
        kept, refused = counts.tallies["labels"].written, dropped(manifest, "labels")
        yield f"{kept:,} labels taken, refused: {refused}"
    if unknown := counts.details.get("labels in unknown languages"):
        shown = largest(unknown, _CODES_TOLD)
        told = ", ".join(f"{code} ({number:,})" for code, number in shown.items())
        yield f"labels in {len(unknown):,} codes that no table of languages has: {told}"
    if without:
        yield f"no sentence in {', '.join(without)}"
