"""The format `jsonl`: rows as JSON lines, compressed with Zstandard."""

from collections.abc import Iterable

import pyarrow as pa
import zstandard

from cstool.formats.format_options import FormatOptions
from cstool.formats.written_files import Destination, new_file
from cstool.storage.counts import Counts
from cstool.storage.manifest import Part


def write_json_lines(
    tables: Iterable[pa.Table], destination: Destination, _: FormatOptions, __: Counts
) -> list[Part]:
    """Write rows as compressed JSON lines; return the file."""
    import polars as pl  # here: a process that has imported Polars cannot be forked

    parts: list[Part] = []
    file = f"data/{destination.name}.jsonl.zst"
    with (
        new_file(destination.out, file, parts) as (path, rows),
        path.open("wb") as raw,
        zstandard.open(raw, "wb", cctx=compressor()) as out,
    ):
        for table in tables:
            frame = pl.from_arrow(table)
            assert isinstance(frame, pl.DataFrame)
            frame.write_ndjson(out)
            rows.append(table.num_rows)
    return parts


def compressor() -> zstandard.ZstdCompressor:
    """Return a compressor that writes checksums, with which readers detect damage."""
    return zstandard.ZstdCompressor(write_checksum=True)
