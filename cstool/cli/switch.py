"""`cstool switch`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.execution.terminal import echo_line
from cstool.stages.switch.entity_types import find_types
from cstool.stages.switch.options import RECIPES, Recipe, SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.switch.weights import read_weights
from cstool.storage.counts import largest
from cstool.storage.manifest import Manifest

EXAMPLE = """\b
Examples:
  cstool switch work/linked --entities work/entities --languages de,fr,zh -o work/switched
  cstool switch work/linked --entities work/entities --recipe entitycs -o as-published
  cstool switch work/linked --entities work/entities --policy round-robin -o evened-out
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
    "--recipe",
    type=click.Choice([*RECIPES]),
    default="default",
    show_default=True,
    help="entitycs: as published, the same as --fallback none --no-fit --inflected keep "
    "--min-changed 0. Options that are given win.",
)
@click.option(
    "--max-languages",
    type=click.IntRange(1),
    show_default="5",
    metavar="N",
    help="Languages that a sentence goes into, at most.",
)
@click.option(
    "--policy",
    type=click.Choice(["sample", "all", "round-robin"]),
    show_default="sample",
    help="Which of those that it may go into: drawn by lot; all; drawn so that all languages get "
    "as many rows, as far as can be.",
)
@click.option(
    "--language-weights",
    metavar="LIST-or-FILE",
    help="How often a language is drawn beside others (1): de=2,fr=0.5, or a file with `de 2` a "
    "line; 0: never.",
)
@click.option(
    "--smoothing",
    type=click.FloatRange(-10, 10),
    metavar="A",
    help="Weigh languages by their number of labels to the power of A: 1 as they are, 0 all "
    "alike, below 0 small ones more.",
)
@click.option(
    "--switch-rate",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    show_default="1",
    help="Each entity is switched with this probability, else left as it stands.",
)
@click.option(
    "--mix",
    is_flag=True,
    default=None,
    help="Each entity of a sentence into a language of its own, in one row; its language is `mul`.",
)
@click.option(
    "--require-all/--no-require-all",
    default=None,
    help="Whether a language must have a name for all entities of a sentence (default); else those "
    "without one are left.",
)
@click.option(
    "--min-changed",
    type=click.IntRange(0),
    show_default="1",
    metavar="N",
    help="So many anchors of a row must be another word than before.",
)
@click.option(
    "--types",
    metavar="QIDS",
    help="Switch only instances (P31) of these classes: Q5,Q515, or a file with one a line, which "
    "may list their subclasses.",
)
@click.option("--exclude-types", metavar="QIDS", help="Leave instances of these as they stand.")
@click.option("--exclude-dates", is_flag=True, default=None, help="Leave years, days and the like.")
@click.option(
    "--labels",
    type=click.Choice(["label", "sitelink"]),
    show_default="label",
    help="Names are Wikidata's labels, or the titles of the languages' Wikipedia pages, without "
    "what tells pages apart: Paris (Texas).",
)
@click.option(
    "--fallback",
    type=click.Choice(["all", "variants", "none"]),
    show_default="all",
    help="Where a language has no label: that of the languages it falls back to on Wikidata, then "
    "`mul`, if its script fits; variants: only of the same language (zh-hk, zh-hant), then `mul`; "
    "none: the label of just that language, in whatever script.",
)
@click.option("--no-fallback", "fallback", flag_value="none", help="The same as --fallback none.")
@click.option(
    "--fit/--no-fit",
    default=None,
    help="Make names fit the sentence (default): articles, brackets, a capital at the start.",
)
@click.option(
    "--inflected",
    type=click.Choice(["keep", "skip-mention", "skip-sentence"]),
    show_default="skip-mention",
    help="What becomes of an anchor that carries grammar, as `dogs` does of [[dog]]s: it is "
    "switched, left as it stands, or its sentence is dropped.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed, another choice.")
@output("the code-switched sentences")
@running()
def command(
    linked: Path,
    entities: Path,
    recipe: Recipe,
    language_weights: str | None,
    types: str | None,
    exclude_types: str | None,
    exclude_dates: bool | None,
    out: Path,
    running: RunOptions,
    **others: Any,
) -> None:
    """Switch the entities of linked sentences into other languages.

    LINKED: the folder that `cstool link` wrote.

    A sentence of 1 to 10 mentions, more than 20 characters and at most 128 words, whose only
    mention is no more than half of it, goes into up to five of the languages that have a name for
    each of its linked entities and change one at least. Source sentences are kept.

    Writes Parquet: id, language, source_language, source_text, text, entities (spans on both
    sides), page_id, title.
    """
    closing = StageSummary(out, running)
    options = SwitchOptions.of(
        recipe,
        weights=None if language_weights is None else read_weights(language_weights),
        types=find_types(types, exclude_types, dates=bool(exclude_dates)),
        **others,
    )
    manifest = switch(linked, entities, out, options, running)
    rows = manifest.counts.details["languages"]
    source = manifest.source.language if manifest.source else ""
    made = {code: number for code, number in rows.items() if code != source}
    spoken = {*manifest.counts.details.get("entities by language", {})} - {source}
    closing.tell(
        manifest,
        f"{sum(made.values()):,} code-switched sentences in {len(spoken)} "
        f"language{'s' * (len(spoken) != 1)}, "
        f"from {rows.get(source, 0):,} "
        f"(sentences dropped: {dropped(manifest, 'sentences')})",
    )
    if not running.quiet:
        for line in _notes(manifest, [code for code, number in made.items() if not number]):
            echo_line(f"switch: {line}", err=True)


def _notes(manifest: Manifest, without: list[str]) -> Iterator[str]:
    """Yield what the user should know of labels and languages."""
    counts = manifest.counts
    for unit, what in (("source sentences", "stay as they are"), ("mentions", "are left")):
        if unit in counts.tallies and counts.tallies[unit].dropped:
            yield f"{unit} that {what}: {dropped(manifest, unit)}"
    if "labels" in counts.tallies and counts.tallies["labels"].dropped:
        kept, refused = counts.tallies["labels"].written, dropped(manifest, "labels")
        yield f"{kept:,} labels taken, refused: {refused}"
    if unknown := counts.details.get("labels in unknown languages"):
        shown = largest(unknown, _CODES_TOLD)
        told = ", ".join(f"{code} ({number:,})" for code, number in shown.items())
        yield f"labels in {len(unknown):,} codes that no table of languages has: {told}"
    if without:
        yield f"no sentence in {', '.join(without)}"
