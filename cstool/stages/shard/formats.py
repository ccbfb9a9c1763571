"""The forms in which a corpus is written: which columns, in which kind of file.

A form's `columns` makes them from switched rows; `written` says how a file of them is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from cstool.stages.shard.format_entitycs import ENTITYCS, marked_up
from cstool.stages.shard.format_mt import MT, pairs
from cstool.storage.checksums import STANDARD
from cstool.storage.schemas import SWITCHED

FormatName = Literal["cstool", "entitycs", "jsonl", "mt"]

# Rows that a reader has in memory at least: some 30 MB of text, 10 MB on the disk.
ROWS_A_GROUP = 100_000
# pyarrow cuts pages where their content says, so that two versions of a corpus share most of
# their bytes on a store that cuts its files likewise (the Hub's Xet): from pyarrow 21 on.
_CHUNKED = int(pa.__version__.split(".")[0]) >= 21


@dataclass(frozen=True)
class CorpusFormat:
    """A form of the corpus.

    `unique`: columns whose values hardly come twice in a file, which no dictionary is tried for.
    `sources`: whether the source sentences themselves are rows of it.
    """

    name: FormatName
    schema: pa.Schema
    columns: Callable[[pa.Table], pa.Table]
    suffix: str
    unique: tuple[str, ...]
    sources: bool = True

    @property
    def layout(self) -> dict[str, Any]:
        """How pyarrow's ParquetWriter writes a file of it."""
        dictionary = [path for path in _leaves(self.schema) if path not in self.unique]
        chunked: dict[str, Any] = {"use_content_defined_chunking": True} if _CHUNKED else {}
        return {**STANDARD, "use_dictionary": dictionary, **chunked}


def _leaves(schema: pa.Schema) -> list[str]:
    """Return the columns as Parquet names them (`entities.list.element.qid`)."""
    sink = pa.BufferOutputStream()
    pq.write_metadata(schema, sink)
    columns = pq.ParquetFile(sink.getvalue()).schema
    return [columns.column(i).path for i in range(len(columns))]


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
