"""`cstool shard`."""

from pathlib import Path
from typing import Literal

import click

from cstool.cli.options import Closing, output, running
from cstool.running.options import RunOptions
from cstool.stages.shard import ShardOptions, shard

EXAMPLE = """\b
Example:
  cstool shard work/switched -o corpus
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
    type=click.Choice(["cstool", "entitycs"]),
    default="cstool",
    show_default=True,
    help="Columns: ours, with spans, or those of the published EntityCS (<e>…</e>).",
)
@running()
def command(
    switched: tuple[Path, ...],
    out: Path,
    rows_per_shard: int,
    validation: int,
    seed: int,
    format_: Literal["cstool", "entitycs"],
    running: RunOptions,
) -> None:
    """Make a corpus: one folder a language, shuffled, with a dataset card.

    SWITCHED: folders that `cstool switch` wrote, of one or more wikis.

    Writes data/<language>/train-00000-of-000NN.parquet and validation-…, README.md (dataset
    card), stats.json, and attribution.tsv.zst (page and revision of every sentence). Hugging
    Face `datasets` and Polars open it as it is.
    """
    closing = Closing(out, running)
    options = ShardOptions(rows_per_shard, validation, seed, format_)
    manifest = shard(switched, out, options, running)
    rows = manifest.counts.tally("rows").written
    languages = {part.file.split("/")[1] for part in manifest.tables}
    closing.tell(
        manifest,
        f"{rows:,} sentences in {len(languages)} languages, {len(manifest.tables)} files",
    )
