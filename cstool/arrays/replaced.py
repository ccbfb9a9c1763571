"""Join pieces of text with others in place of some, for whole columns."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, numbers, ranges
from cstool.arrays.codepoints import bytes_of


class PieceRows(NamedTuple):
    """Rows of consecutive pieces, some of which are replaced; all are int64 arrays.

    For each row: `first`, the index of its first piece; `length`, the number of its pieces;
    `replaced`, how many of them are replaced. For all replaced pieces, row by row and in order:
    `place`, their index; `which`, the index of the name in their place.
    """

    first: Array
    length: Array
    replaced: Array
    place: Array
    which: Array


def replaced_in_python(
    pieces: pa.StringArray, names: pa.StringArray, rows: PieceRows
) -> pa.StringArray:
    """Return the text of each row: its pieces, joined, with names in place of some.

    Raises pa.ArrowInvalid above 2 GB of UTF-8, the compiled version OverflowError.
    """
    piece = ranges(rows.first, rows.length)
    row = np.repeat(np.arange(len(rows.first)), rows.replaced)
    begins = np.cumsum(rows.length) - rows.length
    piece[begins[row] + rows.place - rows.first[row]] = len(pieces) + rows.which
    joined = pa.concat_arrays([pieces, names]).take(numbers(piece))
    return pc.binary_join(list_of(rows.length, joined, pa.list_(pa.string())), "")


def replaced_compiled(
    pieces: pa.StringArray, names: pa.StringArray, rows: PieceRows
) -> pa.StringArray:
    """Return the same as `replaced_in_python`."""
    offsets, text = _replaced.replaced(*bytes_of(pieces), *rows, *bytes_of(names))
    return pa.StringArray.from_buffers(len(rows.first), pa.py_buffer(offsets), pa.py_buffer(text))


try:
    from cstool.arrays import _replaced

    replaced = replaced_compiled
except ImportError:
    replaced = replaced_in_python
