"""`cstool mask`."""

from pathlib import Path
from typing import get_args

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.masking.strategies import RuleSource
from cstool.stages.mask.stage import NAMES, MaskOptions, mask_corpus

EXAMPLE = """\b
Examples:
  cstool mask corpus --tokenizer tokenizer.json --strategy wep+mlm -o examples
  cstool mask corpus --tokenizer tokenizer.json --strategy pep-ms --rules code -o as-coded
  python -c 'import polars; print(polars.read_parquet("examples/data/de/train-*.parquet"))'
"""


@click.command("mask", epilog=EXAMPLE)
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option(
    "--tokenizer",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The model's tokenizer.json.",
)
@click.option(
    "--strategy",
    required=True,
    type=click.Choice(NAMES),
    metavar="NAME",
    help=f"What is to be predicted: {', '.join(NAMES)}.",
)
@output("the training examples")
@click.option(
    "--rules",
    type=click.Choice(get_args(RuleSource)),
    default="paper",
    show_default=True,
    help="Where EntityCS's paper and code differ, which holds: pep-ms predicts a tenth of the "
    "tokens that it does not mask (paper), or all of them, a fifth (code).",
)
@click.option(
    "--max-length",
    type=click.IntRange(1),
    default=128,
    show_default=True,
    metavar="N",
    help="Tokens of a row, special ones counted, at most. An entity that is cut by it is none.",
)
@click.option("--packed", is_flag=True, help="Put as many sentences into each row as it holds.")
@click.option("--seed", default=0, show_default=True, help="Another seed, other tokens masked.")
@click.option(
    "--clusters",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="For c-rts: the cluster of each token of the vocabulary, a number a line.",
)
@click.option(
    "--mask-token",
    metavar="TEXT",
    help="The tokenizer's mask token, if it is not [MASK], <mask> or <|mask|>.",
)
@running()
def command(
    corpus: Path,
    tokenizer: Path,
    strategy: str,
    out: Path,
    rules: RuleSource,
    max_length: int,
    packed: bool,
    seed: int,
    clusters: Path | None,
    mask_token: str | None,
    running: RunOptions,
) -> None:
    """Make training examples of a corpus.

    CORPUS: the folder that `cstool shard` wrote.

    mlm masks 15 % of the tokens; wep whole entities; pep-mrs, pep-ms, pep-m tokens of entities;
    with +mlm, also 15 % of what is outside them. rts and c-rts replace tokens and ask which, slm
    asks what they were. pairs-paragraph and pairs-page ask whether two sentences are of one
    paragraph, of one page.

    Writes data/<language>/<split>-…parquet: ids, language, input_ids, labels (-100: nothing to
    predict), attention_mask, entity_ids, qids; pairs have token_type_ids, label and kind.
    """
    closing = StageSummary(out, running)
    options = MaskOptions(strategy, rules, max_length, packed, seed, clusters, mask_token)
    manifest = mask_corpus(corpus, tokenizer, out, options, running)
    rows = manifest.counts.details.get("rows", {})
    told = (
        f"{sum(rows.values()):,} rows in {len(rows)} languages, from "
        f"{manifest.counts.tally('sentences').written:,} sentences "
        f"(dropped: {dropped(manifest, 'sentences')}"
    )
    if "entities" in manifest.counts.tallies:
        told += f"; entities: {dropped(manifest, 'entities')}"
    closing.tell(manifest, told + ")")
