"""`cstool shard`."""

from pathlib import Path
from typing import get_args

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.stages.shard.dedup import Dedup
from cstool.stages.shard.formats import FormatName
from cstool.stages.shard.stage import ShardOptions, shard

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
    default=500_000,
    show_default=True,
    metavar="N",
    help="Rows of a file, about.",
)
@click.option(
    "--validation",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    metavar="N",
    help="Sentences a language to hold out at least, or a tenth of them if that is less. Whole "
    "pages are held out, for all languages alike.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed, another order.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(get_args(FormatName)),
    default="cstool",
    show_default=True,
    help="cstool: Parquet, our columns, with spans; jsonl: the same as lines of JSON, Zstandard; "
    "entitycs: the columns of the published corpus (<e>…</e>); mt: pairs for translation models "
    "(<2en> and the code-switched sentence; the plain one).",
)
@click.option(
    "--dedup",
    type=click.Choice(get_args(Dedup)),
    default="none",
    show_default=True,
    help="Of source sentences that are equal (exact) or nearly so (minhash; needs the "
    "extra `dedup`), keep the first: the others go with all their rows.",
)
@click.option(
    "--decontaminate",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Leave out source sentences that share 13 words in a row with a text of this test set "
    "(lines of text or JSON, or Parquet). May be given several times.",
)
@running()
def command(
    switched: tuple[Path, ...],
    out: Path,
    rows_per_shard: int,
    validation: int,
    seed: int,
    format_: FormatName,
    dedup: Dedup,
    decontaminate: tuple[Path, ...],
    running: RunOptions,
) -> None:
    """Make a corpus: one folder a language, shuffled, with a dataset card.

    SWITCHED: folders that `cstool switch` wrote, of one or more wikis.

    Writes data/<language>/train-00000-of-000NN.parquet and validation-…, README.md (dataset
    card), stats.json, and attribution.tsv.zst (page and revision of every sentence). Hugging
    Face `datasets` and Polars open it as it is.
    """
    closing = StageSummary(out, running)
    options = ShardOptions(rows_per_shard, validation, seed, format_, dedup, decontaminate)
    manifest = shard(switched, out, options, running)
    rows = manifest.counts.tally("rows").written
    files = [part.file for part in manifest.parts if part.file.startswith("data/")]
    languages = {file.split("/")[1] for file in files}
    told = f"{rows:,} sentences in {len(languages)} languages, {len(files)} files"
    if manifest.counts.tally("rows").dropped:
        told += f" (left out: {dropped(manifest, 'rows')})"
    closing.tell(manifest, told)
