"""`cstool link`."""

from pathlib import Path

import click

from cstool.cli.options import StageSummary, output, running
from cstool.execution.options import RunOptions
from cstool.stages.link.stage import ADDED, BY_LINK, IS_LINKED, LinkOptions, link
from cstool.storage.reason_phrases import reasons_text

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
    help="Output folder of `cstool titles` for the same wiki.",
)
@click.option(
    "--keep-disambiguation",
    is_flag=True,
    help="Also link to the items of disambiguation pages and list articles.",
)
@click.option(
    "--propagate",
    is_flag=True,
    help="Also add mentions where a page repeats the name of an entity it has already linked to; "
    "Wikipedia links only the first occurrence. Most effective after "
    "`cstool extract --all-sentences`.",
)
@output("the linked sentences, paragraphs or pages")
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

    SENTENCES: output folder of `cstool extract`.

    Writes the same table with a qid in each mention: null if the page is missing, has no item, or
    is a disambiguation page or a list article. _manifest.json contains the number of mentions
    without a QID, by reason.
    """
    summary = StageSummary(out, running)
    options = LinkOptions(keep_disambiguation, propagate)
    manifest = link(sentences, titles, out, running, options)
    mentions = manifest.counts.tally("mentions").written
    details = manifest.counts.details
    linked = details.get(BY_LINK, {}).get(IS_LINKED, 0)
    percentage = 100 * linked / mentions if mentions else 0
    unlinked = {why: n for why, n in details.get(BY_LINK, {}).items() if why != IS_LINKED}
    propagated = f", {details[ADDED]['mentions']:,} propagated" if propagate else ""
    counts = f"{linked:,} of {mentions:,} mentions linked ({percentage:.1f}%){propagated}"
    summary.write(manifest, f"{counts} (not linked: {reasons_text(unlinked) or 'none'})")
