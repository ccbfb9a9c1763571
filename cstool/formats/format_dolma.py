"""The format `dolma`: documents and attributes of the Dolma toolkit, in which OLMo's data is made.

Its documentation of the format: github.com/allenai/dolma, docs/data-format.md. A document has the
fields of `dolma.core.data_types.InputSpecWithMetadata`, a line of attributes those of `OutputSpec`
(dolma 1.2.1). `added` and `created`, times that the toolkit does not need, are left out.
"""

import io
import json
from collections.abc import Iterable
from contextlib import ExitStack
from typing import IO
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, flat, list_of, one_chunk, strings
from cstool.arrays.codepoints import bytes_of
from cstool.formats.format_options import FormatOptions
from cstool.formats.json_lines import all_but_text, all_but_text_type, put_lines
from cstool.formats.table_sizes import count_bytes
from cstool.formats.written_files import Destination, new_file
from cstool.storage.counts import Counts
from cstool.storage.manifest import Part
from cstool.storage.word_spans import are_words, number_by_row

DOCUMENTS = "documents"
# The folder of our attributes, as the toolkit's mixer finds it from the path of a document.
ATTRIBUTES = "attributes/entities"
GZIP_LINES = "jsonl.gz"
# Experiment, tagger and type, as in the names that the toolkit's taggers give.
NAMES = "entities__cstool__name"
# The same of words that were switched with a dictionary.
WORDS = "entities__cstool__word"
# The field of a document with all columns but the text.
METADATA = "metadata"
# Columns that identify a row, as far as it has them, from the outermost.
_KEY = ("stage", "corpus", "wiki", "language", "id", "pass")

# Bytes of text in a member of a gzip file: a file may consist of many (RFC 1952, section 2.2).
_MEMBER = 8 << 20
# Byte 9 of a member's header is the operating system that wrote it; 255: unknown.
_SYSTEM = 9


def documents_schema(rows: pa.Schema) -> pa.Schema:
    """Return the columns of `documents_of`, for rows with these columns."""
    texts = [(name, pa.string()) for name in ("id", "text", "source")]
    return pa.schema([*texts, (METADATA, all_but_text_type(rows))])


def documents_of(rows: pa.Table) -> pa.Table:
    """Return rows as documents: `id`, `text`, `source` (corpus, or wiki) and `metadata`.

    The id is unique in a corpus: the values of the columns that identify a row, joined by `/`.
    """
    key = [_in_id(rows, name) for name in _KEY if name in rows.column_names]
    source = "corpus" if "corpus" in rows.column_names else "wiki"
    return pa.table(
        {
            "id": pc.binary_join_element_wise(*key, "/"),
            "text": rows.column("text"),
            "source": rows.column(source),
            METADATA: all_but_text(rows),
        }
    )


def _in_id(rows: pa.Table, name: str) -> pa.Array:
    """Return a column as parts of ids; names of corpora without commas and control characters."""
    column = one_chunk(rows.column(name))
    if name != "corpus":
        return column.cast(pa.string())
    names = column.dictionary_encode()
    return strings([quote(one) for one in names.dictionary.to_pylist()]).take(names.indices)


def attributes_of(rows: pa.Table, documents: pa.Table) -> bytes:
    """Return the lines with the attributes of rows, in their order; `documents`: of the rows.

    An attribute is a list of spans `[start, end, score]`, in characters of `text`: of names, and in
    rows with words that were switched, also of these. The score is 1.0 for what was put into the
    text, and 0.0 for the anchor of a source row.
    """
    offsets, spans = flat(one_chunk(rows.column("entities")))
    words = are_words(spans)
    lines = pc.binary_join_element_wise(
        '{"id":"',
        documents.column("id"),
        f'","attributes":{{"{NAMES}":[',
        _span_lists(offsets, spans, ~words),
        "]",
        _of_words(offsets, spans, words),
        '},"source":',
        _quoted(one_chunk(documents.column("source"))),
        "}\n",
        "",
    )
    return bytes_of(one_chunk(lines))[1].tobytes()


def _of_words(offsets: Array, spans: pa.StructArray, words: Array) -> pa.Array | str:
    """Return the attribute of words of each row, "" for a row without one."""
    if not words.any():
        return ""
    lists = _span_lists(offsets, spans, words)
    attribute = pc.binary_join_element_wise(f',"{WORDS}":[', lists, "]", "")
    return pc.if_else(pc.equal(lists, ""), "", attribute)


def _span_lists(offsets: Array, spans: pa.StructArray, chosen: Array) -> pa.Array:
    """Return the chosen spans (bool[n]) of each row as JSON, without the brackets of the list."""
    some = spans.filter(booleans(chosen))
    scores = pc.if_else(pc.equal(some.field("origin"), "anchor"), ",0.0]", ",1.0]")
    start, end = (some.field(name).cast(pa.string()) for name in ("start", "end"))
    texts = pc.binary_join_element_wise("[", start, ",", end, scores, "")
    lists = list_of(number_by_row(offsets, chosen), texts, pa.list_(pa.string()))
    return pc.binary_join(lists, ",")


def _quoted(column: pa.Array) -> pa.Array:
    """Return a column of few distinct strings as JSON."""
    values = column.dictionary_encode()
    quoted = [json.dumps(one, ensure_ascii=False) for one in values.dictionary.to_pylist()]
    return strings(quoted).take(values.indices)


def write_dolma(
    tables: Iterable[pa.Table], destination: Destination, _: FormatOptions, counts: Counts
) -> list[Part]:
    """Write rows as documents and as attributes; return both files, the documents first."""
    parts: list[Part] = []
    with ExitStack() as files:
        outputs: list[tuple[IO[bytes], list[int]]] = []
        for folder in (ATTRIBUTES, DOCUMENTS):  # the last one opened is the first one complete
            file = f"{folder}/{destination.name}.{GZIP_LINES}"
            path, rows = files.enter_context(new_file(destination.out, file, parts))
            outputs.append((files.enter_context(path.open("wb")), rows))
        for table in tables:
            lines = io.BytesIO()
            documents = documents_of(table)
            count_bytes(documents, destination.split, counts)
            put_lines(documents, lines)
            for (out, rows), data in zip(
                outputs, (attributes_of(table, documents), lines.getvalue()), strict=True
            ):
                _compress(data, out)
                rows.append(table.num_rows)
    return parts


def _compress(data: bytes, out: IO[bytes]) -> None:
    """Write data as members of a gzip file.

    Arrow's wheels contain zlib itself, on all platforms, so that the bytes do not depend on the
    machine's zlib, which may be zlib-ng or another one. The header has no time.
    """
    codec = pa.Codec("gzip", compression_level=5)
    for start in range(0, len(data), _MEMBER):
        member = bytearray(codec.compress(data[start : start + _MEMBER], asbytes=True))
        member[_SYSTEM] = 255
        out.write(member)
