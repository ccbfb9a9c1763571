"""`cstool mix`."""

from pathlib import Path

import click

from cstool.cli.corpus_files import corpus_files, tokens
from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.formats.corpus_formats import FORMATS, SENTENCE_FORMATS, CorpusFormat, FormatName
from cstool.formats.format_options import FormatOptions
from cstool.stages.mix.read_recipe import read_recipe
from cstool.stages.mix.recipe import MixRecipe
from cstool.stages.mix.stage import MixOptions, mix
from cstool.storage.manifest import Manifest

EXAMPLE = """\b
Examples:
  cstool mix mix.toml -o mixture
  cstool mix mix.toml --root work --format jsonl -o mixture
  cstool mix mix.toml --tokenizer tokenizer.json --format tokens --pack 4096 -o mixture

\b
A recipe:
  [[stage]]
  name = "annotated"
  budget = 200_000_000
    [[stage.source]]
    folder = "jawiki/corpus"
    share = 0.7
    [[stage.source]]
    folder = "enwiki-jawiki/pairs"
    share = 0.3
"""


@click.command("mix", epilog=EXAMPLE)
@click.argument("recipe", type=click.Path(path_type=Path))
@output("the mixture")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder where the recipe's relative paths begin. Default: the folder of the recipe.",
)
@click.option(
    "--rows-per-shard",
    type=click.IntRange(1),
    default=MixOptions.rows_per_shard,
    show_default=True,
    metavar="N",
    help="Approximate number of rows per file. Files of paragraphs or pages have fewer, if that is "
    "more than about 100 MB of text.",
)
@corpus_files([name for name in FORMATS if name not in SENTENCE_FORMATS])
@running()
def command(
    recipe: Path,
    out: Path,
    root: Path | None,
    rows_per_shard: int,
    format_: FormatName,
    files: FormatOptions,
    running: RunOptions,
) -> None:
    """Mix corpora and pairs into one training set, by shares, budgets and stages.

    RECIPE: a TOML file with the training stages, in order, and the sources of each: output
    folders of `cstool shard` and `cstool pair`, whose rows are of the same unit. Sizes are in
    words, or in tokens of the recipe's tokenizer, which --tokenizer and --document-end override.

    Writes data/<stage>/train-00000-of-000NN.parquet, a folder per stage with its rows in random
    order, README.md (the dataset card), mixture.json (the size of each corpus and language in each
    stage), and attribution.tsv.zst (the page and revision of each row).
    """
    summary = StageSummary(out, running)
    read = read_recipe(recipe, root)
    if files.tokenizer and read.tokenizer and not running.quiet:
        log_stage("mix", f"--tokenizer: used instead of that of {recipe}, {read.tokenizer}")
    manifest = mix(read, out, MixOptions(rows_per_shard, format_, files), running)
    summary.write(manifest, _in_words(manifest, read, FORMATS[format_]))


def _in_words(manifest: Manifest, recipe: MixRecipe, form: CorpusFormat) -> str:
    """Return the size of the mixture in words, and what was left out."""
    rows = manifest.counts.tally("rows")
    size = sum(manifest.counts.details.get(f"{recipe.count} by stage", {}).values())
    stages = len(recipe.stages)
    files = sum(
        part.file.startswith(f"{form.folder}/") and part.file.endswith(f".{form.suffix}")
        for part in manifest.parts
    )
    text = f"{rows.written:,} rows with {size:,} {recipe.count} in {stages} "
    text += f"stage{'s' * (stages != 1)}, {files} file{'s' * (files != 1)}"
    if form.tokens:
        text += f", {tokens(manifest.counts)}"
    return text + (f" (rows dropped: {dropped(manifest, 'rows')})" if rows.dropped else "")
