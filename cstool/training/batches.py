"""Convert rows to padded arrays: the collator without PyTorch."""

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
    """The padding token; lengths are multiples of `multiple`."""

    token: int
    multiple: int = 1


@dataclass(frozen=True)
class Masking:
    """How rows of a corpus are masked. `originals`: also return the ids before masking."""

    tokenizer: "Tokenizer"
    vocabulary: Vocabulary
    strategy: Strategy
    clusters: Clusters | None
    max_length: int
    originals: bool


def are_masked(rows: Sequence[CorpusRow]) -> bool:
    """Return whether the rows are of `cstool mask`; False for a corpus, else raise InputError."""
    if not rows:
        raise InputError("empty batch; give at least one row")
    masked = sum("labels" in row for row in rows)
    if masked == len(rows):
        return True
    if masked:
        raise InputError(
            "the batch has rows of a corpus and rows of `cstool mask`; give only one kind"
        )
    if "token_type_ids" in rows[0]:
        raise InputError("the rows are pairs; use transformers' DataCollatorWithPadding")
    if missing := [name for name in _OF_CORPUS if any(name not in row for row in rows)]:
        raise InputError(
            f"columns missing from the rows: {', '.join(missing)}; give rows of a corpus, and set "
            "remove_unused_columns=False in the Trainer's arguments"
        )
    return False


def row_keys(rows: Sequence[CorpusRow], seed: int, epoch: int) -> U64:
    """Return uint64[n]: each row's random key; in epoch 0 the same as in `cstool mask`."""
    ids = np.array([row["id"] for row in rows], np.int64)
    return sentence_keys(ids, [row["language"] for row in rows], seed, epoch)


def batch_keys(keys: U64) -> U64:
    """Return keys that also depend on the other rows of the batch and the position in it.

    So a sentence that occurs several times in an epoch, as with smoothing, is masked differently
    each time.
    """
    positions = np.arange(len(keys), dtype=np.uint64)
    batch = np.bitwise_xor.reduce(mix(keys + positions))
    return mix(keys ^ mix(batch + positions))


def masked_rows(rows: Sequence[CorpusRow], masking: Masking, keys: U64) -> list[dict[str, Array]]:
    """Mask rows of a corpus (`id`, `language`, `text`, `entities`) with these random keys."""
    entities = [sorted(row["entities"], key=itemgetter("start")) for row in rows]
    counts = [len(some) for some in entities]
    sentence = np.repeat(np.arange(len(rows)), counts)
    start, end = (
        np.array([entity[name] for some in entities for entity in some], np.int64)
        for name in ("start", "end")
    )
    spans = Spans(sentence, start, end)
    texts = [row["text"] for row in rows]
    tokens = tokenize(
        masking.tokenizer, masking.vocabulary, texts, spans, masking.max_length
    ).tokens
    masked = mask(tokens, keys, masking.strategy, masking.vocabulary, masking.clusters)
    flat = {"input_ids": masked.input_ids, "labels": masked.labels}
    if masking.originals:
        flat["original_ids"] = tokens.ids
    bounds = pairwise(tokens.firsts)
    return [{name: array[a:b] for name, array in flat.items()} for a, b in bounds]


def padded(rows: Sequence[CorpusRow], padding: Padding) -> dict[str, Array]:
    """Return `input_ids`, `labels` and `attention_mask` as int64[rows, width] arrays.

    And `original_ids`, the `input_ids` before masking, if the rows have them.
    """
    sizes = [len(row["input_ids"]) for row in rows]
    width = -(-max(sizes) // padding.multiple) * padding.multiple
    filled = {"input_ids": padding.token, "labels": NOT_PREDICTED, "attention_mask": 0}
    filled |= {"original_ids": padding.token} if "original_ids" in rows[0] else {}
    arrays = {name: np.full((len(rows), width), by, np.int64) for name, by in filled.items()}
    for index, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        for name, array in arrays.items():
            array[index, :size] = 1 if name == "attention_mask" else row[name]
    return arrays
