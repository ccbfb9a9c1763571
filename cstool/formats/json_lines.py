"""The format `jsonl`: rows as JSON lines, compressed with Zstandard.

A line has the fields `text` and `meta`, as in the Pile (Gao et al. 2020, arXiv:2101.00027; its
library lm_dataformat), which GPT-NeoX and others read.
"""

from collections.abc import Iterable
from typing import IO

import pyarrow as pa
import zstandard

from cstool.arrays.arrow import one_chunk
from cstool.formats.format_options import FormatOptions
from cstool.formats.table_sizes import counted_tables
from cstool.formats.written_files import Destination, new_file
from cstool.storage.counts import Counts
from cstool.storage.manifest import Part

LINES = "jsonl.zst"
# The field of a line with all columns but the text.
META = "meta"


def meta_schema(rows: pa.Schema) -> pa.Schema:
    """Return the columns of `with_meta`, for rows with these columns."""
    return pa.schema([("text", rows.field("text").type), (META, all_but_text_type(rows))])


def with_meta(rows: pa.Table) -> pa.Table:
    """Return the columns `text` and `meta`, a struct of all others in their order."""
    return pa.table({"text": rows.column("text"), META: all_but_text(rows)})


def all_but_text_type(rows: pa.Schema) -> pa.StructType:
    """Return the type of a struct of the columns of rows except `text`."""
    return pa.struct([field for field in rows if field.name != "text"])


def all_but_text(rows: pa.Table) -> pa.StructArray:
    """Return the columns of rows except `text` as a struct."""
    fields = [*all_but_text_type(rows.schema)]
    columns = [one_chunk(rows.column(field.name)) for field in fields]
    return pa.StructArray.from_arrays(columns, fields=fields)


def write_json_lines(
    tables: Iterable[pa.Table], destination: Destination, _: FormatOptions, counts: Counts
) -> list[Part]:
    """Write rows as compressed JSON lines, and count their bytes in memory; return the file."""
    parts: list[Part] = []
    file = f"data/{destination.name}.{LINES}"
    with (
        new_file(destination.out, file, parts) as (path, rows),
        path.open("wb") as raw,
        zstandard.open(raw, "wb", cctx=compressor()) as out,
    ):
        for table in counted_tables(map(with_meta, tables), destination.split, counts):
            put_lines(table, out)
            rows.append(table.num_rows)
    return parts


def put_lines(table: pa.Table, out: IO[bytes]) -> None:
    """Write each row as an object, in a line."""
    import polars as pl  # here: a process that has imported Polars cannot be forked

    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    frame.write_ndjson(out)


def compressor() -> zstandard.ZstdCompressor:
    """Return a compressor that writes checksums, with which readers detect damage."""
    return zstandard.ZstdCompressor(write_checksum=True)
