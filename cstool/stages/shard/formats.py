"""The output formats of a corpus: their columns and kinds of files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pyarrow as pa

from cstool.stages.shard.format_entitycs import ENTITYCS, marked_up
from cstool.stages.shard.format_mt import MT, pairs
from cstool.storage.checksums import layout_of
from cstool.storage.schemas import SWITCHED

FormatName = Literal["cstool", "entitycs", "jsonl", "mt"]

# Rows of a row group, which a reader holds in memory: about 30 MB of text, 10 MB on disk.
ROWS_A_GROUP = 100_000
# Content-defined page boundaries (pyarrow 21 or later): on a store that deduplicates by content
# (the Hub's Xet), two versions of a corpus share most of their bytes.
_CHUNKED = int(pa.__version__.split(".")[0]) >= 21


@dataclass(frozen=True)
class CorpusFormat:
    """An output format.

    `columns`: makes the columns of the format from switched rows. `texts`: the columns of
    sentences. `sources`: whether the source sentences themselves are rows of the corpus.
    """

    name: FormatName
    schema: pa.Schema
    columns: Callable[[pa.Table], pa.Table]
    suffix: str
    texts: tuple[str, ...]
    sources: bool = True

    @property
    def layout(self) -> dict[str, Any]:
        """The options of pyarrow's ParquetWriter for this format."""
        chunked: dict[str, Any] = {"use_content_defined_chunking": True} if _CHUNKED else {}
        # Within a file, neither an id nor a sentence repeats.
        return {**layout_of(self.schema, ("id", *self.texts)), **chunked}


def _as_they_are(table: pa.Table) -> pa.Table:
    return table


FORMATS: dict[str, CorpusFormat] = {
    form.name: form
    for form in (
        CorpusFormat("cstool", SWITCHED, _as_they_are, "parquet", ("source_text", "text")),
        CorpusFormat("entitycs", ENTITYCS, marked_up, "parquet", ("en_sentence", "cs_sentence")),
        CorpusFormat("jsonl", SWITCHED, _as_they_are, "jsonl.zst", ()),
        CorpusFormat("mt", MT, pairs, "parquet", ("source", "target"), sources=False),
    )
}
assert tuple(FORMATS) == get_args(FormatName)
