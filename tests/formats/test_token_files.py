"""The files of the formats with tokens: what they contain, whatever the rows are."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cstool.formats.corpus_formats import format_of_rows
from cstool.formats.format_megatron import index_of, token_type, write_megatron
from cstool.formats.format_options import FormatOptions
from cstool.formats.format_tokens import token_tables
from cstool.formats.written_files import Destination
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.schemas import MIX_FIELDS, SWITCHED
from tests.formats.token_files import MegatronFile, byte_level, decoded, read_megatron

TEXTS = ["The old mill.", "Fire and rain " * 9, "</s> is text", "短い", ""]
PASS = pa.field("pass", pa.uint8())


def rows(fields: list[pa.Field] = []) -> pa.Table:  # noqa: B006
    schema = pa.schema([*SWITCHED, *fields])
    numbers = {"stage": 1, "pass": 2}
    return pa.Table.from_pylist(
        [
            {
                "id": i,
                "language": "en" if i % 2 else "de",
                "text": text,
                "wiki": "enwiki",
                "entities": [],
                "corpus": "leia",
                **numbers,
            }
            for i, text in enumerate(TEXTS)
        ],
        schema,
    )


def options(folder: Path, **more: Any) -> FormatOptions:
    return FormatOptions(byte_level(folder / "t.json"), **more)


def megatron(folder: Path, table: pa.Table, chosen: FormatOptions, size: int = 2) -> MegatronFile:
    tables = [table.slice(at, size) for at in range(0, table.num_rows, size)]
    write_megatron(tables, Destination(folder, "x/train"), chosen, Counts())
    return read_megatron(f"{folder}/data/x/train")


def test_a_row_is_a_sequence_and_a_document_that_ends(tmp_path: Path) -> None:
    chosen = options(tmp_path)
    made = megatron(tmp_path, rows(), chosen)
    assert chosen.tokenizer
    texts = [decoded(chosen.tokenizer, sequence) for sequence in made.sequences]
    assert texts == [f"{text}</s>" for text in TEXTS]
    assert made.bounds == [0, 1, 2, 3, 4, 5]
    wanted = [{"id": i, "start": 0, "end": len(made.sequences[i]), "offset": 0} for i in range(5)]
    assert [{k: s[k] for k in wanted[0]} for (s,) in made.samples] == wanted


@pytest.mark.parametrize("whole", [True, False])
def test_both_formats_have_the_same_sequences_and_samples(tmp_path: Path, whole: bool) -> None:
    chosen = options(tmp_path, pack=8, whole_samples=whole)
    counts = Counts()
    tables = [*token_tables([rows()], chosen, counts)]
    tokens = pa.concat_tables(tables)
    made = megatron(tmp_path, rows(), chosen)
    assert tokens.column("input_ids").to_pylist() == made.sequences
    assert tokens.column("samples").to_pylist() == made.samples
    assert tokens.schema == format_of_rows("tokens", SWITCHED).schema
    assert counts.details["packing"]["sequences"] == len(made.sequences)
    assert sum(counts.details["tokens"].values()) == sum(map(len, made.sequences))
    assert set(counts.details["tokens"]) == {"de", "en"}


@pytest.mark.parametrize(
    ("fields", "names"),
    [([], []), ([PASS], ["pass"]), ([PASS, *MIX_FIELDS], ["corpus", "stage", "pass"])],
)
def test_samples_have_the_columns_that_say_which_row_it_is(
    tmp_path: Path, fields: list[pa.Field], names: list[str]
) -> None:
    (table, _) = token_tables([rows(fields)], options(tmp_path, pack=50), Counts())
    found = table.schema.field("samples").type.value_type
    assert [f.name for f in found] == ["id", "language", "wiki", *names, "start", "end", "offset"]
    assert table.schema == format_of_rows("tokens", pa.schema([*SWITCHED, *fields])).schema
    if fields:
        assert table.column("samples")[0].as_py()[0]["pass"] == 2


def test_the_files_do_not_depend_on_the_sizes_of_tables(tmp_path: Path) -> None:
    chosen = options(tmp_path, pack=16)
    assert megatron(tmp_path / "a", rows(), chosen, 1) == megatron(tmp_path / "b", rows(), chosen)


def test_the_data_file_is_listed_first_and_all_with_their_checksums(tmp_path: Path) -> None:
    chosen = options(tmp_path)
    parts = write_megatron([rows()], Destination(tmp_path, "x/train"), chosen, Counts())
    assert [part.file.rpartition("train.")[2] for part in parts] == ["bin", "idx", "samples.pq"]
    assert [part.rows for part in parts] == [5, 0, 5]
    assert all(part.checksum == sha256(tmp_path / part.file) for part in parts)
    assert pq.read_metadata(tmp_path / parts[2].file).num_rows == 5


@pytest.mark.parametrize(("size", "type_"), [(300, "<u2"), (65_499, "<u2"), (65_500, "<i4")])
def test_tokens_take_two_bytes_if_the_vocabulary_is_small(size: int, type_: str) -> None:
    assert token_type(size) == np.dtype(type_)


def test_sequences_begin_at_bytes_beyond_four_gigabytes() -> None:
    index = index_of(np.full(3, 2**30), np.dtype("<i4"))
    assert np.frombuffer(index, "<i8", 3, 34 + 12).tolist() == [0, 2**32, 2**33]
