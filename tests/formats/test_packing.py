"""Packed sequences are the tokens of the samples, in order, each exactly once."""

from itertools import accumulate, chain, pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.formats.encode_texts import TokenLists
from cstool.formats.packing import Packer, Sequences

Samples = list[list[int]]
# In tables, each with the samples' lengths; tokens are numbered, so that each occurs once.
TABLES = st.lists(st.lists(st.integers(1, 12), max_size=6), max_size=6)
SIZES = st.one_of(st.none(), st.integers(2, 9))


class Piece(NamedTuple):
    """A piece of a sample."""

    sample: int
    start: int
    end: int
    offset: int


class Packed(NamedTuple):
    """Sequences, the pieces in each, and the number of samples cut."""

    sequences: Samples
    pieces: list[list[Piece]]
    cut: int


def joined(lists: list[list[int]]) -> list[int]:
    return [*chain.from_iterable(lists)]


def samples_of(lengths: list[int]) -> Samples:
    ends = [*accumulate(lengths)]
    return [[*range(end - n, end)] for n, end in zip(lengths, ends, strict=True)]


def packed(tables: list[list[int]], size: int | None, *, whole: bool) -> Packed:
    packer = Packer(size, whole=whole)
    made: list[Sequences] = []
    tokens = samples = 0
    for lengths in tables:
        number = sum(lengths)
        ids = np.arange(tokens, tokens + number, dtype=np.int32)
        rows = pa.table({"id": pa.array(range(samples, samples + len(lengths)), pa.int64())})
        made.append(packer.add(rows, TokenLists(ids, np.cumsum(lengths, dtype=np.int64))))
        tokens, samples = tokens + number, samples + len(lengths)
    last = packer.finish()
    made += [last] if last else []
    return Packed(
        [part.tolist() for one in made for part in np.split(one.ids, one.ends)[:-1]],
        [pieces for one in made for pieces in pieces_of(one)],
        sum(one.cut for one in made),
    )


def pieces_of(made: Sequences) -> list[list[Piece]]:
    sample, start, end, offset, ends = made.pieces
    ids = made.rows.column("id").to_numpy()[sample]
    columns = (column.tolist() for column in (ids, start, end, offset))
    pieces = [Piece(*piece) for piece in zip(*columns, strict=True)]
    bounds = [0, *ends.tolist()]
    return [pieces[a:b] for a, b in pairwise(bounds)]


def one_by_one(samples: Samples, size: int | None, *, whole: bool) -> Samples:
    """Pack as described, a token at a time."""
    if size is None:
        return samples
    sequences: Samples = [[]]
    for sample in samples:
        if whole and len(sequences[-1]) + len(sample) > size:
            sequences.append([])
        for token in sample:
            if len(sequences[-1]) == size:
                sequences.append([])
            sequences[-1].append(token)
    return [sequence for sequence in sequences if sequence]


@given(tables=TABLES, size=SIZES, whole=st.booleans())
def test_sequences_are_those_of_the_description(
    tables: list[list[int]], size: int | None, whole: bool
) -> None:
    samples = samples_of(joined(tables))
    assert packed(tables, size, whole=whole).sequences == one_by_one(samples, size, whole=whole)


@given(tables=TABLES, size=SIZES, whole=st.booleans())
def test_sequences_joined_are_the_samples_joined_and_none_is_too_long(
    tables: list[list[int]], size: int | None, whole: bool
) -> None:
    sequences = packed(tables, size, whole=whole).sequences
    assert joined(sequences) == [*range(sum(map(sum, tables)))]
    assert all(0 < len(sequence) <= (size or 12) for sequence in sequences)
    if size and not whole:
        assert all(len(sequence) == size for sequence in sequences[:-1])


@given(tables=TABLES, size=SIZES, whole=st.booleans())
def test_pieces_cover_each_token_once_and_say_where_it_is_in_its_sample(
    tables: list[list[int]], size: int | None, whole: bool
) -> None:
    samples = samples_of(joined(tables))
    made = packed(tables, size, whole=whole)
    for sequence, pieces in zip(made.sequences, made.pieces, strict=True):
        assert [piece.start for piece in pieces] == [0, *(piece.end for piece in pieces[:-1])]
        assert pieces[-1].end == len(sequence)
        for sample, start, end, offset in pieces:
            assert sequence[start:end] == samples[sample][offset : offset + end - start]
            assert start < end


@given(tables=TABLES, size=st.integers(2, 9), whole=st.booleans())
def test_with_whole_samples_only_longer_ones_are_cut(
    tables: list[list[int]], size: int, whole: bool
) -> None:
    made = packed(tables, size, whole=whole)
    cut = {piece.sample for pieces in made.pieces for piece in pieces if piece.offset}
    assert made.cut == len(cut)
    if whole:
        assert cut == {i for i, length in enumerate(joined(tables)) if length > size}


@given(tables=TABLES, size=SIZES, whole=st.booleans())
def test_the_division_into_tables_makes_no_difference(
    tables: list[list[int]], size: int | None, whole: bool
) -> None:
    together = packed([joined(tables)], size, whole=whole)
    assert packed(tables, size, whole=whole) == together


@pytest.mark.parametrize("whole", [True, False])
def test_a_sample_of_many_sequences_leaves_its_rest_to_the_next(whole: bool) -> None:
    made = packed([[1, 9], [2]], 4, whole=whole)
    lengths = [len(sequence) for sequence in made.sequences]
    assert lengths == ([1, 4, 4, 3] if whole else [4, 4, 4])
    assert made.cut == 1
