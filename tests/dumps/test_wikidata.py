"""Wikidata's JSON dump: its lines, and the fields of an entity."""

import bz2
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qwikidata.entity import WikidataItem

from cstool.dumps import streams, wikidata
from cstool.dumps.wikidata import (
    MALFORMED,
    Entity,
    LineSlice,
    SliceTransport,
    decode,
    item_number,
    line_slices,
    mapped,
    stripped,
)
from cstool.errors import CutInputError, InputError
from tests.conftest import Sample
from tests.support import gzipped, item, wikidata_json

ITEMS = [item(i, {"en": f"thing {i}", "ja": "物" * (i % 7)}) for i in range(1, 30)]
DUMP = wikidata_json(ITEMS).encode()


def slices(path: Path, size: int = 1 << 20, faults: list[str] | None = None) -> list[LineSlice]:
    return [slice_ for slice_, _ in line_slices(str(path), size, faults)]


def content(part: LineSlice) -> bytes:
    return b"".join(bytes(data[begin:end]) for data, begin, end in part.pieces())


def entities(parts: Sequence[LineSlice]) -> list[Entity]:
    return [decode(line) for part in parts for _, line in part.lines()]


def entity(**parts: Any) -> Entity:
    return decode(json.dumps({"type": "item", "id": "Q1", **parts}).encode())


def statement(qid: int | None, rank: str = "normal") -> dict[str, Any]:
    value = {"entity-type": "item", "numeric-id": qid, "id": f"Q{qid}"}
    snak: dict[str, Any] = {"snaktype": "value", "property": "P31", "datavalue": {"value": value}}
    if qid is None:
        snak = {"snaktype": "somevalue", "property": "P31"}
    return {"mainsnak": snak, "type": "statement", "rank": rank}


def test_empty_maps_that_php_wrote_as_lists_and_missing_parts_are_empty() -> None:
    for found in (entity(labels=[], aliases=[], sitelinks=[], claims=[]), entity(claims={})):
        assert mapped(found.labels) == {}
        assert mapped(found.aliases) == {}
        assert mapped(found.sitelinks) == {}
        assert found.types() == []


def test_the_best_ranked_types_count() -> None:
    both = [statement(5), statement(7, "preferred"), statement(9, "deprecated")]
    assert entity(claims={"P31": both}).types() == [7]
    assert entity(claims={"P31": [statement(5), statement(9, "deprecated")]}).types() == [5]
    assert entity(claims={"P31": [statement(9, "deprecated")]}).types() == []
    assert entity(claims={"P31": [statement(None), statement(3)]}).types() == [3]


def test_other_kinds_of_values_are_accepted() -> None:
    values = [{"value": v} for v in ("text", 3, 1.5, {"amount": "+1"}, None)]
    claims = [{"mainsnak": {"datavalue": value}, "rank": "normal"} for value in values]
    assert entity(claims={"P31": claims, "P1": [{"mainsnak": {"x": [1]}}]}).types() == []


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"id":5}',
        b'{"labels":{}}',
        b'{"id":"Q1"} {}',
        b'{"id":"Q1","labels":{"de":5}}',
        b'{"id":"Q1","labels":{"de":{"value":null}}}',
        b'{"id":"Q1","labels":["de"]}',
        b'{"id":"Q1","sitelinks":{"dewiki":{"site":"dewiki"}}}',
        b'{"id":"Q1","aliases":{"de":{"value":"x"}}}',
        b'{"id":"Q1","labels":{"de":{"value":"\xff\xfe"}}}',
        b'{"id":"Q1","labels":{"d\xff":{"value":"x"}}}',
        b'{"id":"Q1","labels":{"de":{"value":"\\ud800"}}}',
        b'{"id":"Q1","claims":{"P31":7}}',
        b'{"id":"Q1","claims":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"id":"Q1","x":' + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"}",
        b'{"id":"Q1","claims":{"P5":[{"mainsnak":{"type":"item","id":"Q2","labels":{}}',
    ],
    ids=str,
)
def test_malformed_lines_are_reported(line: bytes) -> None:
    with pytest.raises(MALFORMED):
        decode(line)


def test_the_last_of_two_equal_keys_is_used() -> None:
    line = b'{"id":"Q1","sitelinks":{"dewiki":{"title":"A"},"dewiki":{"title":"B"}}}'
    assert [link.title for link in mapped(decode(line).sitelinks).values()] == ["B"]


_HOSTILE = '","claims":{"P31":[{"mainsnak":{"datavalue":{"value":{"id":"Q666"}}}}]},"sitelinks":{'


@given(st.permutations(["id", "type", "labels", "descriptions", "aliases", "claims", "sitelinks"]))
def test_neither_the_order_of_keys_nor_text_like_them_misleads(order: list[str]) -> None:
    whole: dict[str, Any] = item(7, {"en": _HOSTILE, "claims": "P31"}, {"enwiki": _HOSTILE}, [5])
    whole["descriptions"] = {"en": {"language": "en", "value": _HOSTILE}}
    snak = {"snaktype": "value", "property": "P31", "datavalue": {"value": {"id": "Q9"}}}
    reference = {"snaks": {"P31": [snak], "labels": [{"mainsnak": snak}]}}
    whole["claims"]["P1"] = [{"mainsnak": snak, "references": [reference], "text": _HOSTILE}]
    found = decode(json.dumps({key: whole[key] for key in order}).encode())
    assert {c: t.value for c, t in mapped(found.labels).items()} == {
        "en": _HOSTILE,
        "claims": "P31",
    }
    assert [link.title for link in mapped(found.sitelinks).values()] == [_HOSTILE]
    assert found.types() == [5]


def test_an_entity_of_ten_megabytes_is_read() -> None:
    claims = {f"P{i}": [{"mainsnak": {"x": "y" * 1000}}] for i in range(10_000)}
    assert entity(claims=claims | {"P31": [statement(5)]}).types() == [5]


@pytest.mark.parametrize("end", [b"", b",", b",\r\n", b"]", b" ,\n"])
def test_data_after_an_entity_is_skipped(end: bytes) -> None:
    for line in (b'{"id":"Q5","type":"item"}' + end, b'[{"id":"Q5"}' + end):
        assert decode(stripped(line)).id == "Q5"


def test_items_have_numbers_of_32_bits() -> None:
    assert item_number("Q1") == 1
    assert item_number("Q4294967295") == 4294967295
    for other in (
        "P1",
        "Q",
        "Q0",
        "Q05",
        "Q4294967296",
        "Q1x",
        "Q٣",
        "q1",
        "L1",
        "Q-1",
        "",
        "Q1\n",
    ):
        assert item_number(other) == 0


@given(size=st.integers(1, 3000), piece=st.integers(1, 500))
@settings(max_examples=20, deadline=None)
def test_lines_do_not_depend_on_pieces_nor_on_who_reads_them(
    tmp_path_factory: pytest.TempPathFactory, size: int, piece: int
) -> None:
    path = tmp_path_factory.mktemp("d") / "d.json"
    path.write_bytes(DUMP)
    with mock.patch.object(streams, "_CHUNK", piece):
        found = [
            [
                (number, bytes(line))
                for part, _ in line_slices(str(path), size, None, way=way)
                for number, line in part.lines()
            ]
            for way in SliceTransport
        ]
    with path.open("rb") as file:
        lines = [(i, line.strip(b"[],\n")) for i, line in enumerate(file, 1)]
    assert found == [[(number, line) for number, line in lines if line]] * 3


@given(size=st.integers(1, 3000))
@settings(max_examples=20, deadline=None)
def test_slices_are_whole_lines_that_join_to_the_file(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    path = tmp_path_factory.mktemp("d") / "d.json"
    path.write_bytes(DUMP)
    line = 1
    parts = slices(path, size)
    for part in parts:
        assert part.first_line == line
        assert content(part).endswith(b"\n")
        line += content(part).count(b"\n")
    assert b"".join(map(content, parts)) == DUMP
    assert all(len(content(part)) >= size for part in parts[:-1])


def test_slices_do_not_depend_on_the_compression(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(DUMP)
    (tmp_path / "d.json.bz2").write_bytes(bz2.compress(DUMP))
    members = [gzipped(DUMP[i : i + 77]) for i in range(0, len(DUMP), 77)]
    (tmp_path / "d.json.gz").write_bytes(b"".join(members))
    cut = [
        [(part.first_line, content(part)) for part in slices(tmp_path / name, 400)]
        for name in ("d.json", "d.json.bz2", "d.json.gz")
    ]
    assert cut[0] == cut[1] == cut[2]
    assert len(cut[0]) > 5


@pytest.mark.parametrize(
    "data",
    [
        DUMP,
        DUMP.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + DUMP,
        DUMP.removeprefix(b"[\n").removesuffix(b"\n]\n").replace(b",\n", b"\n"),
        b"[" + DUMP.removeprefix(b"[\n").removesuffix(b"\n]\n") + b"]",
        DUMP + b"\n" * 300,
    ],
    ids=["as published", "CRLF", "BOM", "JSON lines", "brackets on lines", "empty lines"],
)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_every_shape_of_a_dump_gives_the_same_entities(
    tmp_path: Path, data: bytes, size: int
) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(data)
    assert [e.id for e in entities(slices(path, size))] == [i["id"] for i in ITEMS]


def test_truncation_keeps_the_whole_lines_before_it(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(DUMP[: DUMP.index(b"thing 9")])
    found = []
    with pytest.raises(CutInputError, match=r"truncated: the closing \] is missing"):
        for part, _ in line_slices(str(path), 500, None):
            found.append(part)
    faults: list[str] = []
    kept = slices(path, 500, faults)
    assert list(map(content, found)) == list(map(content, kept))
    assert [e.id for e in entities(kept)] == [f"Q{i}" for i in range(1, 9)]
    assert len(faults) == 1


@pytest.mark.parametrize("cut", [1, 2, -1, -2, -3])
def test_a_missing_end_is_detected(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "d.json"
    whole = DUMP.rstrip()
    path.write_bytes(whole[:cut])
    with pytest.raises(CutInputError):
        slices(path)


def test_a_truncated_gzip_file_keeps_the_lines_before_it(tmp_path: Path) -> None:
    path = tmp_path / "d.json.gz"
    members = [gzipped(DUMP[:900]), gzipped(DUMP[900:])]
    path.write_bytes(b"".join(members)[:-20])
    faults: list[str] = []
    kept = entities(slices(path, 300, faults))
    assert [e.id for e in kept] == [i["id"] for i in ITEMS[: len(kept)]]
    assert len(kept) >= DUMP[:900].count(b"\n") - 1
    assert "truncated" in faults[0]


def test_a_file_that_is_not_a_dump_is_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text("<mediawiki>")
    with pytest.raises(InputError, match="not a Wikidata JSON dump: it begins with b'<mediawiki>'"):
        slices(path)


def test_a_file_without_line_ends_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wikidata, "LONGEST_LINE", 1000)
    path = tmp_path / "d.json"
    path.write_bytes(b"[\n" + b'{"a":' * 1000)
    with pytest.raises(InputError, match=r"line 2 is longer"):
        slices(path, 100)


@pytest.mark.parametrize("part_size", [1 << 20, 64 << 20])
@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("behind", [b"", b"\n{}\n]\n"])
def test_a_line_is_too_long_wherever_in_a_slice_it_begins(
    part_size: int, before: int, behind: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wikidata, "LONGEST_LINE", 1 << 20)
    path = tmp_path / "d.json"
    for size, number in ((1 << 20, 0), ((1 << 20) + 1, 2 + before)):
        line = b'{"id":"' + b"a" * (size - 9) + b'"}'
        path.write_bytes(b"[\n" + b"{},\n" * before + line + (behind or b"\n]\n"))
        if number:
            with pytest.raises(InputError, match=f"line {number} is longer than 1 MB"):
                slices(path, part_size)
        else:
            slices(path, part_size)


def test_weights_add_up_to_the_file_s_size(tmp_path: Path) -> None:
    path = tmp_path / "d.json.gz"
    path.write_bytes(gzipped(DUMP))
    weights = [weight for _, weight in line_slices(str(path), 300, None)]
    assert sum(weights) == path.stat().st_size


def _seen_by_qwikidata(theirs: WikidataItem) -> tuple[Any, ...]:
    raw = theirs._entity_dict
    claims = theirs.get_truthy_claim_group("P31")
    values = [claim.mainsnak.datavalue for claim in claims]
    return (
        {code: theirs.get_label(code) for code in raw.get("labels") or {}},
        {code: theirs.get_aliases(code) for code in raw.get("aliases") or {}},
        {site: link["title"] for site, link in theirs.get_sitelinks("").items()},
        [int(value.value["id"][1:]) for value in values if value],
    )


def test_the_sample_reads_as_qwikidata_reads_it(sample: Sample) -> None:
    compared = 0
    for line in gzip.decompress(sample.wikidata.read_bytes()).split(b"\n"):
        text = line.strip().rstrip(b",")
        if text in (b"", b"[", b"]") or json.loads(text)["type"] != "item":
            continue
        ours = decode(stripped(line))
        raw: dict[str, Any] = {
            "claims": {},
            "sitelinks": {},
            "labels": {},
            "aliases": {},
            "descriptions": {},
        }
        raw |= {k: v or {} for k, v in json.loads(text).items()}
        theirs = _seen_by_qwikidata(WikidataItem(raw))
        assert theirs == (
            {code: term.value for code, term in mapped(ours.labels).items()},
            {code: [t.value for t in terms] for code, terms in mapped(ours.aliases).items()},
            {site: link.title for site, link in mapped(ours.sitelinks).items()},
            ours.types(),
        ), ours.id
        compared += 1
    assert compared > 100
