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

from cstool.masking.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Array = np.ndarray[Any, Any]


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
    ids, sizes, starts, ends = _flat(encodings)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    firsts = np.concatenate([[0], np.cumsum(sizes)])
    special = vocabulary.special[ids]
    owner = _owners(spans, lengths, np.repeat(np.arange(len(texts)), sizes), starts, ends)
    owner[special] = -1
    kept = np.ones(len(ids), bool)
    if len(sizes) and sizes.max() > longest:
        position = np.arange(len(ids)) - np.repeat(firsts[:-1], sizes)
        size = np.repeat(sizes, sizes)
        kept = (position < longest - vocabulary.tail) | (position >= size - vocabulary.tail)
        kept |= size <= longest
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


def _flat(encodings: list[Any]) -> tuple[Array, Array, Array, Array]:
    """Return all tokens' numbers, each text's number of them, and all tokens' places."""
    ids, sizes = flat_ids(encodings)
    pairs = chain.from_iterable(e.offsets for e in encodings)
    offsets = np.fromiter(chain.from_iterable(pairs), np.int64, 2 * len(ids))
    return ids, sizes, offsets[::2], offsets[1::2]


def _owners(spans: Spans, lengths: Array, sentence: Array, starts: Array, ends: Array) -> Array:
    """Return the entity that each token holds a character of or lies within, -1 where none.

    Characters are counted through all texts, with one between two of them.
    """
    bases = np.concatenate([[0], np.cumsum(lengths + 1)])
    if not len(spans.start):
        return np.full(len(starts), -1, np.int64)
    entity_start = bases[spans.sentence] + spans.start
    entity_end = bases[spans.sentence] + spans.end
    base = bases[sentence]
    # The first entity that ends behind the token's first character: it is the token's if it
    # begins before the token's end.
    entity = np.searchsorted(entity_end, base + starts, side="right")
    begins = entity_start[np.minimum(entity, len(entity_start) - 1)]
    found = (entity < len(entity_start)) & (begins < base + ends)
    return np.where(found, entity, -1)


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
