"""`cstool romanize`."""

from pathlib import Path

import click

from cstool.cli.options import StageSummary, output, running
from cstool.execution.options import RunOptions
from cstool.romanization.romanizers import ROMANIZERS, RomanizerName
from cstool.stages.romanize.stage import RomanizeOptions, romanize

EXAMPLE = """\b
Examples:
  cstool romanize work/switched -o work/romanized
  cstool romanize work/switched --romanizer uroman-fast -o work/romanized
  cstool shard work/romanized --format translico -o pairs
"""


@click.command("romanize", epilog=EXAMPLE)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--romanizer",
    "name",
    type=click.Choice(ROMANIZERS),
    default=RomanizeOptions.romanizer,
    show_default=True,
    help="uroman: the reference. uroman-fast: a port of it that gives the same, several times as "
    "fast. icu: ICU's transforms Any-Latin and Latin-ASCII.",
)
@output("the romanized rows")
@running()
def command(folder: Path, name: RomanizerName, out: Path, running: RunOptions) -> None:
    """Write the text of each row in Latin letters beside it.

    FOLDER: output folder of `cstool extract`, `link`, `switch` or `pair`, or of `shard` or `mix` in
    the format cstool.

    Writes the same rows with two more columns: romanized, the text in Latin letters, and
    romanized_entities, the start and end there of each span in entities, mentions or segments.
    """
    summary = StageSummary(out, running)
    manifest = romanize(folder, out, RomanizeOptions(name), running)
    rows = manifest.counts.tally("rows").written
    changed = manifest.counts.details.get("rows by text", {}).get("changed", 0)
    summary.write(manifest, f"{rows:,} rows, {changed:,} of them changed")
