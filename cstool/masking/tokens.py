"""Tokenize texts and assign tokens to entities, by the tokenizer's own offsets.

A token belongs to an entity if it contains one of its characters, whatever else it contains: a
space before it (`▁Paris`), or letters attached to it (`Pariser` as one token). So does a token
without characters between two tokens of the entity: RoBERTa's offsets leave spaces out, so a space
that is a token (`Ġ`) has none. A token with parts of two entities belongs to the first. Special
tokens belong to none; the token for unknown text (`[UNK]`) is special, too.
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
    """The tokens of some sentences, concatenated.

    `ids`: int32[n]. `firsts`: int64[sentences + 1], the index of each sentence's first token, and
    n. `entities`: int32[n], 0, or the number of the token's entity in its sentence, from 1.
    """

    ids: Array
    firsts: Array
    entities: Array

    @property
    def sentences(self) -> Array:
        """int64[n]: the index of each token's sentence."""
        return np.repeat(np.arange(len(self.firsts) - 1), np.diff(self.firsts))

    @property
    def positions(self) -> Array:
        """int64[n]: the position of each token in its sentence."""
        firsts: Array = np.repeat(self.firsts[:-1], np.diff(self.firsts))
        return np.arange(len(self.ids)) - firsts


@dataclass(frozen=True)
class Spans:
    """Entities in order: the index of the sentence, and the character offsets of start and end."""

    sentence: Array
    start: Array
    end: Array


@dataclass(frozen=True)
class Tokenized:
    """Tokens, and for each entity whether it is kept, and whether it was cut by truncation.

    `shortened`: bool[n], which texts lost tokens. `uncut`: bool[m], which of all tokens of the
    texts are left.
    """

    tokens: Tokens
    kept: Array
    cut: Array
    shortened: Array
    uncut: Array


def tokenize(
    tokenizer: "Tokenizer", vocabulary: Vocabulary, texts: list[str], spans: Spans, longest: int
) -> Tokenized:
    """Return the tokens of the texts: at most `longest` each, including special ones.

    Longer texts lose their last ordinary tokens. An entity that loses a token is dropped: its other
    tokens count as outside of entities.
    """
    return tokenize_encoded(tokenizer.encode_batch(texts), vocabulary, spans, longest)


def tokenize_encoded(
    encodings: list[Any], vocabulary: Vocabulary, spans: Spans, longest: int
) -> Tokenized:
    """Return the same as `tokenize` for texts that `tokenizers` has encoded."""
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
        sizes > longest,
        kept,
    )


def flat_ids(encodings: list[Any]) -> tuple[Array, Array]:
    """Return the ids of all tokens, concatenated, and the number of tokens of each text."""
    sizes = np.fromiter(map(len, encodings), np.int64, len(encodings))
    ids = chain.from_iterable(e.ids for e in encodings)
    return np.fromiter(ids, np.int32, int(sizes.sum())), sizes


def _owners(spans: Spans, encodings: list[Any], firsts: Array) -> Array:
    """Return int64[n]: each token's entity, -1 if it has none."""
    places = zip(spans.sentence.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True)
    ranges_ = [token_span(encodings[sentence], start, end) for sentence, start, end in places]
    low, high = np.array(ranges_, np.int64).reshape(-1, 2).T + firsts[spans.sentence]
    # A token of two entities belongs to the first.
    low[1:] = np.maximum(low[1:], np.maximum.accumulate(high)[:-1])
    sizes = np.maximum(high - low, 0)
    owner = np.full(firsts[-1], -1, np.int64)
    owner[ranges(low, sizes)] = np.repeat(np.arange(len(sizes)), sizes)
    return owner


def token_span(encoding: Any, start: int, end: int) -> tuple[int, int]:
    """Return the range of tokens of these characters: first, end (exclusive).

    Looks up the tokens at both ends, because all offsets as Python objects take longer than the
    rest of `mask`. If the tokenizer has dropped a character at an end, all offsets are needed.
    """
    first, last = encoding.char_to_token(start), encoding.char_to_token(end - 1)
    if first is None or last is None:
        offsets = enumerate(encoding.offsets)
        inside = [token for token, (low, high) in offsets if low < end and high > start]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)
    after = last + 1  # the last character may have more tokens, one for each of its bytes
    while (span := encoding.token_to_chars(after)) is not None and span[0] < end:
        after += 1
    return first, after


def _counted(kept: Array, firsts: Array) -> Array:
    """Return the index of each sentence's first token among those that are kept."""
    return np.concatenate([[0], np.cumsum(kept)])[firsts]


def _numbered(owner: Array, whole: Array, sentence: Array) -> Array:
    """Return each token's entity as a number in its sentence; only whole entities are counted."""
    if not len(whole):
        return np.zeros(len(owner), np.int32)
    counted = np.cumsum(whole)
    before = np.concatenate([[0], counted])[np.searchsorted(sentence, sentence)]
    numbers = np.where(whole, counted - before, 0)
    return np.where(owner >= 0, numbers[np.maximum(owner, 0)], 0).astype(np.int32)
