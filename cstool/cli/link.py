"""`cstool link`."""

from pathlib import Path

import click

from cstool.cli.options import Closing, output, running
from cstool.running.options import RunOptions
from cstool.stages.link import link

EXAMPLE = """\b
Example:
  cstool link work/sentences --titles work/titles -o work/linked
"""


@click.command("link", epilog=EXAMPLE)
@click.argument("sentences", type=click.Path(path_type=Path))
@click.option(
    "--titles",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="What `cstool titles` wrote for the same wiki.",
)
@output("the linked sentences")
@running()
def command(sentences: Path, titles: Path, out: Path, running: RunOptions) -> None:
    """Link each mention to its Wikidata entity.

    SENTENCES: the folder that `cstool extract` wrote.

    Writes the same table with a qid in each mention, null where the page has no item.
    """
    closing = Closing(out, running)
    manifest = link(sentences, titles, out, running)
    mentions = manifest.counts.tally("mentions").written
    linked = manifest.counts.details.get("mentions by link", {}).get("linked", 0)
    share = 100 * linked / mentions if mentions else 0
    closing.tell(manifest, f"{linked:,} of {mentions:,} mentions linked ({share:.1f} %)")
