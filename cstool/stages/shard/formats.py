"""The output formats of a corpus: their columns and kinds of files."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import pyarrow as pa

from cstool.stages.shard.format_entitycs import ENTITYCS, marked_up
from cstool.stages.shard.format_mt import MT, pairs
from cstool.storage.checksums import layout_of
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import SWITCHED

FormatName = Literal["cstool", "entitycs", "jsonl", "mt"]

# Formats whose rows are sentences with replaced entities, without a column for passes.
SENTENCE_FORMATS = ("entitycs", "mt")

# Rows of a row group, which a reader holds in memory: about 30 MB of text, 10 MB on disk.
ROWS_A_GROUP = 100_000
# The same for paragraphs and pages, in bytes of both texts.
BYTES_A_GROUP = 32_000_000
# Content-defined page boundaries (pyarrow 21 or later): on a store that deduplicates by content
# (the Hub's Xet), two versions of a corpus share most of their bytes.
_CHUNKED = int(pa.__version__.split(".")[0]) >= 21


@dataclass(frozen=True)
class CorpusFormat:
    """An output format.

    `columns`: makes the columns of the format from switched rows. `unique`: columns whose values
    rarely repeat, which are written without a dictionary. `sources`: whether the source sentences
    themselves are rows of the corpus.
    """

    name: FormatName
    schema: pa.Schema
    columns: Callable[[pa.Table], pa.Table]
    suffix: str
    unique: tuple[str, ...]
    sources: bool = True

    @property
    def layout(self) -> dict[str, Any]:
        """The options of pyarrow's ParquetWriter for this format."""
        chunked: dict[str, Any] = {"use_content_defined_chunking": True} if _CHUNKED else {}
        return {**layout_of(self.schema, self.unique), **chunked}


def format_of(name: str, kind: RowKind) -> CorpusFormat:
    """Return a format with the columns of a kind of rows."""
    form = FORMATS[name]
    return form if name in SENTENCE_FORMATS else replace(form, schema=kind.schema)


def _as_they_are(table: pa.Table) -> pa.Table:
    return table


FORMATS: dict[str, CorpusFormat] = {
    form.name: form
    for form in (
        CorpusFormat("cstool", SWITCHED, _as_they_are, "parquet", ("id", "text")),
        CorpusFormat(
            "entitycs", ENTITYCS, marked_up, "parquet", ("id", "en_sentence", "cs_sentence")
        ),
        CorpusFormat("jsonl", SWITCHED, _as_they_are, "jsonl.zst", ()),
        CorpusFormat("mt", MT, pairs, "parquet", ("id", "source", "target"), sources=False),
    )
}
assert tuple(FORMATS) == get_args(FormatName)
