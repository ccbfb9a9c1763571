"""The format `megatron`: a file of token ids and an index, as Megatron-LM preprocesses them.

Layout and number types are those of `IndexedDataset` in Megatron-core 0.16
(github.com/NVIDIA/Megatron-LM, megatron/core/datasets/indexed_dataset.py: `_IndexWriter`,
`DType.optimal_dtype`). A third file, which Megatron does not read, has the samples of each
sequence.
"""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.formats.encode_texts import read_encoder
from cstool.formats.format_options import FormatOptions
from cstool.formats.packing import Sequences
from cstool.formats.token_sequences import (
    UNIQUE_OF_SAMPLES,
    sample_lists,
    samples_of,
    sequences_of,
)
from cstool.formats.written_files import Destination, new_file
from cstool.storage.checksums import PartWriter, layout_of
from cstool.storage.counts import Counts
from cstool.storage.manifest import Part

# Not `.parquet`: libraries that read all Parquet files of a folder would take it for the corpus.
SAMPLES_SUFFIX = "samples.pq"
_HEADER = b"MMIDIDX\x00\x00"
_VERSION = 1
# By number type: its code in the index.
_CODES = {np.dtype("<i4"): 4, np.dtype("<u2"): 8}
# Vocabularies of fewer tokens are written in two bytes a token.
_TWO_BYTES_BELOW = 65_500


def write_megatron(
    tables: Iterable[pa.Table], destination: Destination, options: FormatOptions, counts: Counts
) -> list[Part]:
    """Write the sequences of rows as `.bin`, `.idx` and `.samples.pq`; return these files."""
    assert options.tokenizer is not None
    type_ = token_type(read_encoder(options.tokenizer, options.document_end).size)
    parts: list[Part] = []
    base = f"data/{destination.name}"
    with (
        new_file(destination.out, f"{base}.{SAMPLES_SUFFIX}", parts) as (samples, rows),
        new_file(destination.out, f"{base}.idx", parts) as (index, _),
        new_file(destination.out, f"{base}.bin", parts) as (data, data_rows),
    ):
        lengths = _write_sequences(sequences_of(tables, options, counts), data, samples, type_)
        index.write_bytes(index_of(lengths, type_))
        rows.append(len(lengths))
        data_rows.append(len(lengths))
    return parts  # the data file first: it is complete before the others


def _write_sequences(
    sequences: Iterator[Sequences], data: Path, samples: Path, type_: "np.dtype[Any]"
) -> Array:
    """Write the tokens and the samples of sequences; return the length of each, int32[s]."""
    lengths = [np.zeros(0, np.int32)]
    writer: PartWriter | None = None
    with data.open("wb") as out:
        try:
            for made in sequences:
                out.write(made.ids.astype(type_).data)
                lengths.append(np.diff(made.ends, prepend=0).astype(np.int32))
                schema = pa.schema([sample_lists(made.rows.schema)])
                if writer is None:
                    writer = PartWriter(samples, schema, layout_of(schema, UNIQUE_OF_SAMPLES))
                if len(made.ends):
                    writer.write(pa.table([samples_of(made)], schema=schema))
            assert writer is not None
            writer.close()
        finally:
            if writer is not None:
                writer.abort()
    return np.concatenate(lengths)


def token_type(size: int) -> "np.dtype[Any]":
    """Return the number type of the tokens of a vocabulary, as Megatron chooses it."""
    return np.dtype("<u2" if size < _TWO_BYTES_BELOW else "<i4")


def index_of(lengths: Array, type_: "np.dtype[Any]") -> bytes:
    """Return the index of sequences, each of which is a document; `lengths`: int[s].

    Little-endian: the header, the version (8 bytes), the code of the number type (1 byte), the
    numbers of sequences and of document bounds (8 bytes each); for each sequence, its length
    (int32), then for each the byte where it begins (int64); the document bounds: the index of the
    first sequence of each document, and the number of sequences (int64).
    """
    begins = np.cumsum(lengths, dtype=np.int64) - lengths
    bounds = np.arange(len(lengths) + 1)
    return b"".join(
        [
            _HEADER,
            struct.pack("<QBQQ", _VERSION, _CODES[type_], len(lengths), len(bounds)),
            lengths.astype("<i4").tobytes(),
            (begins * type_.itemsize).astype("<i8").tobytes(),
            bounds.astype("<i8").tobytes(),
        ]
    )
