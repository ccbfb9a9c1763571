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
@click.option(
    "--actions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Treat each token by its tag: lines of a tag and, after a tab, keep, romanize, or "
    "translate and, after a tab, the code of a language.",
)
@click.option(
    "--tags",
    metavar="COLUMN-or-FILE",
    help="With --actions: a column with lists of start, end and tag, or a file with the columns "
    "id, token and tag, separated by tabs, and a line per token.",
)
@click.option(
    "--tag-column",
    default=RomanizeOptions.tag_column,
    show_default=True,
    metavar="NAME",
    help="Column of the tags in the file.",
)
@click.option(
    "--words",
    multiple=True,
    metavar="[LANG=]PATH",
    help="With --actions: a dictionary for tokens to translate, as for `cstool switch`. May be "
    "given several times.",
)
@output("the romanized rows")
@running()
def command(
    folder: Path,
    name: RomanizerName,
    actions: Path | None,
    tags: str | None,
    tag_column: str,
    words: tuple[str, ...],
    out: Path,
    running: RunOptions,
) -> None:
    """Write the text of each row in Latin letters beside it.

    FOLDER: output folder of `cstool extract`, `link`, `switch` or `pair`, or of `shard` or `mix` in
    the format cstool.

    Writes the same rows with two more columns: romanized, the text in Latin letters, and
    romanized_entities, the start and end there of each span in entities, mentions or segments. With
    --actions, romanized is the text with each token kept, romanized or translated by its tag.
    """
    summary = StageSummary(out, running)
    options = RomanizeOptions(name, actions, tags, tag_column, words)
    manifest = romanize(folder, out, options, running)
    rows = manifest.counts.tally("rows").written
    changed = manifest.counts.details.get("rows by text", {}).get("changed", 0)
    summary.write(manifest, f"{rows:,} rows, {changed:,} of them changed")
