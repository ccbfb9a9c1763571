"""`cstool switch`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.languages.entity_types import find_types
from cstool.languages.labels import Fallback, NameKind
from cstool.romanization.romanizers import ROMANIZERS
from cstool.stages.switch.options import (
    MARKS,
    RECIPES,
    Anchors,
    Inflected,
    MarksInText,
    Policy,
    Recipe,
    RowFilter,
    Side,
    SourceRows,
    Style,
    SwitchOptions,
)
from cstool.stages.switch.stage import switch
from cstool.stages.switch.weights import read_weights
from cstool.storage.counts import largest
from cstool.storage.manifest import Manifest
from cstool.storage.reason_phrases import counts_text
from cstool.storage.schemas import TALLIES

EXAMPLE = """\b
Examples:
  cstool switch work/linked --entities work/entities --languages de,fr,zh -o work/switched
  cstool switch work/linked --entities work/entities --recipe entitycs -o as-published
  cstool switch work/linked --entities work/entities --policy round-robin -o balanced
  cstool switch work/linked --entities work/entities --recipe leia --passes 3 -o annotated
  cstool switch work/linked --words en-de.txt --recipe cosda -o words
"""
_RIGHT, _LEFT = ("Rome".join(MARKS[side]) for side in ("right", "left"))


_MARKS = ("open", "close")
# Language codes named in a message; the manifest has all.
_CODES_SHOWN = 9


@click.command("switch", epilog=EXAMPLE)
@click.argument("linked", type=click.Path(path_type=Path))
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`, for the labels. Required unless only words are "
    "switched (--switch-rate 0).",
)
@click.option(
    "--words",
    multiple=True,
    metavar="[LANG=]PATH",
    help="Also switch words by this dictionary: a folder of `cstool lexicon`, or a file of pairs, "
    "source and translation separated by a tab, into the language LANG or that of its name "
    "(en-de.txt), or a folder of such files. May be given several times.",
)
@click.option(
    "--word-rate",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    show_default=f"{SwitchOptions.word_rate:g}",
    help="Probability of switching a word that has an entry in a dictionary.",
)
@click.option(
    "--words-in-mentions",
    is_flag=True,
    default=None,
    help="With --switch-rate 0: also switch words in linked mentions.",
)
@click.option(
    "--languages",
    show_default=SwitchOptions.languages,
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
    "--inflected keep --anchors all --no-prose --min-changed 0 --source-rows all. leia: English "
    "page titles between <translate> and </translate> after half of the anchors, as published. "
    "syncs-annotate, syncs-replace: names in 5% of the sentences. cosda: 90% of the words, each "
    "into any language, and no entities; prealign: 5% of the words. All values are in "
    "docs/switching.md. Options on the command line override the recipe.",
)
@click.option(
    "--style",
    type=click.Choice(get_args(Style)),
    show_default=SwitchOptions.style,
    help="Put names in place of their anchors (replace), or beside them (annotate).",
)
@click.option(
    "--side",
    type=click.Choice(get_args(Side)),
    show_default=SwitchOptions.side,
    help="With --style annotate: side of the anchor at which the name is put.",
)
@click.option(
    "--open",
    metavar="TEXT",
    help="Mark before each name. Default: none; with --style annotate, a space and a bracket, as "
    f"in Rom{_RIGHT}, or with --side left {_LEFT}Rom.",
)
@click.option("--close", metavar="TEXT", help="Mark after each name.")
@click.option(
    "--marks-in-text",
    type=click.Choice(get_args(MarksInText)),
    show_default="drop if a mark contains a letter or digit",
    help="Treatment of rows whose text contains a mark already: drop them, and leave out names "
    "that contain one, so that each mark in the output belongs to a name; or keep them.",
)
@click.option(
    "--repeat/--no-repeat",
    default=None,
    help="With --style annotate: put a name beside its anchor even if both are equal, or leave it "
    "out (default).",
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
    type=click.FloatRange(0, 1),
    metavar="P",
    show_default=f"{SwitchOptions.switch_rate:g}",
    help="Probability of switching an entity. 0, with --words: switch only words; LINKED may then "
    "be a folder of `cstool extract`.",
)
@click.option(
    "--row-rate",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    show_default=f"{SwitchOptions.row_rate:g}",
    help="Probability of switching anything in a sentence, paragraph or page.",
)
@click.option(
    "--sentence-rate",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    show_default=f"{SwitchOptions.sentence_rate:g}",
    help="Probability of switching entities and words of a sentence; the other sentences of a "
    "paragraph or page stay as they are.",
)
@click.option(
    "--passes",
    type=click.IntRange(1, 255),
    metavar="K",
    show_default=str(SwitchOptions.passes),
    help="Draw K times, independently: languages, sentences and entities. Above 1, a column `pass` "
    "contains the number of the draw, from 0. Source rows are written once, with pass 0.",
)
@click.option(
    "--mix",
    is_flag=True,
    default=None,
    help="Switch each entity of a sentence into a different language, as far as possible, and each "
    "word into any of the target languages; writes one row per sentence, with the language `mul`.",
)
@click.option(
    "--require-all/--no-require-all",
    default=None,
    help="Require a label in the target language for every entity to be switched (default for "
    "sentences), or keep the anchors of entities without a label (default for paragraphs and "
    "pages).",
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
    "(sitelink), without a disambiguator such as (Texas) in Paris (Texas). title: these titles as "
    "in LEIA, without text in brackets; titles of lists are not used.",
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
    "capitals (default), or insert them unchanged. With --style annotate, only spaces, brackets "
    "and invisible characters of the labels themselves are changed.",
)
@click.option(
    "--romanize-names",
    is_flag=False,
    flag_value="uroman",
    type=click.Choice(ROMANIZERS),
    help="Write names in other scripts than Latin in Latin letters, with uroman or another "
    "romanizer of `cstool romanize`; only for text that is written in Latin letters.",
)
@click.option(
    "--inflected",
    type=click.Choice(get_args(Inflected)),
    show_default="skip-mention; keep with --style annotate",
    help="Treatment of an inflected anchor, such as `dogs` in [[dog]]s: switch it (keep), do not "
    "switch it (skip-mention), or drop its row (skip-sentence).",
)
@click.option(
    "--source-rows",
    type=click.Choice(get_args(SourceRows)),
    show_default=SwitchOptions.source_rows,
    help="Source sentences, paragraphs or pages to write as rows: those that are switched into at "
    "least one language (switched), the other selected ones (unswitched), all selected ones (all), "
    "or none.",
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
    help="Drop rows that are not sentences (default, unless the rows are paragraphs or pages): "
    "without the beginning or the end that sentences have in their script, with cells of tables, "
    "or with unpaired brackets.",
)
@click.option(
    "--min-mentions",
    type=click.IntRange(0),
    metavar="N",
    show_default=f"{RowFilter.fewest_mentions}; none for paragraphs and pages",
    help="Minimum number of mentions of a row, linked or not.",
)
@click.option(
    "--max-mentions",
    type=click.IntRange(0),
    metavar="N",
    show_default=f"{RowFilter.most_mentions}; none for paragraphs and pages",
    help="Maximum number of mentions of a row.",
)
@click.option(
    "--min-characters",
    type=click.IntRange(0),
    metavar="N",
    show_default="21; none for paragraphs and pages",
    help="Minimum number of characters of a row.",
)
@click.option(
    "--max-words",
    type=click.IntRange(1),
    metavar="N",
    show_default=f"{RowFilter.most_words}; none for paragraphs and pages",
    help="Maximum number of words of a row.",
)
@click.option(
    "--max-coverage",
    type=click.FloatRange(0, 1),
    metavar="P",
    show_default=f"{RowFilter.longest_anchor:g}; none for paragraphs and pages",
    help="Maximum share of a row's characters that its only mention may cover.",
)
@click.option(
    "--seed",
    default=SwitchOptions.seed,
    show_default=True,
    help="Random seed for selecting target languages and translations and, with rates below 1, "
    "entities, words, sentences and rows.",
)
@output("the switched sentences, paragraphs or pages")
@running()
def command(
    linked: Path,
    entities: Path | None,
    recipe: Recipe,
    language_weights: str | None,
    types: str | None,
    exclude_types: str | None,
    exclude_dates: bool | None,
    min_mentions: int | None,
    max_mentions: int | None,
    min_characters: int | None,
    max_words: int | None,
    max_coverage: float | None,
    out: Path,
    running: RunOptions,
    **others: Any,
) -> None:
    """Switch the entities and words of sentences, paragraphs or pages into other languages.

    LINKED: output folder of `cstool link`.

    Selects sentences with 1 to 10 mentions (linked or not), more than 20 characters and at most 128
    words; if a sentence has only one mention, that mention may cover at most half of its
    characters. Paragraphs and pages are all selected. Each row is switched into up to five
    languages that have a label for every entity to be switched (for paragraphs and pages: for at
    least one) and in which at least one anchor would change. The source rows of these are also
    written.

    Writes Parquet with the columns id, language, source_language, source_text, text, entities
    (spans in both texts, and the language and origin of each name), page_id, title and wiki; for
    paragraphs and pages also sentences (where they start in text) and gaps.
    """
    summary = StageSummary(out, running)
    options = SwitchOptions.of(
        recipe,
        weights=None if language_weights is None else read_weights(language_weights),
        types=find_types(types, exclude_types, dates=bool(exclude_dates)),
        bounds=tuple(
            (name, value)
            for name, value in (
                ("fewest_mentions", min_mentions),
                ("most_mentions", max_mentions),
                ("more_than_characters", None if min_characters is None else min_characters - 1),
                ("most_words", max_words),
                ("longest_anchor", max_coverage),
            )
            if value is not None
        ),
        **others,
    )
    manifest = switch(linked, entities, out, options, running)
    rows = manifest.counts.details["languages"]
    source = manifest.source.language if manifest.source else ""
    switched_rows = {code: number for code, number in rows.items() if code != source}
    kinds = "entities by language", "words by language"
    names = (manifest.counts.details.get(kind, {}) for kind in kinds)
    languages = {code for found in names for code in found} - {source}
    unit = TALLIES[manifest.row_unit]
    summary.write(
        manifest,
        f"{sum(switched_rows.values()):,} switched + {rows.get(source, 0):,} source {unit} in "
        f"{len(languages)} language{'s' * (len(languages) != 1)} "
        f"({unit} dropped: {dropped(manifest, unit)})",
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
    rows = TALLIES[manifest.row_unit]
    if words := counts.tallies.get("words"):
        left = f"; not switched: {dropped(manifest, 'words')}" if words.dropped else ""
        yield f"{words.written:,} words switched{left}"
    for unit in (f"source {rows}", "mentions"):
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
        yield f"languages without switched {rows}: {', '.join(without)}"
    if number := counts.details.get("texts with marks", {}).get("kept"):
        marks = " or ".join(filter(None, (manifest.parameters[m].strip() for m in _MARKS)))
        yield f"{number:,} {rows} already contained {marks} (--marks-in-text drop drops such rows)"
    if left_out := counts.details.get("names left out"):
        yield f"names left out: {counts_text(left_out.items())}"
