"""Pieces of text with others in place of some: the compiled version and that in Python."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.arrays.arrow import strings
from cstool.arrays.replaced import PieceRows, replaced, replaced_in_python

COMPILED = pytest.mark.skipif(replaced is replaced_in_python, reason="not compiled")
TEXTS = st.text("aé東", max_size=3)


def rows_of(*rows: tuple[int, int, list[tuple[int, int]]]) -> PieceRows:
    """Return rows from the first piece of each, their number, and (piece, name) of some."""
    changes = [change for _, _, of in rows for change in of]
    columns = [
        [first for first, _, _ in rows],
        [count for _, count, _ in rows],
        [len(of) for _, _, of in rows],
        [place for place, _ in changes],
        [name for _, name in changes],
    ]
    return PieceRows(*(np.array(column, np.int64) for column in columns))


@given(st.data())
def test_compiled_and_python_join_the_same_texts(data: st.DataObject) -> None:
    pieces, names = (data.draw(st.lists(TEXTS, min_size=1, max_size=6)) for _ in range(2))
    rows, expected = [], []
    for _ in range(data.draw(st.integers(0, 4))):
        first = data.draw(st.integers(0, len(pieces)))
        count = data.draw(st.integers(0, len(pieces) - first))
        some = data.draw(st.sets(st.integers(first, first + count - 1))) if count else set()
        changes = [(at, data.draw(st.integers(0, len(names) - 1))) for at in sorted(some)]
        rows.append((first, count, changes))
        row = pieces[first : first + count]
        for at, name in changes:
            row[at - first] = names[name]
        expected.append("".join(row))
    # Slices, whose offsets do not begin at 0.
    columns = strings(["é", *pieces]).slice(1), strings(["東", *names]).slice(1)
    for join in (replaced, replaced_in_python):
        assert join(*columns, rows_of(*rows)).to_pylist() == expected


@COMPILED
@pytest.mark.parametrize(
    "row",
    [
        (-1, 1, []),
        (0, -1, []),
        (0, 4, []),
        (4, 0, []),
        (0, 2**63 - 1, []),
        (0, 2, [(2, 0)]),
        (1, 2, [(0, 0)]),
        (0, 3, [(1, 0), (1, 0)]),
        (0, 3, [(0, 1)]),
        (0, 3, [(0, -1)]),
    ],
)
def test_an_index_outside_its_column_is_refused(
    row: tuple[int, int, list[tuple[int, int]]],
) -> None:
    with pytest.raises(ValueError, match="outside its column"):
        replaced(pa.array(["a", "b", "c"]), pa.array(["x"]), rows_of((0, 1, []), row))


@COMPILED
@pytest.mark.parametrize("number", [-1, 2])
def test_a_wrong_number_of_places_is_refused(number: int) -> None:
    rows = rows_of((0, 1, [(0, 0)]))._replace(replaced=np.array([number]))
    with pytest.raises(ValueError, match="outside its column"):
        replaced(pa.array(["a"]), pa.array(["x"]), rows)


@COMPILED
def test_columns_of_more_than_2_gb_are_refused() -> None:
    rows = rows_of(*[(0, 1, [])] * 2049)
    with pytest.raises(OverflowError, match="2 GB"):
        replaced(pa.array(["a" * 2**20]), pa.array(["x"]), rows)
