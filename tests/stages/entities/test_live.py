"""`cstool entities --live`: items from the API of a Wikibase."""

import bz2
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cstool.download.client import HttpClient, open_session
from cstool.download.replies import ServerError
from cstool.errors import InputError, OutputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.stages.entities.asking import ApiPolicy
from cstool.stages.entities.live import entities_live
from cstool.stages.entities.live_options import LiveOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.storage.checksums import read_footer
from cstool.storage.manifest import Manifest, Queried
from tests.conftest import Sample
from tests.support import item, rows_of, wikidata_json
from tests.wikibase_server import WikibaseServer, items_of, running_wikibase

ONE, TWO = RunOptions(jobs=1, quiet=True), RunOptions(jobs=2, quiet=True)


def full(qid: int) -> dict[str, Any]:
    """Return an item with labels, aliases and sitelinks in several languages."""
    whole: dict[str, Any] = item(
        qid,
        {"de": f"Ding {qid}", "en": f"thing {qid}", "ja": "物", "mul": f"X{qid}", "nn": "ting"},
        {"enwiki": f"Thing {qid}", "dewiki": f"Ding {qid}", "zh_min_nanwiki": "Mi̍h"},
        [5, qid % 3 + 1],
    )
    if qid % 2:
        whole["aliases"] = {c: [{"language": c, "value": v} for v in "ba"] for c in ("de", "fr")}
        whole["claims"]["P31"][1]["rank"] = "preferred"
    return whole


@pytest.fixture
def wikibase(monkeypatch: pytest.MonkeyPatch) -> Iterator[WikibaseServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_wikibase(map(full, range(1, 301))) as server:
        yield server


def listed(folder: Path, qids: Any, name: str = "wanted.txt") -> Path:
    path = folder / name
    path.write_text("".join(f"Q{qid}\n" for qid in qids))
    return path


def live(
    server: WikibaseServer,
    out: Path,
    *sources: Path,
    running: RunOptions = ONE,
    now: float = 1.8e9,
    **options: Any,
) -> Manifest:
    http = HttpClient(open_session(), lambda text: None, sleep=lambda s: None, now=lambda: now)
    given = LiveOptions(api=server.api, **options)
    return entities_live(sources, out, given, running, http=http)


def data_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each part up to its footer, which contains the run's fingerprint."""
    parts = {}
    for path in sorted(folder.glob("*.parquet")):
        data = path.read_bytes()
        parts[path.name] = data[: -8 - int.from_bytes(data[-8:-4], "little")]
        assert read_footer(path).num_row_groups <= 1
    return parts


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sets(st.integers(1, 330), min_size=1, max_size=200),
    st.sampled_from([None, "de", "nb,ja", "all"]),
    st.sampled_from([None, "enwiki", "dewiki,zh_min_nanwiki"]),
    st.sampled_from([1, 1 << 15, 1 << 17, 1 << 26]),
    st.randoms(use_true_random=False),
)
def test_the_parts_are_those_of_a_dump_with_the_same_items(
    wikibase: WikibaseServer,
    tmp_path_factory: pytest.TempPathFactory,
    qids: set[int],
    languages: str | None,
    sites: str | None,
    part_size: int,
    random: Any,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    wanted = listed(folder, qids)
    lines = [*wikibase.items.values()]
    random.shuffle(lines)
    (folder / "d.json").write_text(wikidata_json(lines))
    given_options: dict[str, Any] = {"languages": languages, "sites": sites}
    running = RunOptions(jobs=1, part_size=part_size, quiet=True)
    manifest = live(wikibase, folder / "live", wanted, running=running, **given_options)
    options = EntitiesOptions(only=wanted, **given_options)
    entities(str(folder / "d.json"), folder / "dump", options, running)
    assert data_of(folder / "live") == data_of(folder / "dump")
    found = sum(qid <= 300 for qid in qids)
    tally = manifest.counts.tallies["entities"]
    assert (tally.read, tally.written) == (len(qids), found)
    assert rows_of(folder / "live")["qid"].to_list() == sorted(q for q in qids if q <= 300)


def test_only_the_languages_and_sites_are_asked_for(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    wanted = listed(tmp_path, range(1, 121))
    live(wikibase, tmp_path / "out", wanted, languages="nb", sites="enwiki")
    assert [len(call.qids) for call in wikibase.asked] == [50, 50, 20]
    assert len(set(wikibase.qids)) == 120
    for call in wikibase.asked:
        assert {"nb", "nn", "mul", "en"} <= set(call.parameters["languages"].split("|"))
        assert call.parameters["sitefilter"] == "enwiki"
        assert call.parameters["maxlag"] == "5"
        assert "descriptions" not in call.parameters["props"]
    assert wikibase.busiest == 1


def test_more_languages_than_a_call_may_have_are_selected_here(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    wanted = listed(tmp_path, [7])
    manifest = live(wikibase, tmp_path / "out", wanted, languages="entitycs", sites="enwiki")
    assert len(manifest.parameters["languages"]) > 50
    assert "languages" not in wikibase.asked[0].parameters
    assert manifest.counts.tallies["aliases"].written == 4
    assert manifest.counts.tallies["labels"].dropped == {}


def test_languages_that_the_server_does_not_know_are_no_fault(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    wikibase.languages, wikibase.sites = {"de", "en"}, {"enwiki"}
    told: list[str] = []
    http = HttpClient(open_session(), told.append, sleep=lambda s: None)
    options = LiveOptions("de,ja", "enwiki,xxwiki", wikibase.api)
    sources = [listed(tmp_path, range(1, 120))]
    entities_live(sources, tmp_path / "out", options, ONE, http=http)
    [warning] = told  # once for three calls, and only about the site
    assert 'parameter "sitefilter": xxwiki' in warning


def test_items_without_a_row_are_counted_and_named(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    del wikibase.items["Q9"]
    wikibase.redirects = {"Q20": "Q21", "Q22": "Q23", "Q23": "Q24"}  # a double one leads nowhere
    del wikibase.items["Q20"], wikibase.items["Q22"], wikibase.items["Q23"]
    wanted = listed(tmp_path, [9, 20, 21, 22, 30, 5000, 2**31 - 1, 2**31, 2**32 - 1])
    manifest = live(wikibase, tmp_path / "out", wanted)
    rows = {row["qid"]: row for row in rows_of(tmp_path / "out").to_dicts()}
    assert sorted(rows) == [20, 21, 30]
    assert rows[20] == rows[21] | {"qid": 20}
    tally = manifest.counts.tallies["entities"]
    assert (tally.read, tally.written, tally.dropped) == (9, 3, {"no such item": 6})
    details = manifest.counts.details
    assert details["asked for"] == {"found": 3, "not on the server": 6, "redirected": 1}
    assert details["redirected items"] == {"Q20 → Q21": 1}
    missing = {"Q9", "Q22", "Q5000", "Q2147483647", "Q2147483648", "Q4294967295"}
    assert details["missing items"].keys() == missing
    assert "Q2147483648" not in wikibase.qids


def test_nothing_at_all_found_is_an_empty_table(wikibase: WikibaseServer, tmp_path: Path) -> None:
    manifest = live(wikibase, tmp_path / "out", listed(tmp_path, [1000, 2000]))
    assert manifest.counts.tallies["entities"].dropped == {"no such item": 2}
    assert rows_of(tmp_path / "out").height == 0


def test_the_manifest_has_the_times_and_the_address(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    wanted = listed(tmp_path, range(1, 101))
    manifest = live(wikibase, tmp_path / "a", wanted)
    assert manifest.queried == Queried("2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z")
    assert manifest.parameters["api"] == wikibase.api
    assert manifest.parameters["only"].startswith("100 items, xxh3:")
    assert manifest.inputs[0].name == "wanted.txt"
    assert manifest.inputs[0].fingerprint
    text = (tmp_path / "a/_manifest.json").read_text()
    assert json.loads(text)["queried"]["last"] == "2027-01-15T08:00:00Z"
    live(wikibase, tmp_path / "b", wanted, now=1.9e9)
    parts = [{p.name: p.read_bytes() for p in (tmp_path / n).glob("*.parquet")} for n in "ab"]
    assert parts[0] == parts[1]


def test_a_second_run_asks_for_nothing_and_other_parameters_are_refused(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    wanted = listed(tmp_path, range(1, 101))
    first = live(wikibase, tmp_path / "out", wanted)
    assert live(wikibase, tmp_path / "out", wanted) == first
    assert len(wikibase.asked) == 2
    with pytest.raises(OutputError, match="made with other parameters: languages"):
        live(wikibase, tmp_path / "out", wanted, languages="de")
    with running_wikibase([]) as other, pytest.raises(OutputError, match="parameters: api"):
        live(other, tmp_path / "out", wanted)
    with pytest.raises(OutputError, match="from another version of"):
        live(wikibase, tmp_path / "out", listed(tmp_path, [1, 2]))
    assert len(wikibase.asked) == 2


def test_after_a_fault_only_the_missing_calls_are_made(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    wanted = listed(tmp_path, range(1, 300))

    def refusing(handler: Any) -> None:
        handler.send(b"{}", 403)

    wikibase.faults = [lambda handler: handler.answer()] * 3 + [refusing]
    with pytest.raises(ServerError, match=r"Q151 to Q200\): the server returned HTTP 403"):
        live(wikibase, tmp_path / "out", wanted)
    manifest = live(wikibase, tmp_path / "out", wanted, now=1.9e9)
    assert len(wikibase.asked) == 7
    assert wikibase.qids.count("Q1") == 1
    assert manifest.queried == Queried("2027-01-15T08:00:00Z", "2030-03-17T17:46:40Z")
    live(wikibase, tmp_path / "whole", wanted)
    assert data_of(tmp_path / "out") == data_of(tmp_path / "whole")


def test_too_many_items_are_refused_before_any_call(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"101 items are more than 100.*--max-items 101"):
        live(wikibase, tmp_path / "out", listed(tmp_path, range(1, 102)), max_items=100)
    assert not wikibase.asked
    assert not (tmp_path / "out").exists()


def test_several_lists_are_asked_for_together(wikibase: WikibaseServer, tmp_path: Path) -> None:
    sources = [listed(tmp_path, [3, 1], "a.txt"), listed(tmp_path, [2, 3], "b.txt")]
    manifest = live(wikibase, tmp_path / "out", *sources)
    assert wikibase.qids == ["Q1", "Q2", "Q3"]
    assert [given.name for given in manifest.inputs] == ["a.txt", "b.txt"]
    with pytest.raises(InputError, match="given twice"):
        live(wikibase, tmp_path / "other", sources[0], sources[0])


@pytest.mark.parametrize("running", [RunOptions(array_task=(1, 2)), RunOptions(scheduler="local")])
def test_calls_are_not_distributed(
    wikibase: WikibaseServer, tmp_path: Path, running: RunOptions
) -> None:
    with pytest.raises(WrongCallError, match="one call at a time"):
        live(wikibase, tmp_path / "out", listed(tmp_path, [1]), running=running)


def test_the_number_of_workers_does_not_matter(wikibase: WikibaseServer, tmp_path: Path) -> None:
    wanted = listed(tmp_path, range(1, 200))
    for name, running in (("1", ONE), ("2", TWO)):
        live(wikibase, tmp_path / name, wanted, running=running)
    assert data_of(tmp_path / "1") == data_of(tmp_path / "2")
    assert wikibase.busiest == 1


def test_the_linked_items_of_the_sample_are_those_of_its_dump(
    tmp_path: Path, pipeline: Path, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    languages, sites = "de,ja,sw,zh", "enwiki,dewiki"
    linked = pipeline / "linked"
    options = EntitiesOptions(languages=languages, sites=sites, only=linked)
    entities(str(sample.wikidata), tmp_path / "dump", options, ONE)
    with running_wikibase(items_of(sample.wikidata)) as server:
        manifest = live(server, tmp_path / "live", linked, languages=languages, sites=sites)
    assert data_of(tmp_path / "live") == data_of(tmp_path / "dump")
    assert manifest.inputs[0].name == "link"
    assert [one.stage for one in manifest.lineage][-1] == "link"


def test_the_rows_agree_with_what_qwikidata_reads_from_the_same_server(
    tmp_path: Path, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qwikidata.entity import WikidataItem
    from qwikidata.linked_data_interface import get_entity_dict_from_api

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_wikibase(items_of(sample.wikidata)) as server:
        qids = sorted(int(q[1:]) for q, e in server.items.items() if e["type"] == "item")[::9]
        live(server, tmp_path / "out", listed(tmp_path, qids))
        rows = {row["qid"]: row for row in rows_of(tmp_path / "out").to_dicts()}
        assert sorted(rows) == qids
        for qid, row in rows.items():
            base = f"{server.url}/wiki/Special:EntityData"
            raw = get_entity_dict_from_api(f"Q{qid}", base_url=base)
            theirs = WikidataItem(raw)
            labels = {label["language"]: label["value"] for label in row["labels"]}
            assert labels == {c: theirs.get_label(c) for c in raw["labels"]}
            for code in raw["aliases"]:
                ours = [a["value"] for a in row["aliases"] if a["language"] == code]
                assert ours == theirs.get_aliases(code)
            types = [c.mainsnak.datavalue.value["id"] for c in theirs.get_truthy_claim_group("P31")]
            assert [f"Q{t}" for t in row["types"]] == types
            titles = {link["site"]: link["title"] for link in row["sitelinks"]}
            assert titles == {s: link["title"] for s, link in raw["sitelinks"].items()}


def test_the_pauses_depend_on_the_server_and_the_contact() -> None:
    policy = ApiPolicy()
    wikidata = "https://www.wikidata.org/w/api.php"
    assert policy.pause_for(wikidata, "me@example.org") == 1
    assert policy.pause_for(wikidata, None) == 6
    assert policy.pause_for("http://127.0.0.1:8080/w/api.php", None) == 0
    assert policy.pause_for("http://localhost/api.php", None) == 0


def test_a_dump_and_the_server_write_the_same_bytes_for_unsorted_slices(
    wikibase: WikibaseServer, tmp_path: Path
) -> None:
    lines = [full(q * 7919 % 301) for q in range(1, 301)]
    (tmp_path / "d.json.bz2").write_bytes(bz2.compress(wikidata_json(lines).encode()))
    wanted = listed(tmp_path, range(1, 301, 2))
    running = RunOptions(jobs=1, part_size=1 << 12, quiet=True)
    entities(str(tmp_path / "d.json.bz2"), tmp_path / "dump", EntitiesOptions(only=wanted), running)
    live(wikibase, tmp_path / "live", wanted, running=running)
    assert data_of(tmp_path / "live") == data_of(tmp_path / "dump")
    assert len(data_of(tmp_path / "live")) == 75
