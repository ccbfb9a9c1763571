"""Arrange the tokens of sentences in rows: sentences left out, and several sentences in a row."""

from dataclasses import dataclass

import numpy as np

from cstool.arrays import Array
from cstool.masking.tokens import Tokens


def of_sentences(tokens: Tokens, kept: Array) -> Tokens:
    """Return the tokens of the sentences for which `kept` (bool[sentences]) is true."""
    if kept.all():
        return tokens
    sizes = np.diff(tokens.firsts)
    selected = np.repeat(kept, sizes)
    firsts = np.concatenate([[0], np.cumsum(sizes[kept])])
    return Tokens(tokens.ids[selected], firsts, tokens.entities[selected])


@dataclass(frozen=True)
class RowLayout:
    """How sentences are arranged in rows.

    `sentences`: int64[rows], the number of sentences in each row; `tokens`: int64[rows + 1], the
    index of each row's first token, and the number of tokens.
    """

    sentences: Array
    tokens: Array


def one_a_row(tokens: Tokens) -> RowLayout:
    """Return a layout with one sentence in each row."""
    return RowLayout(np.ones(len(tokens.firsts) - 1, np.int64), tokens.firsts)


def packed(tokens: Tokens, longest: int) -> RowLayout:
    """Put as many sentences into each row as fit, in order; no sentence is cut."""
    ends, firsts, last = [0], tokens.firsts, len(tokens.firsts) - 1
    while ends[-1] < last:
        fit = int(np.searchsorted(firsts, firsts[ends[-1]] + longest, side="right")) - 1
        ends.append(max(fit, ends[-1] + 1))
    bounds = np.array(ends)
    return RowLayout(np.diff(bounds), firsts[bounds])


def entity_numbers(tokens: Tokens, rows: RowLayout, of_sentence: Array) -> Array:
    """Return each token's entity as a number in its row; `of_sentence`: entities per sentence."""
    before = np.cumsum(of_sentence) - of_sentence
    row_firsts = np.cumsum(rows.sentences) - rows.sentences
    shift = before - np.repeat(before[row_firsts], rows.sentences) if len(before) else before
    numbers = tokens.entities + np.repeat(shift, np.diff(tokens.firsts))
    return np.where(tokens.entities > 0, numbers, 0).astype(np.int32)
