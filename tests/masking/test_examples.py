"""Several sentences in one row."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cstool.masking.examples import entity_numbers, of_sentences, one_a_row, packed
from cstool.masking.tokens import Tokens

sentences = st.lists(
    st.lists(st.integers(0, 3), min_size=1, max_size=9).map(
        lambda row: [*np.unique([0, *row], return_inverse=True)[1][1:].tolist()]
    ),
    max_size=30,
)


def tokens_of(rows: list[list[int]]) -> Tokens:
    flat = np.array([n for row in rows for n in row], np.int32)
    return Tokens(np.arange(len(flat)), np.cumsum([0, *map(len, rows)]), flat)


@given(rows=sentences, longest=st.integers(9, 20))
def test_rows_are_full_and_no_sentence_is_cut(rows: list[list[int]], longest: int) -> None:
    tokens = tokens_of(rows)
    made = packed(tokens, longest)
    sizes = np.diff(made.tokens)
    assert made.sentences.sum() == len(rows)
    assert (sizes <= longest).all()
    lengths = [len(row) for row in rows]
    at = 0
    for number, size in zip(made.sentences, sizes, strict=True):
        assert size == sum(lengths[at : at + number])
        at += int(number)
        if at < len(rows):  # the next one had no room
            assert size + lengths[at] > longest


@given(rows=sentences, longest=st.integers(9, 20))
def test_entities_are_numbered_through_a_row(rows: list[list[int]], longest: int) -> None:
    tokens = tokens_of(rows)
    of_sentence = np.array([max(row) for row in rows], np.int64)
    for made in (packed(tokens, longest), one_a_row(tokens)):
        found = entity_numbers(tokens, made, of_sentence)
        at = token = 0
        for number in made.sentences:
            before = 0
            for row in rows[at : at + number]:
                expected = [n + before if n else 0 for n in row]
                assert found[token : token + len(row)].tolist() == expected
                before += max(row)
                token += len(row)
            at += int(number)


@given(rows=sentences, seed=st.integers(0, 99))
def test_dropped_sentences_do_not_change_the_others(rows: list[list[int]], seed: int) -> None:
    kept = np.random.default_rng(seed).random(len(rows)) < 0.5
    left = of_sentences(tokens_of(rows), kept)
    some = [row for row, keep in zip(rows, kept, strict=True) if keep]
    assert left.entities.tolist() == [n for row in some for n in row]
    assert np.diff(left.firsts).tolist() == [len(row) for row in some]
