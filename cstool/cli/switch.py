"""`cstool switch`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.languages.labels import Fallback, NameKind
from cstool.stages.switch.entity_types import find_types
from cstool.stages.switch.options import (
    RECIPES,
    Anchors,
    Inflected,
    Policy,
    Recipe,
    SourceRows,
    SwitchOptions,
)
from cstool.stages.switch.stage import switch
from cstool.stages.switch.weights import read_weights
from cstool.storage.counts import largest
from cstool.storage.manifest import Manifest
from cstool.storage.reason_phrases import counts_text

EXAMPLE = """\b
Examples:
  cstool switch work/linked --entities work/entities --languages de,fr,zh -o work/switched
  cstool switch work/linked --entities work/entities --recipe entitycs -o as-published
  cstool switch work/linked --entities work/entities --policy round-robin -o balanced
"""


# Language codes named in a message; the manifest has all.
_CODES_SHOWN = 9


@click.command("switch", epilog=EXAMPLE)
@click.argument("linked", type=click.Path(path_type=Path))
@click.option(
    "--entities",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`, for the labels.",
)
@click.option(
    "--languages",
    default=SwitchOptions.languages,
    show_default=True,
    metavar="CODES",
    help="Target languages: comma-separated Wikimedia codes, entitycs for the 93 languages of "
    "EntityCS, or all for every language that has labels.",
)
@click.option(
    "--recipe",
    type=click.Choice([*RECIPES]),
    default=SwitchOptions.recipe,
    show_default=True,
    help="Named set of option values. entitycs (the published method): --fallback none --no-fit "
    "--inflected keep --anchors all --no-prose --min-changed 0 --source-rows all. Options on the "
    "command line override the recipe.",
)
@click.option(
    "--max-languages",
    type=click.IntRange(1),
    show_default=str(SwitchOptions.max_languages),
    metavar="N",
    help="Maximum number of target languages per sentence.",
)
@click.option(
    "--policy",
    type=click.Choice(get_args(Policy)),
    show_default=SwitchOptions.policy,
    help="How to select target languages from a sentence's candidate languages (those with the "
    "required labels): a random sample (sample), all of them (all), or a sample in which "
    "all languages get the same number of rows as far as possible (round-robin).",
)
@click.option(
    "--language-weights",
    metavar="LIST-or-FILE",
    help="Sampling weights of languages, such as de=2,fr=0.5, or a file with lines such as `de 2`. "
    "Default weight: 1; a language with weight 0 is never sampled.",
)
@click.option(
    "--smoothing",
    type=click.FloatRange(-10, 10),
    metavar="A",
    help="Weight languages by their number of labels to the power of A: 1 is proportional, 0 is "
    "uniform, below 0 favors languages with few labels.",
)
@click.option(
    "--switch-rate",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    show_default=f"{SwitchOptions.switch_rate:g}",
    help="Probability of switching an entity.",
)
@click.option(
    "--mix",
    is_flag=True,
    default=None,
    help="Switch each entity of a sentence into a different language, as far as possible; writes "
    "one row per sentence, with the language `mul`.",
)
@click.option(
    "--require-all/--no-require-all",
    default=None,
    help="Require a label in the target language for every entity to be switched (default), or "
    "keep the anchors of entities without a label.",
)
@click.option(
    "--min-changed",
    type=click.IntRange(0),
    show_default=str(SwitchOptions.min_changed),
    metavar="N",
    help="Minimum number of anchors that must change.",
)
@click.option(
    "--types",
    metavar="QIDS",
    help="Switch only instances (P31) of these classes: QIDs such as Q5,Q515, or a file with one "
    "per line. Subclasses are not included; list them in the file.",
)
@click.option(
    "--exclude-types", metavar="QIDS", help="Do not switch instances (P31) of these classes."
)
@click.option(
    "--exclude-dates",
    is_flag=True,
    default=None,
    help="Do not switch years, days or other dates.",
)
@click.option(
    "--labels",
    type=click.Choice(get_args(NameKind)),
    show_default=SwitchOptions.labels,
    help="Use Wikidata's labels (label), or the titles of the Wikipedia pages in each language "
    "(sitelink), without a disambiguator such as (Texas) in Paris (Texas).",
)
@click.option(
    "--fallback",
    type=click.Choice(get_args(Fallback)),
    show_default=SwitchOptions.fallback,
    help="Replacement for a missing label. variants: the label in a variant of the same language "
    "(zh-hk, zh-hant), then in `mul`, if its script fits the language; all: also labels in the "
    "language's other fallback languages on Wikidata, such as French for Malagasy; none: no "
    "replacement, and labels in any script are accepted.",
)
@click.option("--no-fallback", "fallback", flag_value="none", help="Same as --fallback none.")
@click.option(
    "--fit/--no-fit",
    default=None,
    help="Adapt labels to their context, for example their articles, brackets and initial "
    "capitals (default), or insert them unchanged.",
)
@click.option(
    "--inflected",
    type=click.Choice(get_args(Inflected)),
    show_default=SwitchOptions.inflected,
    help="Treatment of an inflected anchor, such as `dogs` in [[dog]]s: switch it (keep), do not "
    "switch it (skip-mention), or drop its sentence (skip-sentence).",
)
@click.option(
    "--source-rows",
    type=click.Choice(get_args(SourceRows)),
    show_default=SwitchOptions.source_rows,
    help="Source sentences to write as rows: those that are switched into at least one language "
    "(switched), all selected ones (all), or none.",
)
@click.option(
    "--anchors",
    type=click.Choice(get_args(Anchors)),
    show_default=SwitchOptions.anchors,
    help="Anchors to switch. named: names of their entity (label, alias or title, or a part of a "
    "person's label), except in compounds such as [[French]]-derived; all: any anchor.",
)
@click.option(
    "--prose/--no-prose",
    default=None,
    help="Drop rows that are not sentences (default): without the beginning or the end that "
    "sentences have in their script, with cells of tables, or with unpaired brackets.",
)
@click.option(
    "--seed",
    default=SwitchOptions.seed,
    show_default=True,
    help="Random seed for selecting target languages and, with --switch-rate, entities.",
)
@output("the switched sentences")
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

    LINKED: output folder of `cstool link`.

    Selects sentences with 1 to 10 mentions (linked or not), more than 20 characters and at most 128
    words; if a sentence has only one mention, that mention may cover at most half of its
    characters. Each sentence is switched into up to five languages that have a label for every
    entity to be switched and in which at least one anchor would change. The
    source sentences of these rows are also written.

    Writes Parquet with the columns id, language, source_language, source_text, text, entities
    (spans in both texts, and the language and origin of each name), page_id, title and wiki.
    """
    summary = StageSummary(out, running)
    options = SwitchOptions.of(
        recipe,
        weights=None if language_weights is None else read_weights(language_weights),
        types=find_types(types, exclude_types, dates=bool(exclude_dates)),
        **others,
    )
    manifest = switch(linked, entities, out, options, running)
    rows = manifest.counts.details["languages"]
    source = manifest.source.language if manifest.source else ""
    switched_rows = {code: number for code, number in rows.items() if code != source}
    languages = {*manifest.counts.details.get("entities by language", {})} - {source}
    summary.write(
        manifest,
        f"{sum(switched_rows.values()):,} switched + {rows.get(source, 0):,} source sentences in "
        f"{len(languages)} language{'s' * (len(languages) != 1)} "
        f"(sentences dropped: {dropped(manifest, 'sentences')})",
    )
    if not running.quiet:
        for line in _notes(manifest, [code for code, n in switched_rows.items() if not n]):
            log_stage("switch", line)


def _notes(manifest: Manifest, without: list[str]) -> Iterator[str]:
    """Yield messages about names, unswitched text, rejected labels, languages without sentences."""
    counts = manifest.counts
    if origins := {
        o: n for o, n in counts.details.get("names by origin", {}).items() if o != "anchor"
    }:
        yield f"names by origin: {counts_text(largest(origins, len(origins)).items())}"
    for unit in ("source sentences", "mentions"):
        if unit in counts.tallies and counts.tallies[unit].dropped:
            yield f"{unit} not switched: {dropped(manifest, unit)}"
    if "labels" in counts.tallies and counts.tallies["labels"].dropped:
        kept, rejected = counts.tallies["labels"].written, dropped(manifest, "labels")
        yield f"{kept:,} labels selected; rejected: {rejected}"
    # With `--languages all`, the target languages include codes that cstool does not know.
    present = counts.details.get("labels in unknown languages", {})
    targets = {*manifest.parameters["languages"]}
    if unknown := {code: number for code, number in present.items() if code in targets}:
        shown = largest(unknown, _CODES_SHOWN)
        codes = counts_text(shown.items())
        yield f"labels in {len(unknown):,} unknown language codes: {codes}"
    if without:
        yield f"languages without switched sentences: {', '.join(without)}"
