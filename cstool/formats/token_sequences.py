"""Makes the token sequences of a file from its rows: what all formats with tokens contain."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import flat, list_of_structs, numbers, one_chunk
from cstool.formats.encode_texts import TextEncoder, TokenLists, read_encoder
from cstool.formats.format_options import FormatOptions
from cstool.formats.packing import Packer, Sequences
from cstool.masking.vocabulary import need_library
from cstool.storage.counts import Counts

# The columns of rows that say which sample it is: those of them that the rows have.
_NAMES = ("id", "language", "wiki", "corpus", "stage", "pass")
# Where a piece of a sample is: tokens of the sequence, half-open, and tokens of the sample that
# earlier sequences contain.
_PLACE = tuple(pa.field(name, pa.uint32()) for name in ("start", "end", "offset"))
# Parquet paths of columns of `samples` whose values rarely repeat.
UNIQUE_OF_SAMPLES = tuple(
    f"samples.list.element.{name}" for name in ("id", "start", "end", "offset")
)
# A column of rows whose text has been encoded already, by the same tokenizer.
TOKEN_IDS = pa.field("token_ids", pa.list_(pa.field("element", pa.int32())))
# Details of the counts: tokens by language; numbers of packed sequences and samples.
TOKENS, PACKING = "tokens", "packing"


def sample_lists(rows: pa.Schema) -> pa.Field:
    """Return the column `samples` of sequences that are made from rows with these columns."""
    named = [rows.field(name) for name in _NAMES if name in rows.names]
    return pa.field("samples", pa.list_(pa.struct([*named, *_PLACE])))


def encoding_parameters(options: FormatOptions) -> dict[str, Any]:
    """Return the parameters of a run that writes tokens, except its input, the tokenizer.

    Raises InputError for an invalid tokenizer or one without an end of documents, CstoolError if
    the library tokenizers is missing.
    """
    assert options.tokenizer is not None
    version = need_library()
    return {
        "tokenizers": version,
        "document_end": read_encoder(options.tokenizer, options.document_end).name,
        "pack": options.pack,
        "whole_samples": options.whole_samples,
    }


def sequences_of(
    tables: Iterable[pa.Table], options: FormatOptions, counts: Counts
) -> Iterator[Sequences]:
    """Yield the sequences of rows, in order; count their tokens, and what packing did.

    Rows with the column TOKEN_IDS are not encoded again.
    """
    assert options.tokenizer is not None
    encoder = read_encoder(options.tokenizer, options.document_end)
    packer = Packer(options.pack, whole=options.whole_samples)
    for table in tables:
        tokens = _tokens_of(table, encoder)
        counts.add(TOKENS, _by_language(table, tokens))
        named = table.select([name for name in _NAMES if name in table.column_names])
        yield _counted(packer.add(named, tokens), options, counts)
    if last := packer.finish():
        yield _counted(last, options, counts)


def _tokens_of(table: pa.Table, encoder: TextEncoder) -> TokenLists:
    if TOKEN_IDS.name in table.column_names:
        offsets, ids = flat(one_chunk(table.column(TOKEN_IDS.name)))
        return TokenLists(ids.to_numpy(), offsets[1:])
    return encoder.encode(table.column("text").to_pylist())


def samples_of(sequences: Sequences) -> pa.ListArray:
    """Return the column `samples`: the pieces of samples in each sequence."""
    pieces = sequences.pieces
    type_ = sample_lists(sequences.rows.schema).type
    of_piece = sequences.rows.take(numbers(pieces.sample))
    names = [one_chunk(column) for column in of_piece.columns]
    lengths = np.diff(pieces.ends, prepend=0)
    return list_of_structs(lengths, [*names, pieces.start, pieces.end, pieces.offset], type_)


def _counted(made: Sequences, options: FormatOptions, counts: Counts) -> Sequences:
    if options.pack is not None:
        counts.add(PACKING, {"sequences": len(made.ends), "samples cut": made.cut})
    return made


def _by_language(rows: pa.Table, tokens: TokenLists) -> dict[str, int]:
    """Return the number of tokens by language."""
    codes = one_chunk(rows.column("language")).dictionary_encode()
    lengths = np.diff(tokens.ends, prepend=0)
    names = codes.dictionary.to_pylist()
    sums = np.bincount(codes.indices.to_numpy(), lengths, len(names))
    return {name: int(number) for name, number in zip(names, sums, strict=True)}
