"""The synthetic Wikidata dumps of scripts/data/make_wikidata.py."""

import json
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from cstool.dumps.wikidata import item_number
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from scripts.data import make_wikidata
from tests.support import rows_of


@pytest.fixture(scope="module")
def maker() -> Any:
    """The script as a module, with small pools."""
    make_wikidata.POOL = 40
    return make_wikidata


@pytest.fixture(scope="module")
def small(maker: Any) -> bytes:
    return b"".join(maker.dump(3000, 500, "dump", 0))


def lines_of(dump: bytes) -> list[Any]:
    first, *lines, last = dump.decode("ascii").splitlines()
    assert (first, last) == ("[", "]")
    assert [line.endswith(",") for line in lines] == [True] * (len(lines) - 1) + [False]
    return [json.loads(line.removesuffix(",")) for line in lines]


def test_the_same_arguments_give_the_same_bytes(maker: Any, small: bytes) -> None:
    assert b"".join(maker.dump(3000, 500, "dump", 0)) == small
    assert b"".join(maker.dump(3000, 500, "dump", 1)) != small


def test_it_has_the_items_asked_for_once_each_and_others_between(small: bytes) -> None:
    found = lines_of(small)
    items = [e for e in found if e["type"] == "item"]
    numbers = [item_number(e["id"]) for e in items]
    assert len(numbers) == len(set(numbers)) == 3000
    assert max(numbers) < 3000 * 1.2
    assert {e["type"] for e in found} == {"item", "lexeme", "property"}
    assert any(e["sitelinks"] == [] for e in items)
    assert any("mul" in e["labels"] for e in items)


@pytest.mark.parametrize("order", ["dump", "random"])
def test_qids_are_in_no_simple_order(maker: Any, order: str) -> None:
    ranks = [rank for batch in maker.ranks(100_001, order) for rank in batch.tolist()]
    assert sorted(ranks) == list(range(100_001))
    assert ranks != sorted(ranks)


def test_the_bulk_of_the_claims_is_what_was_asked_for(maker: Any) -> None:
    for size in (300, 3000):
        found = lines_of(b"".join(maker.dump(4000, size, "dump", 0)))
        claims = [e["claims"] for e in found if e["type"] == "item"]
        taken = mean(len(json.dumps(c, separators=(",", ":"))) for c in claims)
        assert 0.7 * size < taken < 2 * size + 600
        statement = next(s for c in claims for many in c.values() for s in many)
        assert {"mainsnak", "type", "id", "rank"} <= statement.keys()


def test_cstool_reads_what_json_reads(small: bytes, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(small)
    running = RunOptions(jobs=1, part_size=1 << 20, quiet=True)
    entities(str(tmp_path / "d.json"), tmp_path / "out", EntitiesOptions(), running)
    rows = {row["qid"]: row for row in rows_of(tmp_path / "out").to_dicts()}
    items = [e for e in lines_of(small) if e["type"] == "item"]
    assert len(rows) == len(items)
    for e in items:
        row = rows[item_number(e["id"])]
        terms = {"labels": dict(e["labels"] or {}), "aliases": dict(e["aliases"] or {})}
        assert {x["language"]: x["value"] for x in row["labels"]} == {
            code: term["value"] for code, term in terms["labels"].items()
        }
        assert [(x["language"], x["value"]) for x in row["aliases"]] == [
            (code, term["value"])
            for code, many in sorted(terms["aliases"].items())
            for term in many
        ]
        assert {x["site"]: x["title"] for x in row["sitelinks"]} == {
            site: link["title"] for site, link in dict(e["sitelinks"] or {}).items()
        }
