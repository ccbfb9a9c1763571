"""The format `translico`: pairs of a text and its transliteration, as TransliCo is trained on them.

TransliCo (Liu et al. 2024, https://aclanthology.org/2024.acl-long.136) writes them with pandas
(github.com/cisnlp/TransliCo, preprocess_dataset.py): CSV with a header, fields in quotation marks
only where they must be, the transliteration without spaces around it. Text in Latin letters is in
it, too. Its loader (utils.py, `load_transliteration_dataset_new`) reads the file with the library
`datasets` and leaves out pairs of which a side is empty.
"""

import csv
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import one_chunk
from cstool.formats.format_options import FormatOptions
from cstool.formats.table_sizes import counted_tables
from cstool.formats.written_files import Destination, new_file
from cstool.storage.counts import Counts
from cstool.storage.manifest import Part

PAIRS_IN_LATIN = "csv"
TRANSLITERATIONS = pa.schema([("text", pa.string()), ("transliteration", pa.string())])
# The columns of rows that a pair is made of.
SIDES = ("text", "romanized")


def transliterated(rows: pa.Table) -> pa.Table:
    """Return romanized rows as pairs of a text and its transliteration."""
    texts, romanized = (one_chunk(rows.column(name)) for name in SIDES)
    return pa.table([texts, pc.utf8_trim_whitespace(romanized)], schema=TRANSLITERATIONS)


def has_empty_side(rows: pa.Table) -> Array:
    """Return bool[n]: whether the loader leaves the pair of a row out."""
    empty = np.zeros(rows.num_rows, bool)
    for column in transliterated(rows).columns:
        empty |= pc.equal(one_chunk(column), "").to_numpy(zero_copy_only=False)
    return empty


def write_translico(
    tables: Iterable[pa.Table], destination: Destination, _: FormatOptions, counts: Counts
) -> list[Part]:
    """Write romanized rows as CSV, as pandas does; return the file."""
    parts: list[Part] = []
    file = f"data/{destination.name}.{PAIRS_IN_LATIN}"
    with (
        new_file(destination.out, file, parts) as (path, rows),
        path.open("w", encoding="utf-8", newline="") as out,
    ):
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(TRANSLITERATIONS.names)
        for table in counted_tables(map(transliterated, tables), destination.split, counts):
            lines.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
            rows.append(table.num_rows)
    return parts
