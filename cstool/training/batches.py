"""Rows → padded arrays: the collator without PyTorch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import U64, mix
from cstool.errors import InputError
from cstool.masking.clusters import Clusters
from cstool.masking.draw import NOT_PREDICTED, mask, sentence_keys
from cstool.masking.strategies import Strategy
from cstool.masking.tokens import Spans, tokenize
from cstool.masking.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CorpusRow = Mapping[str, Any]

_OF_CORPUS = ("id", "language", "text", "entities")


@dataclass(frozen=True)
class Padding:
    """What stands behind a row's end: the pad token; lengths are multiples of `multiple`."""

    token: int
    multiple: int = 1


@dataclass(frozen=True)
class Masking:
    """What is drawn for rows of a corpus; see `strategies`. `originals`: keep what was before."""

    tokenizer: "Tokenizer"
    vocabulary: Vocabulary
    strategy: Strategy
    clusters: Clusters | None
    max_length: int
    originals: bool


def are_masked(rows: Sequence[CorpusRow]) -> bool:
    """Whether they are rows of `cstool mask`, not of a corpus. Raises InputError for others."""
    if not rows:
        raise InputError("a batch without rows")
    masked = sum("labels" in row for row in rows)
    if masked == len(rows):
        return True
    if masked:
        raise InputError("a batch mixes rows of a corpus with rows of `cstool mask`; give one kind")
    if "token_type_ids" in rows[0]:
        raise InputError("rows are of pairs; transformers' DataCollatorWithPadding pads them")
    if missing := [name for name in _OF_CORPUS if any(name not in row for row in rows)]:
        raise InputError(
            f"rows have no {', '.join(missing)}: they are none of a corpus, or the Trainer dropped "
            "columns; give its arguments remove_unused_columns=False"
        )
    return False


def row_keys(rows: Sequence[CorpusRow], seed: int, epoch: int) -> U64:
    """Return what each row's lots are drawn from: in epoch 0 the same as in `cstool mask`."""
    ids = np.array([row["id"] for row in rows], np.int64)
    return sentence_keys(ids, [row["language"] for row in rows], seed, epoch)


def batch_keys(keys: U64) -> U64:
    """Return other keys, which depend on all of the batch and on the place in it.

    A sentence that comes again within an epoch, as smoothing wants, is then masked otherwise.
    """
    places = np.arange(len(keys), dtype=np.uint64)
    batch = np.bitwise_xor.reduce(mix(keys + places))
    return mix(keys ^ mix(batch + places))


def masked_rows(rows: Sequence[CorpusRow], masking: Masking, keys: U64) -> list[dict[str, Array]]:
    """Mask rows of a corpus (`id`, `language`, `text`, `entities`), drawing from these keys."""
    entities = [sorted(row["entities"], key=itemgetter("start")) for row in rows]
    counts = [len(some) for some in entities]
    sentence = np.repeat(np.arange(len(rows)), counts)
    start, end = (
        np.array([entity[name] for some in entities for entity in some], np.int64)
        for name in ("start", "end")
    )
    spans = Spans(sentence, start, end)
    texts = [row["text"] for row in rows]
    found = tokenize(masking.tokenizer, masking.vocabulary, texts, spans, masking.max_length)
    made = mask(found.tokens, keys, masking.strategy, masking.vocabulary, masking.clusters)
    flat = {"input_ids": made.input_ids, "labels": made.labels}
    if masking.originals:
        flat["original_ids"] = found.tokens.ids
    bounds = pairwise(found.tokens.firsts)
    return [{name: array[a:b] for name, array in flat.items()} for a, b in bounds]


def padded(rows: Sequence[CorpusRow], padding: Padding) -> dict[str, Array]:
    """Return `input_ids`, `labels` and `attention_mask` of the rows as arrays of equal lengths.

    And `original_ids`, what `input_ids` were before masking, where the rows have them.
    """
    sizes = [len(row["input_ids"]) for row in rows]
    width = -(-max(sizes) // padding.multiple) * padding.multiple
    filled = {"input_ids": padding.token, "labels": NOT_PREDICTED, "attention_mask": 0}
    filled |= {"original_ids": padding.token} if "original_ids" in rows[0] else {}
    arrays = {name: np.full((len(rows), width), by, np.int64) for name, by in filled.items()}
    for place, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        for name, array in arrays.items():
            array[place, :size] = 1 if name == "attention_mask" else row[name]
    return arrays
