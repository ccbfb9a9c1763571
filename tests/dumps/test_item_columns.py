"""The items that the extension in C reads are those that msgspec decodes."""

import gzip
import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cstool.arrays import Array
from cstool.dumps import item_columns
from cstool.dumps.item_columns import COMPILED, ItemColumns, Terms
from cstool.dumps.wikidata import MALFORMED, ByteRange, LineSlice, decode, item_number
from tests.conftest import Sample
from tests.support import item

pytestmark = pytest.mark.skipif(not COMPILED, reason="the extension in C is not installed")


def slice_of(data: bytes, cuts: Sequence[int] = ()) -> LineSlice:
    """Return a slice in pieces that end at these bytes."""
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return LineSlice("d", 1, tuple(ByteRange(data, a, b) for a, b in pairwise(bounds)), "")


def rows_of(terms: Terms) -> list[list[tuple[str, str]]]:
    ends = np.cumsum(terms.counts).tolist()
    texts = terms.texts.to_pylist()
    named = [(terms.names[code], text) for code, text in zip(terms.codes, texts, strict=True)]
    return [named[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def read(lines: LineSlice, wanted: Array | None = None) -> tuple[list[Any], dict[Any, int]]:
    """Return the items and what else there is: types of entities, malformed lines."""
    columns = ItemColumns(wanted)
    rest: dict[Any, int] = {}
    for number, line in lines.lines(columns.read):
        try:
            entity = decode(line)
        except MALFORMED as error:
            rest[number, str(error)] = 1
            continue
        qid = item_number(entity.id) if entity.type == "item" else 0
        if not qid:
            rest[entity.type] = rest.get(entity.type, 0) + 1
        elif wanted is None or qid in wanted:
            columns.append(qid, entity)
        else:
            rest["unwanted"] = rest.get("unwanted", 0) + 1
    items = columns.take()
    for type_, number in [*items.others.items(), ("unwanted", items.unwanted)]:
        if number:
            rest[type_] = rest.get(type_, 0) + number
    ends = np.cumsum(items.type_counts).tolist()
    types = [items.types[a:b].tolist() for a, b in zip([0, *ends], ends, strict=False)]
    terms = map(rows_of, (items.labels, items.aliases, items.sitelinks))
    return list(zip(items.qids.tolist(), *terms, types, strict=True)), rest


def both(
    data: bytes, wanted: Array | None = None, cuts: Sequence[int] = ()
) -> tuple[list[Any], dict[Any, int]]:
    """Return what both ways read, which must be the same."""
    found = read(slice_of(data, cuts), wanted)
    with mock.patch.object(item_columns, "COMPILED", False):
        assert found == read(slice_of(data), wanted)
    return found


def left_to_python(data: bytes) -> list[int]:
    """Return the numbers of the lines that the extension does not read."""
    return [number for number, _ in slice_of(data).lines(ItemColumns().read)]


def packed(entity: Any, *, escaped: bool = True) -> bytes:
    return json.dumps(entity, separators=(",", ":"), ensure_ascii=escaped).encode()


def statement(qid: int, rank: str) -> dict[str, Any]:
    value = {"entity-type": "item", "numeric-id": qid, "id": f"Q{qid}"}
    snak = {"snaktype": "value", "property": "P31", "datavalue": {"value": value}}
    return {"mainsnak": snak, "type": "statement", "rank": rank, "references": [{"a": [1.5e3]}]}


TEXT = st.text(max_size=20) | st.sampled_from(["", "é", "\U0001f600", "\0", '"\\/\b\n', "x" * 99])
KEYS = st.sampled_from(["en", "de", "zh-hant", "", "k" * 31, "k" * 32, "dé"]) | TEXT
TERM = st.fixed_dictionaries({"language": KEYS, "value": TEXT})
LINK = st.fixed_dictionaries({"site": KEYS, "title": TEXT, "badges": st.just(["Q5"])})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
RANK = st.sampled_from(["preferred", "normal", "deprecated", "other"])
P31 = st.lists(st.builds(statement, st.integers(0, 1 << 33), RANK) | JSON, max_size=4)
ENTITY = st.fixed_dictionaries(
    {"type": st.sampled_from(["item", "item", "property", "é"])},
    optional={
        "id": st.builds("Q{}".format, st.integers(0, 1 << 33)) | st.sampled_from(["Q01", "P1", ""]),
        "labels": st.dictionaries(KEYS, TERM, max_size=4) | JSON,
        "aliases": st.dictionaries(KEYS, st.lists(TERM, max_size=3), max_size=3) | JSON,
        "sitelinks": st.dictionaries(KEYS, LINK, max_size=3) | JSON,
        "claims": st.fixed_dictionaries({"P1": JSON}, optional={"P31": P31}) | JSON,
        "pageid": JSON,
    },
)
LINE = st.builds(packed, ENTITY, escaped=st.booleans())
END = st.sampled_from([b",\n", b"\n", b",\r\n", b" ,\n", b",,\n"])


@given(st.lists(st.tuples(LINE, END), max_size=6), st.lists(st.integers(0), max_size=3))
def test_both_read_the_same_of_valid_lines(lines: Any, cuts: list[int]) -> None:
    both(b"".join(line + end for line, end in lines), cuts=cuts)


@given(LINE, st.data())
def test_both_read_the_same_of_damaged_lines(line: bytes, data: st.DataObject) -> None:
    at, length = data.draw(st.integers(0, len(line))), data.draw(st.integers(0, 3))
    inserted = data.draw(
        st.binary(max_size=3) | st.sampled_from([b'\\u12x4"', b"\\ud800", b"\xed\xa0\x80", b"1e"])
    )
    whole = b'{"id":"Q7","labels":{"en":{"value":"x"}}},\n'
    both(whole + line[:at] + inserted + line[at + length :] + b",\n" + whole)


WHOLE = item(3, {"en": "naïve \u4e2d\U0001f600", "de": 'a"b'}, {"enwiki": "A/B"}, [5, 7])
WHOLE["aliases"] = {"de": [{"language": "de", "value": v} for v in "xyx"], "fr": []}


@pytest.mark.parametrize("escaped", [True, False])
def test_lines_in_the_published_form_are_not_left_to_python(*, escaped: bool) -> None:
    line = packed(WHOLE | {"claims": {"P31": [statement(9, "preferred")]}}, escaped=escaped)
    data = line + b",\n" + packed({"type": "property", "id": "P5"}) + b",\n" + line + b"\n"
    items, rest = both(data)
    assert [row[0] for row in items] == [3, 3]
    assert items[0][1:] == (
        [("en", "naïve \u4e2d\U0001f600"), ("de", 'a"b')],
        [("de", "x"), ("de", "y"), ("de", "x")],
        [("enwiki", "A/B")],
        [9],
    )
    assert rest == {"property": 1}
    assert left_to_python(data) == []


@pytest.mark.parametrize(
    "line",
    [
        rb'{"id":"Q1","labels":{"de":{"value":"a"},"de":{"value":"b"}}}',
        rb'{"id":"Q1","labels":{"de":{"value":"a","value":"b"}}}',
        rb'{"id":"Q1","labels":{},"labels":{"de":{"value":"b"}}}',
        rb'{"id":"Q1","claims":{"P31":[],"P31":[{"mainsnak":{}}]}}',
        rb'{"id":"Q1","lab\u0065ls":{"de":{"value":"b"}}}',
        rb'{"id":"Q1","claims":{"P\u00331":[{"mainsnak":{"datavalue":{"value":{"id":"Q2"}}}}]}}',
        rb'{"id":"Q1","labels":{"d\u0065":{"value":"b"}}}',
        rb'{"id":"Q1","labels":{"de":{"value":"\ud800"}}}',
        rb'{"id":"Q1","labels":{"de":{"value":"\udc00\ud800"}}}',
        b'{"id":"Q1","labels":{"de":{"value":"\xe0\x80\x80"}}}',
        b'{"id":"Q1","labels":{"de":{"value":"\xf4\x90\x80\x80"}}}',
        b'{"id":"Q1","labels":{"de":{"value":"tab\there"}}}',
        b'{"id":"Q1","labels":{"' + b"k" * 40 + b'":{"value":"b"}}}',
        b'{"id":"Q1","x":' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"id":"Q1","x":01}',
        b'{"id":"Q1","x":1.}',
        b'{"id":"Q1","x":-}',
        b'{"id":"Q1","x":[1,]}',
        b'{"id":"Q1","x":{"a":1,}}',
        b'{"id":"Q1","x":[1}',
        b'{"id":"Q1","x":nul}',
        b'{"id":"Q1", "x":1}',
        b'{"id":"Q1","x":"\\x"}',
        b'{"id":"Q1","claims":{"P31":[{"rank":"normal"}]}}',
        b'{"id":"Q1","claims":{"P31":[{"mainsnak":{"datavalue":{"value":[]}}}]}}',
        b'{"id":"Q1","claims":{"P31":[{"mainsnak":{},"rank":"best"}]}}',
        b'{"id":"Q1"}}',
        b'{"id":"Q1"',
        b'{"type":"item"}',
        b'{"id":"L1"}',
    ],
    ids=str,
)
def test_unusual_lines_are_left_to_python(line: bytes) -> None:
    data = b'{"id":"Q2"}\n' + line + b'\n{"id":"Q3"}\n'
    assert left_to_python(data) == [2]
    both(data)


@given(st.sets(st.integers(1, 40), max_size=9))
@example(set())
def test_only_items_that_are_wanted_are_read(wanted: set[int]) -> None:
    data = b"".join(b'{"id":"Q%d","labels":{"en":{"value":"x"}}}\n' % q for q in range(1, 41))
    items, rest = both(data, np.array(sorted(wanted), np.uint32))
    assert {row[0] for row in items} == wanted
    assert rest == ({"unwanted": 40 - len(wanted)} if len(wanted) < 40 else {})


def test_more_names_than_the_extension_has_room_for_are_kept() -> None:
    lines = [item(n + 1, {f"n{n * 30 + i}": "x" for i in range(30)}) for n in range(200)]
    items, _ = both(b"".join(packed(line) + b"\n" for line in lines))
    assert sum(len(row[1]) for row in items) == 6000


def test_the_sample_is_in_the_published_form(sample: Sample) -> None:
    data = gzip.decompress(sample.wikidata.read_bytes())
    both(data)
    lines = data.split(b"\n")
    left = [number for number in left_to_python(data) if re.match(rb"\{.", lines[number - 1])]
    assert left == []
