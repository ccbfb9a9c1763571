"""`cstool pair`."""

from pathlib import Path
from typing import Any

import click

from cstool.cli.options import StageSummary, output, running
from cstool.execution.options import RunOptions
from cstool.languages.codes import code_list
from cstool.stages.pair.options import UNPAIRED
from cstool.stages.pair.stage import PairOptions, pair
from cstool.storage.counts import Counts
from cstool.storage.manifest import Manifest
from cstool.storage.reason_phrases import reasons_text

EXAMPLE = """\b
Examples:
  cstool pair work/en/pages work/ja/pages --titles work/en/titles --titles work/ja/titles -o pairs
  cstool pair … --window 12000 -o pairs
  cstool pair … --order unpaired -o control
"""


class Order(click.ParamType[tuple[str, ...]]):
    """Comma-separated language codes, or `unpaired`."""

    name = "order"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the codes, or `unpaired` as the only word."""
        if isinstance(value, tuple):
            return value
        return (UNPAIRED,) if value == UNPAIRED else code_list(value, "--order")


@click.command("pair", epilog=EXAMPLE)
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER..."
)
@click.option(
    "--titles",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool titles` for one of the wikis. Give one for each wiki, in any "
    "order.",
)
@click.option(
    "--order",
    type=Order(),
    default=(),
    metavar="CODES|unpaired",
    help="Languages in the order in which they appear in a row; others follow. Default: English, "
    "then the order of the folders. unpaired: the control, which has the same pages, each in a "
    "row of its own and in random order.",
)
@click.option(
    "--min-wikis",
    type=click.IntRange(2),
    default=PairOptions.min_wikis,
    show_default=True,
    metavar="N",
    help="Minimum number of wikis with a page about the entity.",
)
@click.option(
    "--segments",
    type=click.IntRange(1),
    default=PairOptions.segments,
    show_default=True,
    metavar="N",
    help="Cut each page into N segments of about the same length, between paragraphs; a row "
    "contains the first segment of each page, then the second of each, and so on.",
)
@click.option(
    "--window",
    type=click.IntRange(1),
    metavar="CHARACTERS",
    help="Like --segments, with as many segments as needed for this length of a window: the "
    "corresponding segments of all pages of a row.",
)
@output("the pairs")
@running("Text per part (default: 64M). Does not change the rows.")
def command(
    folders: tuple[Path, ...],
    titles: tuple[Path, ...],
    order: tuple[str, ...],
    min_wikis: int,
    segments: int,
    window: int | None,
    out: Path,
    running: RunOptions,
) -> None:
    """Put pages about the same entity in several wikis side by side.

    FOLDER: output folders of `cstool extract --unit page`, or of `cstool link`, from different
    wikis.

    Writes one row per entity: its QID, the languages, the text of its pages, separated by blank
    lines, and the position of each page in it. _manifest.json contains the number of pages that
    were left out, by wiki and reason.
    """
    if len(folders) < 2:
        raise click.UsageError("FOLDER...: one folder given; give folders of two or more wikis")
    summary = StageSummary(out, running)
    unpaired = order == (UNPAIRED,)
    options = PairOptions(() if unpaired else order, unpaired, min_wikis, segments, window)
    manifest = pair(folders, titles, out, options, running)
    summary.write(manifest, _in_words(manifest))


def _in_words(manifest: Manifest) -> str:
    counts = manifest.counts
    rows = counts.tally("rows").written
    entities = counts.tally("entities")
    text = f"{rows:,} rows" if rows != entities.written else ""
    text += f"{' of ' if text else ''}{entities.written:,} of {entities.read:,} entities"
    return f"{text}; pages: {'; '.join(_by_wiki(counts))}"


def _by_wiki(counts: Counts) -> list[str]:
    """Return the pages of each wiki in words: how many of how many, and why not the others."""
    wikis = {
        name.removeprefix("pages (").removesuffix(")"): tally
        for name, tally in counts.tallies.items()
        if name.startswith("pages (")
    }
    return [
        f"{wiki} {tally.written:,} of {tally.read:,}"
        + (f" (dropped: {reasons_text(tally.dropped)})" if tally.dropped else "")
        for wiki, tally in wikis.items()
    ]
