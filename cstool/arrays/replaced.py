"""Join pieces of text with others in place of some, for whole columns."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, numbers, ranges
from cstool.arrays.codepoints import bytes_of

try:
    from cstool.arrays import _replaced as compiled
except ImportError:
    compiled = None  # type: ignore[assignment]


class PieceRows(NamedTuple):
    """Rows of consecutive pieces, some of which are replaced; all are int64 arrays.

    For each row: `first`, the index of its first piece; `count`, the number of its pieces;
    `replaced`, how many of them are replaced. For all replaced pieces, row by row and in order:
    `place`, their index; `which`, the index of the name in their place.
    """

    first: Array
    count: Array
    replaced: Array
    place: Array
    which: Array


def replaced(pieces: pa.StringArray, names: pa.StringArray, rows: PieceRows) -> pa.StringArray:
    """Return the text of each row: its pieces, joined, with names in place of some.

    Raises OverflowError or pa.ArrowInvalid above 2 GB of UTF-8.
    """
    if compiled is None:
        return replaced_in_python(pieces, names, rows)
    offsets, text = compiled.replaced(*bytes_of(pieces), *rows, *bytes_of(names))
    return pa.StringArray.from_buffers(len(rows.first), pa.py_buffer(offsets), pa.py_buffer(text))


def replaced_in_python(
    pieces: pa.StringArray, names: pa.StringArray, rows: PieceRows
) -> pa.StringArray:
    """Return the same as `replaced`."""
    piece = ranges(rows.first, rows.count)
    row = np.repeat(np.arange(len(rows.first)), rows.replaced)
    begins = np.cumsum(rows.count) - rows.count
    piece[begins[row] + rows.place - rows.first[row]] = len(pieces) + rows.which
    joined = pa.concat_arrays([pieces, names]).take(numbers(piece))
    return pc.binary_join(list_of(rows.count, joined, pa.list_(pa.string())), "")
