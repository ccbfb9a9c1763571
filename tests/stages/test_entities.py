"""Wikidata's dump → the table of items."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cstool.parts.manifest import Manifest
from cstool.running.errors import CutInputError, InputError
from cstool.running.options import RunOptions
from cstool.stages.entities import EntitiesOptions, entities
from tests.conftest import Sample
from tests.support import item, rows_of, wikidata_json


def run(tmp_path: Path, text: str, part_size: int = 1 << 20, **options: Any) -> Manifest:
    dump = tmp_path / "dump.json"
    dump.write_text(text, encoding="utf-8")
    running = RunOptions(jobs=1, part_size=part_size, quiet=True)
    return entities(str(dump), tmp_path / "out", EntitiesOptions(**options), running)


def test_items_come_out_sorted_by_qid_with_their_fields(tmp_path: Path) -> None:
    run(
        tmp_path,
        wikidata_json(
            [
                item(64, {"de": "Berlin", "ar": "برلين"}, {"enwiki": "Berlin"}, [515, 1549591]),
                item(31, {"nl": "België"}),
            ]
        ),
    )
    assert rows_of(tmp_path / "out").to_dicts() == [
        {
            "qid": 31,
            "labels": [{"language": "nl", "value": "België"}],
            "aliases": [],
            "sitelinks": [],
            "types": [],
        },
        {
            "qid": 64,
            "labels": [
                {"language": "ar", "value": "برلين"},
                {"language": "de", "value": "Berlin"},
            ],
            "aliases": [],
            "sitelinks": [{"site": "enwiki", "title": "Berlin"}],
            "types": [515, 1549591],
        },
    ]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(1, 1 << 31), unique=True, min_size=1, max_size=60), st.integers(1, 4000)
)
def test_the_rows_do_not_depend_on_the_part_size(
    tmp_path_factory: pytest.TempPathFactory, qids: list[int], part_size: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    run(folder, wikidata_json(item(q, {"en": f"name of {q}"}) for q in qids), part_size)
    rows = rows_of(folder / "out")
    assert rows["qid"].to_list() == sorted(qids)
    assert [labels[0]["value"] for labels in rows["labels"]] == [
        f"name of {q}" for q in sorted(qids)
    ]


def test_of_an_item_that_stands_twice_the_last_one_counts(tmp_path: Path) -> None:
    text = wikidata_json([item(5, {"en": "old"}), item(7, {}), item(5, {"en": "new"})])
    manifest = run(tmp_path, text, part_size=1)
    assert rows_of(tmp_path / "out")["labels"][0].to_list()[0]["value"] == "new"
    assert manifest.counts.tallies["entities"].dropped == {"duplicate": 1}
    assert manifest.counts.tallies["entities"].written == 2


def test_properties_and_lexemes_are_counted(tmp_path: Path) -> None:
    entries = [
        item(5, {"en": "human"}),
        {"type": "property", "id": "P31", "labels": {}},
        {"type": "lexeme", "id": "L1", "lemmas": {}},
    ]
    tally = run(tmp_path, wikidata_json(entries)).counts.tallies["entities"]
    assert (tally.read, tally.written) == (3, 1)
    assert tally.dropped == {"lexeme": 1, "property": 1}


def broken(lines: int = 30, at: int = 17) -> str:
    good = wikidata_json(item(q, {"en": "x"}) for q in range(1, lines)).splitlines()
    good[at - 1] = good[at - 1][: len(good[at - 1]) // 2]
    return "\n".join(good) + "\n"


def test_a_malformed_line_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dump\.json: 1 malformed .*line 17: .*--max-errors"):
        run(tmp_path, broken(), part_size=500)


def test_malformed_lines_within_the_limit_are_counted_by_their_number(tmp_path: Path) -> None:
    manifest = run(tmp_path, broken(), part_size=500, max_errors=1)
    assert manifest.counts.tallies["entities"].dropped == {"malformed line": 1}
    assert next(iter(manifest.counts.details["malformed lines"])).startswith("line 17: ")


def test_after_the_error_the_same_run_may_go_on_with_a_higher_limit(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(tmp_path, broken(), part_size=500)
    assert run(tmp_path, broken(), part_size=500, max_errors=1).parts


def test_a_dump_without_its_end_is_cut(tmp_path: Path) -> None:
    text = wikidata_json(item(q, {"en": "x"}) for q in range(1, 40)).removesuffix("]\n")
    with pytest.raises(CutInputError, match="without its closing"):
        run(tmp_path, text)
    manifest = run(tmp_path, text, keep_going=True)
    assert manifest.counts.tallies["entities"].written == 39
    assert len(manifest.counts.details["damaged inputs"]) == 1


@pytest.mark.parametrize("text", ["[\n]\n", "[]", "\n\n"])
def test_a_dump_without_entities_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="no entities"):
        run(tmp_path, text)


def test_the_sample_agrees_with_qwikidata(pipeline: Path, sample: Sample) -> None:
    from qwikidata.entity import WikidataItem
    from qwikidata.json_dump import WikidataJsonDump

    rows = {row["qid"]: row for row in rows_of(pipeline / "entities").to_dicts()}
    read = [e for e in WikidataJsonDump(str(sample.wikidata)) if e["type"] == "item"]
    assert len(read) == len(rows)
    for raw in random.Random(0).sample(read, 60):
        parts = ("labels", "descriptions", "aliases", "claims", "sitelinks")
        theirs = WikidataItem(raw | {part: raw.get(part) or {} for part in parts})
        row = rows[int(theirs.entity_id[1:])]
        for label in row["labels"]:
            assert theirs.get_label(label["language"]) == label["value"]
        assert len(row["labels"]) == len(raw.get("labels") or {})
        types = [c.mainsnak.datavalue.value["id"] for c in theirs.get_truthy_claim_group("P31")]
        assert [f"Q{t}" for t in row["types"]] == types
        titles = {x["site"]: x["title"] for x in row["sitelinks"]}
        assert titles.get("enwiki", "") == theirs.get_enwiki_title()
        assert titles == {x["site"]: x["title"] for x in (raw.get("sitelinks") or {}).values()}
