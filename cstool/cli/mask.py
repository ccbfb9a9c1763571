"""`cstool mask`."""

from pathlib import Path
from typing import get_args

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.execution.options import RunOptions
from cstool.masking.strategies import RuleSource
from cstool.stages.mask.stage import NAMES, MaskOptions, mask_corpus
from cstool.storage.schemas import TALLIES

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
    help=f"Strategy: {', '.join(NAMES)}.",
)
@output("the training examples")
@click.option(
    "--rules",
    type=click.Choice(get_args(RuleSource)),
    default=MaskOptions.rules,
    show_default=True,
    help="Which to follow where the EntityCS paper and code differ. pep-ms leaves 20% of entity "
    "tokens unchanged; paper: half of those are prediction targets; code: all are.",
)
@click.option(
    "--max-length",
    type=click.IntRange(1),
    default=MaskOptions.max_length,
    show_default=True,
    metavar="N",
    help="Maximum number of tokens per row, including special tokens. Longer sentences lose their "
    "end; paragraphs and pages are cut into windows, between sentences if possible. An entity that "
    "is cut no longer counts as an entity.",
)
@click.option("--packed", is_flag=True, help="Pack several sentences into each row.")
@click.option(
    "--seed", default=MaskOptions.seed, show_default=True, help="Random seed for selecting tokens."
)
@click.option(
    "--clusters",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="For c-rts: a file with the cluster number of each vocabulary token, one per line.",
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
    """Create training examples from a corpus.

    CORPUS: output folder of `cstool shard`, or of `cstool mix` without folders of `cstool pair`.

    mlm (masked language modeling) selects 15% of all tokens, wep (whole entity prediction) selects
    whole entities, and the pep strategies (partial entity prediction; m, r, s: mask, random, same)
    select tokens within entities. Most selected tokens are masked. Adding +mlm halves the
    proportion of entities selected and also selects 15% of the tokens outside entities.

    rts (random token substitution), c-rts (cluster-based rts) and slm (swapped language modeling)
    replace 15% of all tokens. The labels of rts and c-rts are 1 for replaced and 0 for other
    tokens; those of slm are the original tokens.

    input-only (causal language modeling) predicts the source text: words and names are switched in
    the input only. The label of the first token of a switched span is the first token of the
    original one, and its other tokens are not prediction targets.

    pairs-paragraph and pairs-page create pairs of sentences, labeled by whether both are from the
    same paragraph or page.

    Writes data/<language>/<split>-….parquet, or for a mixture data/<stage>/…, with the columns ids,
    language, input_ids, labels (-100: not predicted), attention_mask, entity_ids and qids. The
    columns of pairs are ids, language, input_ids, token_type_ids, attention_mask, label and kind.
    """
    summary = StageSummary(out, running)
    options = MaskOptions(strategy, rules, max_length, packed, seed, clusters, mask_token)
    manifest = mask_corpus(corpus, tokenizer, out, options, running)
    rows = manifest.counts.details.get("rows", {})
    units = next(unit for unit in TALLIES.values() if unit in manifest.counts.tallies)
    examples = "sentences" if units == "sentences" else "windows"
    counts = (
        f"{sum(rows.values()):,} rows in {len(rows)} languages, from "
        f"{manifest.counts.tally(units).written:,} {units} "
        f"({examples} dropped: {dropped(manifest, examples)}"
    )
    if "entities" in manifest.counts.tallies:
        counts += f"; entities dropped: {dropped(manifest, 'entities')}"
    summary.write(manifest, counts + ")")
