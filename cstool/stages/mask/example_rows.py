"""Training examples as rows, and their counts."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, numbers
from cstool.masking.draw import KEPT, MASKED, RANDOM, MaskedTokens
from cstool.masking.examples import RowLayout, entity_numbers
from cstool.masking.tokens import Tokenized, Tokens
from cstool.masking.vocabulary import Vocabulary
from cstool.storage.counts import Counts, Tally
from cstool.storage.schemas import EXAMPLES


def table_of(
    rows: RowLayout,
    sentences: tuple[Array, pa.Array],
    languages: Sequence[str],
    tokens: Tokens,
    masked: MaskedTokens,
    qids: pa.Array,
    of_sentence: Array,
) -> pa.RecordBatch:
    """Return the examples.

    `sentences`: the id and the wiki of each sentence. `qids`: of its entities, null for words.
    """
    sentence_ends = np.cumsum(rows.sentences)
    in_row = np.concatenate([[0], np.cumsum(of_sentence)])[np.concatenate([[0], sentence_ends])]
    sizes = np.diff(rows.tokens)
    ids, wikis = sentences
    lists = (
        (rows.sentences, numbers(ids)),
        None,
        (sizes, numbers(masked.input_ids)),
        (sizes, numbers(masked.labels)),
        (sizes, numbers(np.ones(len(tokens.ids), np.int8))),
        (sizes, numbers(entity_numbers(tokens, rows, of_sentence))),
        (np.diff(in_row), qids),
        (rows.sentences, wikis),
    )
    first = sentence_ends - rows.sentences
    columns = [
        pa.array([languages[i] for i in first], pa.string())
        if one is None
        else list_of(one[0], one[1], field.type)
        for one, field in zip(lists, EXAMPLES, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EXAMPLES)


def count_read(sentences: Tally, used: Array, entities: Tally, tokenized: Tokenized) -> None:
    """Count sentences and their entities; `used`: bool[sentences], which give examples."""
    kept, cut = tokenized.kept, tokenized.cut
    sentences.keep(int(used.sum()))
    sentences.drop("no entity to predict", int((~used).sum()))
    entities.keep(int(kept.sum()))
    entities.drop("cut at --max-length", int(cut.sum()))
    entities.drop("no token of its own", int((~kept & ~cut).sum()))


def count_written(
    examples: pa.RecordBatch,
    tokens: Tokens,
    masked: MaskedTokens,
    vocabulary: Vocabulary,
    counts: Counts,
) -> None:
    """Count the tokens of examples, by what happened to them, and rows by language."""
    special = int(vocabulary.special[tokens.ids].sum())
    fates = np.bincount(masked.fates, minlength=4)
    counts.add(
        "tokens",
        {
            "special": special,
            "masked": int(fates[MASKED]),
            "replaced": int(fates[RANDOM]),
            "kept and predicted": int(fates[KEPT]),
            "left alone": len(tokens.ids) - special - int(fates[1:].sum()),
        },
    )
    inside = tokens.entities > 0
    counts.add(
        "tokens of entities",
        {"all": int(inside.sum()), "drawn": int((masked.fates[inside] > 0).sum())},
    )
    for code, number in zip(*examples.column("language").value_counts().flatten(), strict=True):
        counts.add("rows", {code.as_py(): number.as_py()})
