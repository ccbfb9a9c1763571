"""The output formats of a corpus: their columns and kinds of files."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import pyarrow as pa

from cstool.errors import WrongCallError
from cstool.formats.format_dolma import (
    DOCUMENTS,
    GZIP_LINES,
    documents_schema,
    write_dolma,
)
from cstool.formats.format_entitycs import ENTITYCS, marked_up
from cstool.formats.format_megatron import write_megatron
from cstool.formats.format_mt import MT, pairs
from cstool.formats.format_options import FormatOptions
from cstool.formats.format_tokens import token_tables, tokens_schema
from cstool.formats.format_translico import PAIRS_IN_LATIN, TRANSLITERATIONS, write_translico
from cstool.formats.json_lines import LINES, meta_schema, write_json_lines
from cstool.formats.token_sequences import UNIQUE_OF_SAMPLES
from cstool.formats.written_files import FileWriter
from cstool.storage.checksums import layout_of
from cstool.storage.counts import Counts
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import SWITCHED
from cstool.storage.segments import TableSize

FormatName = Literal[
    "cstool", "entitycs", "jsonl", "mt", "translico", "dolma", "megatron", "tokens"
]

# Formats whose rows are sentences with replaced entities, without a column for passes.
SENTENCE_FORMATS = ("entitycs", "mt", "translico")

# Rows of a row group, which a reader holds in memory: about 30 MB of text, 10 MB on disk.
ROWS_A_GROUP = 100_000
# The same for paragraphs and pages, in bytes of both texts.
BYTES_A_GROUP = 32_000_000
# Content-defined page boundaries (pyarrow 21 or later): on a store that deduplicates by content
# (the Hub's Xet), two versions of a corpus share most of their bytes.
_CHUNKED = int(pa.__version__.split(".")[0]) >= 21

# Makes the tables of a Parquet file from the rows of the corpus, in order.
TableMaker = Callable[[Iterable[pa.Table], FormatOptions, Counts], Iterator[pa.Table]]


@dataclass(frozen=True)
class CorpusFormat:
    """An output format.

    `schema`: of the rows of a file. `suffix`: of the name of a data file; `folder`: the folder of
    data files in the corpus. A format has `tables` if its files are Parquet, else `write`.
    `unique`: columns whose values rarely repeat, which are written without a dictionary. `sources`:
    whether the source sentences themselves are rows of the corpus. `tokens`: whether the files
    contain tokens, so that the format needs a tokenizer and takes the options of `FormatOptions`.
    `columns`: makes the schema from that of the rows, None if it is the same. `loads`: whether
    the library `datasets` can load the files.
    """

    name: FormatName
    schema: pa.Schema
    suffix: str
    tables: TableMaker | None = None
    write: FileWriter | None = None
    unique: tuple[str, ...] = ()
    sources: bool = True
    folder: str = "data"
    tokens: bool = False
    columns: Callable[[pa.Schema], pa.Schema] | None = None
    loads: bool = True

    @property
    def layout(self) -> dict[str, Any]:
        """The options of pyarrow's ParquetWriter for this format."""
        chunked: dict[str, Any] = {"use_content_defined_chunking": True} if _CHUNKED else {}
        return {**layout_of(self.schema, self.unique), **chunked}

    def is_data(self, file: str) -> bool:
        """Whether a file of the corpus, by its path in the corpus, is one of its data files."""
        return file.startswith(f"{self.folder}/") and file.endswith(f".{self.suffix}")


def group_size(kind: RowKind) -> TableSize:
    """Return the size of a row group of files with rows of a kind."""
    if kind.unit == "sentence":
        return TableSize(ROWS_A_GROUP)
    return TableSize(ROWS_A_GROUP, BYTES_A_GROUP, ("text", "source_text"))


def format_of(name: str, kind: RowKind) -> CorpusFormat:
    """Return a format with the columns of a kind of rows."""
    return format_of_rows(name, kind.schema)


def format_of_rows(name: str, rows: pa.Schema) -> CorpusFormat:
    """Return a format with the columns that it has for rows with the columns `rows`."""
    form = FORMATS[name]
    if name in SENTENCE_FORMATS:
        return form
    return replace(form, schema=form.columns(rows) if form.columns else rows)


def check_options(form: CorpusFormat, options: FormatOptions, *, counting: bool = False) -> None:
    """Raise WrongCallError if a format lacks an option that it needs, or has one it does not take.

    `counting`: whether the tokenizer is also used to count tokens, whatever the format.
    """
    given = {
        "--tokenizer": options.tokenizer is not None and not counting,
        "--document-end": options.document_end is not None and not counting,
        "--pack": options.pack is not None,
        "--whole-samples": options.whole_samples,
    }
    if form.tokens and options.tokenizer is None:
        raise WrongCallError(
            f"--format {form.name}: needs a tokenizer; give its tokenizer.json with --tokenizer"
        )
    for option in (option for option, is_given in given.items() if is_given and not form.tokens):
        names = " or ".join(one.name for one in FORMATS.values() if one.tokens)
        raise WrongCallError(
            f"{option}: --format {form.name} has no tokens; give --format {names}, or omit "
            "the option"
        )
    if options.whole_samples and options.pack is None:
        raise WrongCallError("--whole-samples: needs --pack; give it, or omit the option")


def _each(columns: Callable[[pa.Table], pa.Table]) -> TableMaker:
    """Return a maker of tables that handles each table for itself."""

    def tables(rows: Iterable[pa.Table], _: FormatOptions, __: Counts) -> Iterator[pa.Table]:
        return map(columns, rows)

    return tables


def _unchanged(table: pa.Table) -> pa.Table:
    return table


FORMATS: dict[str, CorpusFormat] = {
    form.name: form
    for form in (
        CorpusFormat("cstool", SWITCHED, "parquet", _each(_unchanged), unique=("id", "text")),
        CorpusFormat(
            "entitycs",
            ENTITYCS,
            "parquet",
            _each(marked_up),
            unique=("id", "en_sentence", "cs_sentence"),
        ),
        CorpusFormat(
            "jsonl",
            meta_schema(SWITCHED),
            LINES,
            write=write_json_lines,
            columns=meta_schema,
        ),
        CorpusFormat("megatron", SWITCHED, "bin", write=write_megatron, tokens=True, loads=False),
        CorpusFormat(
            "tokens",
            tokens_schema(SWITCHED),
            "parquet",
            token_tables,
            unique=("input_ids.list.element", *UNIQUE_OF_SAMPLES),
            tokens=True,
            columns=tokens_schema,
        ),
        CorpusFormat(
            "mt", MT, "parquet", _each(pairs), unique=("id", "source", "target"), sources=False
        ),
        CorpusFormat("translico", TRANSLITERATIONS, PAIRS_IN_LATIN, write=write_translico),
        CorpusFormat(
            "dolma",
            documents_schema(SWITCHED),
            GZIP_LINES,
            write=write_dolma,
            folder=DOCUMENTS,
            columns=documents_schema,
        ),
    )
}
assert {*FORMATS} == {*get_args(FormatName)}
