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
    help=f"Masking strategy: {', '.join(NAMES)}.",
)
@output("the training examples")
@click.option(
    "--rules",
    type=click.Choice(get_args(RuleSource)),
    default=MaskOptions.rules,
    show_default=True,
    help="Whether to follow EntityCS's paper or its code where they differ: of the tokens of "
    "entities, pep-ms leaves a fifth unchanged and predicts half of these (paper) or all of these "
    "(code).",
)
@click.option(
    "--max-length",
    type=click.IntRange(1),
    default=MaskOptions.max_length,
    show_default=True,
    metavar="N",
    help="Maximum number of tokens per row, special tokens included. An entity that the limit cuts "
    "is not masked.",
)
@click.option("--packed", is_flag=True, help="Pack several sentences into each row.")
@click.option(
    "--seed",
    default=MaskOptions.seed,
    show_default=True,
    help="Random seed that selects the tokens.",
)
@click.option(
    "--clusters",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="For c-rts: a file with the cluster number of each token of the vocabulary, one per line.",
)
@click.option(
    "--mask-token",
    metavar="TEXT",
    help="Mask token of the tokenizer, if it is not [MASK], <mask> or <|mask|>.",
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

    CORPUS: output folder of `cstool shard`.

    mlm masks 15 % of the tokens, wep whole entities, and pep-mrs, pep-ms and pep-m tokens of
    entities; +mlm also masks 15 % of the tokens outside entities. rts, c-rts and slm replace
    tokens: the labels of rts and c-rts tell which tokens were replaced, those of slm are the
    original tokens. pairs-paragraph and pairs-page make pairs of sentences, labelled by whether
    both are from the same paragraph or page.

    Writes data/<language>/<split>-…parquet with the columns ids, language, input_ids, labels
    (-100: not predicted), attention_mask, entity_ids and qids. Pairs have token_type_ids, label
    and kind.
    """
    summary = StageSummary(out, running)
    options = MaskOptions(strategy, rules, max_length, packed, seed, clusters, mask_token)
    manifest = mask_corpus(corpus, tokenizer, out, options, running)
    rows = manifest.counts.details.get("rows", {})
    counts = (
        f"{sum(rows.values()):,} rows in {len(rows)} languages, from "
        f"{manifest.counts.tally('sentences').written:,} sentences "
        f"(sentences dropped: {dropped(manifest, 'sentences')}"
    )
    if "entities" in manifest.counts.tallies:
        counts += f"; entities dropped: {dropped(manifest, 'entities')}"
    summary.tell(manifest, counts + ")")
