"""`cstool link`."""

from pathlib import Path

import click

from cstool.cli.options import StageSummary, output, running
from cstool.execution.options import RunOptions
from cstool.stages.link.stage import ADDED, BY_LINK, IS_LINKED, LinkOptions, link

EXAMPLE = """\b
Examples:
  cstool link work/sentences --titles work/titles -o work/linked
  cstool link work/all-sentences --titles work/titles --propagate -o work/linked
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
@click.option(
    "--keep-disambiguation",
    is_flag=True,
    help="Link to the items of disambiguation pages and list articles, too.",
)
@click.option(
    "--propagate",
    is_flag=True,
    help="Make mentions of the later places where a page names what it has linked, which "
    "Wikipedia does once. Finds most after `cstool extract --all-sentences`.",
)
@output("the linked sentences")
@running()
def command(
    sentences: Path,
    titles: Path,
    keep_disambiguation: bool,
    propagate: bool,
    out: Path,
    running: RunOptions,
) -> None:
    """Link each mention to its Wikidata entity.

    SENTENCES: the folder that `cstool extract` wrote.

    Writes the same table with a qid in each mention, null where the page has no item or is a
    disambiguation page or a list. How many for which reason is in _manifest.json.
    """
    closing = StageSummary(out, running)
    options = LinkOptions(keep_disambiguation, propagate)
    manifest = link(sentences, titles, out, running, options)
    mentions = manifest.counts.tally("mentions").written
    details = manifest.counts.details
    linked = details.get(BY_LINK, {}).get(IS_LINKED, 0)
    share = 100 * linked / mentions if mentions else 0
    why = ", ".join(
        f"{n:,} {why}" for why, n in details.get(BY_LINK, {}).items() if why != IS_LINKED
    )
    further = f", {details[ADDED]['mentions']:,} propagated" if propagate else ""
    told = f"{linked:,} of {mentions:,} mentions linked ({share:.1f} %){further}"
    closing.tell(manifest, f"{told} (not linked: {why or 'none'})")
