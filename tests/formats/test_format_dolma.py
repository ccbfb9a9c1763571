"""Documents and attributes of the Dolma toolkit, read back as plain JSON."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.formats.corpus_formats import format_of_rows
from cstool.formats.format_dolma import NAMES, documents_of, write_dolma
from cstool.formats.format_options import NO_OPTIONS
from cstool.formats.json_lines import with_meta, write_json_lines
from cstool.formats.written_files import Destination
from cstool.storage.counts import Counts
from cstool.storage.schemas import MIX_FIELDS, PASS_FIELD, SWITCHED, UNIT_FIELDS

Row = dict[str, Any]
COLUMNS = pa.schema([*SWITCHED, PASS_FIELD, *UNIT_FIELDS, *MIX_FIELDS])
# Of any kind: quotation marks, control characters, characters of several bytes, line separators.
texts = st.text(st.characters(codec="utf-8"), max_size=30)
numbers = st.integers(0, 2**32 - 1)


@st.composite
def spans(draw: st.DrawFn, text: str) -> list[Row]:
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [
        {
            "qid": draw(numbers),
            "source_start": 0,
            "source_end": 1,
            "start": start,
            "end": end,
            "name_language": "de",
            "origin": draw(st.sampled_from(("anchor", "label", "mul"))),
        }
        for start, end in zip(ends[::2], ends[1::2], strict=False)
    ]


@st.composite
def rows(draw: st.DrawFn) -> Row:
    text = draw(texts)
    return {
        "id": draw(st.integers(0, 2**52)),
        "language": draw(st.sampled_from(("de", "zh-min-nan", "en+ja"))),
        "source_language": "en",
        "source_text": draw(texts),
        "text": text,
        "entities": draw(spans(text)),
        "page_id": draw(numbers),
        "title": draw(texts),
        "wiki": draw(st.sampled_from(("enwiki", "simplewiki"))),
        "pass": draw(st.integers(0, 3)),
        "sentences": draw(st.lists(numbers, max_size=3)),
        "gaps": draw(st.integers(0, 9)),
        "corpus": draw(texts),
        "stage": draw(st.integers(1, 3)),
    }


some_rows = st.lists(rows(), max_size=5)
some_columns = st.sets(st.sampled_from([f.name for f in (PASS_FIELD, *UNIT_FIELDS, *MIX_FIELDS)]))


def table_of(some: list[Row], more: set[str]) -> pa.Table:
    """Return rows with the columns of `switch` and these others."""
    fields = [field for field in COLUMNS if field.name in SWITCHED.names or field.name in more]
    return pa.Table.from_pylist(some, pa.schema(fields))


def written(folder: Path, tables: list[pa.Table]) -> tuple[list[Row], list[Row]]:
    """Write tables; return the lines of the documents and of the attributes."""
    parts = write_dolma(tables, Destination(folder, "de/train"), NO_OPTIONS, Counts())
    names = ["documents/de/train.jsonl.gz", "attributes/entities/de/train.jsonl.gz"]
    assert [part.file for part in parts] == names
    assert [part.rows for part in parts] == [sum(map(len, tables))] * 2
    documents, attributes = (lines(folder / name) for name in names)
    return documents, attributes


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).split(b"\n")[:-1]]


@given(st.lists(some_rows, max_size=3), some_columns)
def test_documents_and_attributes_contain_the_rows_and_their_spans(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Row]], more: set[str]
) -> None:
    tables = [table_of(some, more) for some in batches]
    documents, attributes = written(tmp_path_factory.mktemp("dolma"), tables)
    expected = [row for table in tables for row in table.to_pylist()]
    assert [{**d["metadata"], "text": d["text"]} for d in documents] == expected
    assert [d["source"] for d in documents] == [r.get("corpus", r["wiki"]) for r in expected]
    assert [[d[name] for name in ("id", "source")] for d in documents] == [
        [a[name] for name in ("id", "source")] for a in attributes
    ]
    assert [a["attributes"] for a in attributes] == [{NAMES: spans_of(row)} for row in expected]


def spans_of(row: Row) -> list[list[float]]:
    return [[e["start"], e["end"], float(e["origin"] != "anchor")] for e in row["entities"]]


@given(st.lists(rows(), min_size=2, max_size=6), some_columns)
def test_ids_are_equal_only_for_rows_of_one_key(
    tmp_path_factory: pytest.TempPathFactory, some: list[Row], more: set[str]
) -> None:
    table = table_of(some, more)
    documents, _ = written(tmp_path_factory.mktemp("dolma"), [table])
    key = ["stage", "corpus", "wiki", "language", "id", "pass"]
    keys = [tuple(row.get(name) for name in key) for row in table.to_pylist()]
    assert len({d["id"] for d in documents}) == len(set(keys))
    # `dolma tokens` writes ids to CSV without quoting them.
    assert not any({*d["id"]} & {*',"\n\r'} for d in documents)


@pytest.mark.parametrize(("name", "lines_of"), [("jsonl", with_meta), ("dolma", documents_of)])
def test_the_schema_of_lines_is_that_of_what_their_readers_see(
    name: str, lines_of: Callable[[pa.Table], pa.Table]
) -> None:
    form = format_of_rows(name, COLUMNS)
    assert form.schema == lines_of(table_of([], {*COLUMNS.names})).schema


@given(some_rows, some_columns)
def test_lines_of_json_have_the_text_and_all_other_columns_as_meta(
    tmp_path_factory: pytest.TempPathFactory, some: list[Row], more: set[str]
) -> None:
    import zstandard

    folder, table = tmp_path_factory.mktemp("lines"), table_of(some, more)
    [part] = write_json_lines([table], Destination(folder, "de/train"), NO_OPTIONS, Counts())
    with zstandard.open(folder / part.file, "rb") as packed:
        found = [json.loads(line) for line in packed.read().split(b"\n")[:-1]]
    assert all([*line] == ["text", "meta"] for line in found)
    assert [{**line["meta"], "text": line["text"]} for line in found] == table.to_pylist()


def test_a_gzip_file_of_several_members_has_no_time_and_no_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.formats.format_dolma._MEMBER", 500)
    table = pa.Table.from_pylist([{**ROW, "id": number} for number in range(20)], SWITCHED)
    documents, _ = written(tmp_path, [table])
    assert [d["metadata"]["id"] for d in documents] == [*range(20)]
    members = [*members_of((tmp_path / "documents/de/train.jsonl.gz").read_bytes())]
    assert len(members) > 5
    assert {member[:10] for member in members} == {bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])}


def members_of(data: bytes) -> list[bytes]:
    members = []
    while data:
        member = zlib.decompressobj(wbits=31)
        member.decompress(data)
        members.append(data[: len(data) - len(member.unused_data)])
        data = member.unused_data
    return members


ROW = {
    "id": 1,
    "language": "de",
    "source_language": "en",
    "source_text": "X is here.",
    "text": "Y is here.",
    "entities": [],
    "page_id": 1,
    "title": "X",
    "wiki": "enwiki",
}
