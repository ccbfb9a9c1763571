"""Texts with entities → tokens that know their entity, through the tokenizer's own offsets.

A token belongs to an entity when it holds one of its characters, whatever else it holds: a space
before it (`▁Paris`), or letters that were written onto it (`Pariser` as one token). So does a token
of no characters between two of the entity's: RoBERTa's offsets leave spaces out, so that a space
that is a token (`Ġ`) has none. Where one token holds parts of two entities it belongs to the first.
Special tokens belong to none, and so does what the tokenizer does not know (`[UNK]`): it is
special, too.
"""

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import ranges
from cstool.masking.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Tokens:
    """The tokens of some sentences, one after another.

    `firsts`: where each sentence's begin, and the end of all. `entities`: for each token 0, or
    the number of its entity in the sentence, from 1.
    """

    ids: Array
    firsts: Array
    entities: Array

    @property
    def sentences(self) -> Array:
        """The number of each token's sentence."""
        return np.repeat(np.arange(len(self.firsts) - 1), np.diff(self.firsts))

    @property
    def positions(self) -> Array:
        """The number of each token in its sentence."""
        firsts: Array = np.repeat(self.firsts[:-1], np.diff(self.firsts))
        return np.arange(len(self.ids)) - firsts


@dataclass(frozen=True)
class Spans:
    """Entities of some sentences in order: whose, and from which character to which."""

    sentence: Array
    start: Array
    end: Array


@dataclass(frozen=True)
class Tokenized:
    """Tokens, and what became of each entity: kept, cut at the end, or without a token."""

    tokens: Tokens
    kept: Array
    cut: Array


def tokenize(
    tokenizer: "Tokenizer", vocabulary: Vocabulary, texts: list[str], spans: Spans, longest: int
) -> Tokenized:
    """Return the tokens of the texts: at most `longest` each, special ones counted.

    Longer ones lose their last ordinary tokens. An entity of which a token is lost is none any
    more: its tokens are as those outside entities.
    """
    encodings = tokenizer.encode_batch(texts)
    ids, sizes = flat_ids(encodings)
    firsts = np.concatenate([[0], np.cumsum(sizes)])
    owner = _owners(spans, encodings, firsts)
    owner[vocabulary.special[ids]] = -1
    kept = np.ones(len(ids), bool)
    if len(sizes) and sizes.max() > longest:
        position = np.arange(len(ids)) - np.repeat(firsts[:-1], sizes)
        size = np.repeat(sizes, sizes)
        kept = (position < longest - vocabulary.tail) | (position >= size - vocabulary.tail)
    had = np.bincount(owner[owner >= 0], minlength=len(spans.start))
    has = np.bincount(owner[kept & (owner >= 0)], minlength=len(spans.start))
    whole = (had > 0) & (has == had)
    return Tokenized(
        Tokens(ids[kept], _counted(kept, firsts), _numbered(owner[kept], whole, spans.sentence)),
        whole,
        (had > 0) & ~whole,
    )


def flat_ids(encodings: list[Any]) -> tuple[Array, Array]:
    """Return all tokens' numbers, and each text's number of them."""
    sizes = np.fromiter(map(len, encodings), np.int64, len(encodings))
    ids = chain.from_iterable(e.ids for e in encodings)
    return np.fromiter(ids, np.int32, int(sizes.sum())), sizes


def _owners(spans: Spans, encodings: list[Any], firsts: Array) -> Array:
    """Return each token's entity, -1 where none."""
    places = zip(spans.sentence.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True)
    found = [_token_span(encodings[sentence], start, end) for sentence, start, end in places]
    low, high = np.array(found, np.int64).reshape(-1, 2).T + firsts[spans.sentence]
    low[1:] = np.maximum(low[1:], np.maximum.accumulate(high)[:-1])  # what the one before has
    sizes = np.maximum(high - low, 0)
    owner = np.full(firsts[-1], -1, np.int64)
    owner[ranges(low, sizes)] = np.repeat(np.arange(len(sizes)), sizes)
    return owner


def _token_span(encoding: Any, start: int, end: int) -> tuple[int, int]:
    """Return the tokens of these characters: the first, and the one behind the last.

    Asks for the tokens at both ends: all offsets as Python objects take longer than all else
    that `mask` does. Where the tokenizer has left out a character at an end, all are needed.
    """
    first, last = encoding.char_to_token(start), encoding.char_to_token(end - 1)
    if first is None or last is None:
        offsets = enumerate(encoding.offsets)
        inside = [token for token, (low, high) in offsets if low < end and high > start]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)
    behind = last + 1  # that of the last character's first token: it may have more, of its bytes
    while (place := encoding.token_to_chars(behind)) is not None and place[0] < end:
        behind += 1
    return first, behind


def _counted(kept: Array, firsts: Array) -> Array:
    """Return where each sentence's tokens begin among those that are kept."""
    return np.concatenate([[0], np.cumsum(kept)])[firsts]


def _numbered(owner: Array, whole: Array, sentence: Array) -> Array:
    """Return each token's entity as a number in its sentence, counting whole entities only."""
    if not len(whole):
        return np.zeros(len(owner), np.int32)
    counted = np.cumsum(whole)
    before = np.concatenate([[0], counted])[np.searchsorted(sentence, sentence)]
    numbers = np.where(whole, counted - before, 0)
    return np.where(owner >= 0, numbers[np.maximum(owner, 0)], 0).astype(np.int32)
