"""Tokens of pairs of texts, [CLS] A [SEP] B [SEP], from texts that are tokenized once.

A sentence is part of ten pairs, and tokenizing takes most of the time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import ranges
from cstool.masking.tokens import flat_ids
from cstool.masking.vocabulary import text_with_tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer


_AT_ONCE = 4096
# The pieces of a pair, in order.
_HEAD, _FIRST, _MIDDLE, _SECOND, _TAIL = range(5)


@dataclass(frozen=True)
class PairFrame:
    """The tokens that a tokenizer adds to two texts (before, between, after), and their type ids.

    `of_texts`: the type ids of the first text's tokens and of the second's.
    """

    tokens: tuple[Array, Array, Array]
    types: tuple[Array, Array, Array]
    of_texts: tuple[int, int]

    @property
    def size(self) -> int:
        """The number of added tokens."""
        return sum(map(len, self.tokens))

    @classmethod
    def of(cls, tokenizer: "Tokenizer") -> "PairFrame":
        """Read the frame of a tokenizer, which must not truncate or pad."""
        text = text_with_tokens(tokenizer)
        pair = tokenizer.encode(text, text)
        indices = [[i for i, of in enumerate(pair.sequence_ids) if of == n] for n in (0, 1)]
        ids, types = np.array(pair.ids, np.int32), np.array(pair.type_ids, np.int8)
        (begin, end), (again, last) = ((some[0], some[-1] + 1) for some in indices)
        head, middle, tail = slice(begin), slice(end, again), slice(last, None)
        return cls(
            (ids[head], ids[middle], ids[tail]),
            (types[head], types[middle], types[tail]),
            (int(types[begin]), int(types[again])),
        )


@dataclass(frozen=True)
class PairTexts:
    """Tokens of the frame and of some texts; `firsts`: start of each text, and the end."""

    frame: PairFrame
    ids: Array
    firsts: Array

    @classmethod
    def of(cls, tokenizer: "Tokenizer", frame: PairFrame, texts: list[str]) -> "PairTexts":
        """Tokenize texts, without special tokens."""
        batches = (texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE))
        encoded = [
            flat_ids(tokenizer.encode_batch(batch, add_special_tokens=False)) for batch in batches
        ]
        sizes = np.concatenate([np.array([frame.size]), *(sizes for _, sizes in encoded)])
        return cls(frame, np.concatenate([*frame.tokens, *(i for i, _ in encoded)]), sizes.cumsum())


@dataclass(frozen=True)
class PairRows:
    """Rows of tokens, concatenated, their type ids, and the number of tokens in each row."""

    ids: Array
    types: Array
    sizes: Array


def pair_rows(texts: PairTexts, first: Array, second: Array, longest: int) -> PairRows:
    """Return pairs of texts, given by their indices, as rows of at most `longest` tokens."""
    frame, number = texts.frame, len(first)
    sizes = np.diff(texts.firsts)
    head, middle, tail = map(len, frame.tokens)
    begins = np.empty((number, 5), np.int64)
    begins[:, [_HEAD, _MIDDLE, _TAIL]] = 0, head, head + middle
    begins[:, _FIRST], begins[:, _SECOND] = texts.firsts[first], texts.firsts[second]
    lengths = np.empty((number, 5), np.int64)
    lengths[:, [_HEAD, _MIDDLE, _TAIL]] = head, middle, tail
    lengths[:, _FIRST], lengths[:, _SECOND] = _cut(
        sizes[first], sizes[second], longest - frame.size
    )
    indices = ranges(begins.ravel(), lengths.ravel())
    types = np.concatenate([*frame.types, np.zeros(1, np.int8)])
    of_frame = types[np.minimum(indices, frame.size)]
    of_text = np.zeros(5, np.int8)
    of_text[[_FIRST, _SECOND]] = frame.of_texts
    of_piece = np.repeat(np.tile(of_text, number), lengths.ravel())
    return PairRows(texts.ids[indices], of_frame + of_piece, lengths.sum(1))


def _cut(one: Array, other: Array, longest: int) -> tuple[Array, Array]:
    """Return how many tokens of each text are kept, as truncated by tokenizers' "longest_first".

    (huggingface/tokenizers, src/utils/truncation.rs, truncate_encodings.) The longer text loses its
    last tokens; if the shorter one has more than half, both keep half, and the longer the odd
    token.
    """
    short = np.minimum(np.minimum(one, other), longest // 2)
    long = np.minimum(np.maximum(one, other), longest - short)
    swapped = one > other
    return np.where(swapped, long, short), np.where(swapped, short, long)
