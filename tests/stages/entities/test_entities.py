"""Reading Wikidata's dump into the table of items."""

import bz2
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cstool.dumps import streams
from cstool.errors import CutInputError, InputError, OutputError
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.storage import run as storage_run
from cstool.storage.manifest import Manifest
from tests.conftest import Sample
from tests.support import files_of, gzipped, item, rows_of, wikidata_json


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


def test_of_a_duplicate_item_the_last_one_is_kept(tmp_path: Path) -> None:
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


def test_after_the_error_the_run_resumes_with_a_higher_limit(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(tmp_path, broken(), part_size=500)
    assert run(tmp_path, broken(), part_size=500, max_errors=1).parts


def test_a_dump_without_its_end_is_truncated(tmp_path: Path) -> None:
    text = wikidata_json(item(q, {"en": "x"}) for q in range(1, 40)).removesuffix("]\n")
    with pytest.raises(CutInputError, match="the closing \\] is missing"):
        run(tmp_path, text)
    manifest = run(tmp_path, text, keep_going=True)
    assert manifest.counts.tallies["entities"].written == 39
    assert len(manifest.counts.details["damaged inputs"]) == 1


@pytest.mark.parametrize("text", ["[\n]\n", "[]", "\n\n"])
def test_a_dump_without_entities_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="no entities"):
        run(tmp_path, text)


def full(qid: int) -> dict[str, Any]:
    """Return an item with labels, aliases and sitelinks in several languages."""
    whole: dict[str, Any] = item(
        qid,
        {"de": f"Ding {qid}", "en": f"thing {qid}", "ja": "物", "mul": f"X{qid}", "nn": "ting"},
        {"enwiki": f"Thing {qid}", "dewiki": f"Ding {qid}", "zh_min_nanwiki": "Mi̍h"},
        [5],
    )
    whole["aliases"] = {c: [{"language": c, "value": v} for v in "ba"] for c in ("de", "fr")}
    return whole


def test_other_languages_and_sites_are_dropped_and_counted(
    tmp_path: Path,
) -> None:
    manifest = run(tmp_path, wikidata_json(map(full, (3, 2))), languages="nb", sites="enwiki")
    rows = rows_of(tmp_path / "out").to_dicts()
    assert [row["qid"] for row in rows] == [2, 3]
    # nb falls back to nn, among others; mul and en stand behind every chain.
    assert [label["language"] for label in rows[0]["labels"]] == ["en", "mul", "nn"]
    assert rows[0]["aliases"] == []
    assert rows[1]["sitelinks"] == [{"site": "enwiki", "title": "Thing 3"}]
    tallies = manifest.counts.tallies
    assert (tallies["labels"].read, tallies["labels"].written) == (10, 6)
    assert tallies["labels"].dropped == {"other language": 4}
    assert tallies["aliases"].dropped == {"other language": 8}
    assert tallies["sitelinks"].dropped == {"other site": 4}
    assert set(manifest.parameters["languages"]) >= {"nb", "nn", "mul", "en"}
    assert manifest.parameters["sites"] == ["enwiki"]


def test_only_the_items_of_a_list_are_kept(tmp_path: Path) -> None:
    listed = tmp_path / "wanted.txt"
    listed.write_text("Q3\n\nQ9  # not in the dump\nq1\nQ3\n")
    manifest = run(tmp_path, wikidata_json(map(full, (1, 2, 3))), only=listed)
    assert rows_of(tmp_path / "out")["qid"].to_list() == [1, 3]
    assert manifest.counts.tallies["entities"].dropped == {"not asked for": 1}
    assert manifest.counts.details["asked for"] == {"found": 2, "not in the dump": 1}
    assert manifest.parameters["only"].startswith("3 items, xxh3:")


def test_only_what_a_linked_folder_links_to_is_kept(
    tmp_path: Path, pipeline: Path, sample: Sample
) -> None:
    linked = set(
        rows_of(pipeline / "linked")["mentions"].explode().struct.field("qid").drop_nulls()
    )
    options = EntitiesOptions(only=pipeline / "linked")
    running = RunOptions(jobs=1, quiet=True)
    entities(str(sample.wikidata), tmp_path / "out", options, running)
    assert set(rows_of(tmp_path / "out")["qid"]) == linked & set(
        rows_of(pipeline / "entities")["qid"]
    )
    with pytest.raises(InputError, match="contains output of `cstool extract`"):
        run(tmp_path, wikidata_json([full(1)]), only=pipeline / "sentences")


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ("", "contains no QIDs"),
        ("# nothing\n", "contains no QIDs"),
        ("Q1\nBerlin\n", "line 2 is not a QID: b'Berlin'"),
        ("Q4294967296\n", "line 1 is not a QID"),
        ("P31\n", "line 1 is not a QID"),
    ],
)
def test_an_invalid_list_of_items_is_refused(tmp_path: Path, listed: str, words: str) -> None:
    path = tmp_path / "wanted.txt"
    path.write_text(listed)
    with pytest.raises(InputError, match=words):
        run(tmp_path, wikidata_json([full(1)]), only=path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"languages": "german"}, "--languages: 'german' is not a language code"),
        ({"languages": ","}, "--languages: empty list"),
        (
            {"sites": "en.wikipedia.org"},
            "--sites: 'en.wikipedia.org' is not a wiki's database name",
        ),
        ({"sites": "de"}, "--sites: 'de' is not a wiki's database name"),
        ({"sites": " "}, "--sites: no wiki given"),
    ],
)
def test_an_invalid_language_or_site_is_refused(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        run(tmp_path, wikidata_json([full(1)]), **options)


def test_other_choices_over_old_output_are_refused(tmp_path: Path) -> None:
    text = wikidata_json([full(1)])
    run(tmp_path, text, languages="de")
    with pytest.raises(OutputError, match="languages: de,en,mul"):
        run(tmp_path, text, languages="fr")
    assert run(tmp_path, text, languages="de").parts


def test_terms_of_a_duplicate_are_counted_as_dropped(tmp_path: Path) -> None:
    text = wikidata_json([full(5), item(7, {}), item(5, {"en": "new"}, {"enwiki": "New"})])
    tallies = run(tmp_path, text, part_size=1).counts.tallies
    for unit, (read, written) in {"labels": (6, 1), "aliases": (4, 0), "sitelinks": (4, 1)}.items():
        assert (tallies[unit].read, tallies[unit].written) == (read, written)
        assert tallies[unit].dropped == {"duplicate": read - written}


BAD = {
    "broken UTF-8": b'{"type":"item","id":"Q5","labels":{"de":{"language":"de","value":"\xff"}}}',
    "wrong type": b'{"type":"item","id":"Q5","labels":{"de":{"language":"de","value":5}}}',
    "deep": b'{"type":"item","id":"Q5","claims":{"P1":' + b"[" * 99_999 + b"]" * 99_999 + b"}}",
    "two lines in one": b'{"type":"item","id":"Q5","labels":{}{"type":"item","id":"Q6"}',
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_bad_line_is_named_or_counted(tmp_path: Path, line: bytes) -> None:
    dump = tmp_path / "d.json"
    good = b'{"type":"item","id":"Q%d","labels":[],"aliases":[],"claims":[],"sitelinks":[]},\n'
    dump.write_bytes(b"[\n" + good % 1 + line + b",\n" + good % 2 + b'{"id":"Q3"}\n]\n')
    running = RunOptions(jobs=1, quiet=True)
    with pytest.raises(InputError, match=r"d\.json: 1 malformed line\(s\), the first at line 3: "):
        entities(str(dump), tmp_path / "out", EntitiesOptions(), running)
    entities(str(dump), tmp_path / "out", EntitiesOptions(max_errors=1), running)
    assert rows_of(tmp_path / "out")["qid"].to_list() == [1, 2, 3]


def test_the_readable_part_of_a_truncated_gzip_dump_is_kept(tmp_path: Path) -> None:
    text = wikidata_json(full(q) for q in range(1, 300)).encode()
    dump = tmp_path / "d.json.gz"
    members = [gzipped(text[i : i + 5000]) for i in range(0, len(text), 5000)]
    dump.write_bytes(b"".join(members[:3]) + members[3][:-30])
    running = RunOptions(jobs=1, part_size=4000, quiet=True)
    with pytest.raises(CutInputError, match="truncated: the gzip data ends early"):
        entities(str(dump), tmp_path / "out", EntitiesOptions(), running)
    entities(str(dump), tmp_path / "out", EntitiesOptions(keep_going=True), running)
    kept = rows_of(tmp_path / "out")["qid"].to_list()
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= text[:15000].count(b"\n") - 1


def test_two_workers_write_the_bytes_that_one_writes(tmp_path: Path) -> None:
    text = wikidata_json(full(q * 7919 % 3001 + 1) for q in range(900))
    dump = tmp_path / "d.json.bz2"
    dump.write_bytes(bz2.compress(text.encode()))
    for jobs in (1, 2):
        running = RunOptions(jobs=jobs, part_size=1 << 12, quiet=True)
        entities(str(dump), tmp_path / str(jobs), EntitiesOptions(), running)
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")
    assert len(files_of(tmp_path / "1")) > 3


ITEMS = st.lists(
    st.tuples(
        st.integers(1, (1 << 32) - 1),
        st.dictionaries(st.sampled_from(["de", "en", "mul", "zh-hant"]), st.text(max_size=9)),
        st.dictionaries(st.sampled_from(["enwiki", "dewiki"]), st.text(max_size=9)),
        st.lists(st.integers(1, 99), max_size=3),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda found: found[0],
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ITEMS, st.integers(1, 5000))
def test_reading_back_gives_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, found: list[Any], part_size: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    run(folder, wikidata_json(item(*each) for each in found), part_size)
    for (qid, labels, links, types), row in zip(
        sorted(found), rows_of(folder / "out").to_dicts(), strict=True
    ):
        assert row["qid"] == qid
        assert [(x["language"], x["value"]) for x in row["labels"]] == sorted(labels.items())
        assert [(x["site"], x["title"]) for x in row["sitelinks"]] == sorted(links.items())
        assert row["types"] == types


def test_the_progress_bars_advance_evenly_and_reach_their_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, list[float]] = {}

    def bar(label: str, total: int | None, **_: Any) -> Any:
        told[label] = [float(total or 0)]
        return SimpleNamespace(
            update=told[label].append, note_memory=lambda peak: None, close=lambda: None
        )

    monkeypatch.setattr(storage_run, "progress", bar)
    text = wikidata_json(full(q * 7919 % 30011 + 1) for q in range(2000)).encode()
    (tmp_path / "d.json.gz").write_bytes(gzipped(text))
    monkeypatch.setattr(streams, "_CHUNK", 1000)
    running = RunOptions(jobs=1, part_size=1 << 15)
    entities(str(tmp_path / "d.json.gz"), tmp_path / "out", EntitiesOptions(), running)
    assert set(told) >= {"entities: read", "entities: sort"}
    for size, *steps in told.values():
        assert sum(steps) == size
        assert max(steps) <= size / 3
    assert told["entities: read"][0] == (tmp_path / "d.json.gz").stat().st_size


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
