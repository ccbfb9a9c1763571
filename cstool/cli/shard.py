"""`cstool shard`."""

from pathlib import Path
from typing import get_args

import click

from cstool.cli.corpus_files import corpus_files, tokens
from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.formats.corpus_formats import FORMATS, FormatName
from cstool.formats.format_options import FormatOptions
from cstool.stages.shard.dedup import Dedup
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.schemas import TALLIES

EXAMPLE = """\b
Examples:
  cstool shard work/switched -o corpus
  cstool shard work/switched -o pairs --format mt --dedup exact --decontaminate xnli.jsonl
  python -c 'import datasets; print(datasets.load_dataset("corpus", "de"))'
"""


@click.command("shard", epilog=EXAMPLE)
@click.argument(
    "switched", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SWITCHED..."
)
@output("the corpus")
@click.option(
    "--rows-per-shard",
    type=click.IntRange(1),
    default=ShardOptions.rows_per_shard,
    show_default=True,
    metavar="N",
    help="Approximate number of rows per file. Files of paragraphs or pages have fewer, if that is "
    "more than about 100 MB of text.",
)
@click.option(
    "--validation",
    type=click.IntRange(0),
    default=ShardOptions.validation,
    show_default=True,
    metavar="N",
    help="Minimum number of rows per language in the validation split, or a tenth of the "
    "language's rows if that is less. Whole pages are held out, in all languages.",
)
@click.option(
    "--seed", default=ShardOptions.seed, show_default=True, help="Random seed for shuffling."
)
@corpus_files(get_args(FormatName))
@click.option(
    "--dedup",
    type=click.Choice(get_args(Dedup)),
    default=ShardOptions.dedup,
    show_default=True,
    help="Drop all rows of a source sentence, paragraph or page that is identical (exact) or "
    "similar (minhash; requires the extra `dedup`) to an earlier one.",
)
@click.option(
    "--decontaminate",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Drop source sentences, paragraphs or pages that overlap with a text in this test set: 13 "
    "consecutive words in common or, if the sentence or the text has 8 to 12 words, all of them. "
    "Shorter texts are ignored. Formats: lines of text (UTF-8), CSV, TSV, JSON lines, Parquet; any "
    "other file is an error. Can be repeated.",
)
@running()
def command(
    switched: tuple[Path, ...],
    out: Path,
    rows_per_shard: int,
    validation: int,
    seed: int,
    format_: FormatName,
    files: FormatOptions,
    dedup: Dedup,
    decontaminate: tuple[Path, ...],
    running: RunOptions,
) -> None:
    """Write a corpus: shuffled files in one folder per language, and a dataset card.

    SWITCHED: output folders of `cstool switch`, from one or more wikis, with rows of the same kind:
    sentences, paragraphs or pages, and names in place of anchors or beside them.

    Writes data/<language>/train-00000-of-000NN.parquet and validation-…, README.md (the dataset
    card), stats.json, and attribution.tsv.zst (the page and revision of each sentence). Hugging
    Face `datasets` and Polars can open the corpus directly.
    """
    summary = StageSummary(out, running)
    options = ShardOptions(rows_per_shard, validation, seed, format_, dedup, decontaminate, files)
    manifest = shard(switched, out, options, running)
    rows = manifest.counts.tally("rows").written
    form = FORMATS[format_]
    written = [part.file for part in manifest.parts if form.is_data(part.file)]
    languages = {file.split("/")[1] for file in written}
    source = sum(manifest.counts.details.get("source rows", {}).values())
    units = TALLIES[manifest.row_unit]
    counts = f"{rows - source:,} switched + {source:,} source {units} in {len(languages)} "
    counts += f"language{'s' * (len(languages) != 1)}, {len(written)} files"
    if form.tokens:
        counts += f", {tokens(manifest.counts)}"
    if manifest.counts.tally("rows").dropped:
        counts += f" (rows dropped: {dropped(manifest, 'rows')})"
    summary.write(manifest, counts)
