"""The format `tokens`: Parquet with the token ids of sequences, and the samples in each."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import numbers
from cstool.formats.format_options import FormatOptions
from cstool.formats.token_sequences import sample_lists, samples_of, sequences_of
from cstool.storage.counts import Counts

INPUT_IDS = pa.field("input_ids", pa.list_(pa.int32()))


def tokens_schema(rows: pa.Schema) -> pa.Schema:
    """Return the columns of the format, for rows with these columns."""
    return pa.schema([INPUT_IDS, sample_lists(rows)])


def token_tables(
    rows: Iterable[pa.Table], options: FormatOptions, counts: Counts
) -> Iterator[pa.Table]:
    """Yield the sequences of rows as tables; those of a table of rows are in one."""
    for made in sequences_of(rows, options, counts):
        offsets = np.concatenate([np.zeros(1, np.int32), made.ends.astype(np.int32)])
        ids = pa.ListArray.from_arrays(numbers(offsets), numbers(made.ids), type=INPUT_IDS.type)
        yield pa.table([ids, samples_of(made)], schema=tokens_schema(made.rows.schema))
