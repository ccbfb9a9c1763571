"""One entity: from a folder, and from a server that imitates Wikidata."""

import gzip
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from qwikidata import linked_data_interface
from qwikidata.entity import WikidataItem

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.report.show.entity import EntityTable, described, from_folder, live, types_of
from cstool.stages.entities.stage import EntitiesOptions, entities
from tests.conftest import Sample
from tests.support import item, rows_of, wikidata_json


@pytest.fixture(scope="module")
def dump(sample: Sample) -> dict[str, dict[str, Any]]:
    """The items of the sample in Wikidata's JSON format."""
    lines = gzip.decompress(sample.wikidata.read_bytes()).decode().split("\n")[1:]
    found = (json.loads(line.rstrip(",")) for line in lines if line.startswith("{"))
    return {one["id"]: one for one in found if one["type"] == "item"}


def test_the_typed_view_of_a_row_is_that_of_the_dump(
    pipeline: Path, dump: dict[str, dict[str, Any]]
) -> None:
    for qid in ("Q64", "Q90", "Q56005"):
        ours = from_folder(pipeline / "entities", int(qid[1:])).item
        theirs = WikidataItem({"aliases": {}, "descriptions": {}, **dump[qid]})
        codes = [*dump[qid]["labels"], "xx"]
        assert [ours.get_label(c) for c in codes] == [theirs.get_label(c) for c in codes]
        assert [ours.get_aliases(c) for c in codes] == [theirs.get_aliases(c) for c in codes]
        titles = {site: link["title"] for site, link in theirs.get_sitelinks("").items()}
        assert {s: link["title"] for s, link in ours.get_sitelinks("").items()} == titles
        assert ours.get_enwiki_title() == theirs.get_enwiki_title()
        # Ours are sorted.
        assert sorted(types_of(ours)) == sorted(set(types_of(theirs)))


def test_an_item_is_found_among_many_parts_or_not(tmp_path: Path) -> None:
    numbers = [*range(5, 3000, 7)]
    path = tmp_path / "dump.json"
    path.write_text(wikidata_json(item(n, {"en": f"Name {n}"}) for n in numbers))
    out = tmp_path / "entities"
    entities(str(path), out, EntitiesOptions(), RunOptions(jobs=1, part_size=100, quiet=True))
    assert len([*out.glob("part-*.parquet")]) > 20
    table = EntityTable(out)
    assert [table.name(n) for n in numbers] == [f"Name {n}" for n in numbers]
    assert not any(table.row(n) for n in (1, 4, 6, 1500, 2999, 3000, 2**32 - 1))


def test_what_is_shown_names_types_labels_and_sitelinks(pipeline: Path) -> None:
    head, labels, links = described(from_folder(pipeline / "entities", 64))
    row = next(r for r in rows_of(pipeline / "entities").to_dicts() if r["qid"] == 64)
    assert head.head == "Q64  Berlin"
    assert all(f"Q{qid}" in head.pieces[0].text for qid in row["types"])
    assert labels.head == f"labels in {len(row['labels'])} languages"
    assert next(p.text for p in labels.pieces if p.language == "ja").startswith("Japanese")
    assert {(p.language, p.text) for p in links.pieces} == {
        (link["site"], link["title"]) for link in row["sitelinks"]
    }


def test_an_item_without_a_label_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text(wikidata_json([item(7, {}, types=[8])]))
    entities(str(path), tmp_path / "e", EntitiesOptions(), RunOptions(jobs=1, quiet=True))
    assert next(described(from_folder(tmp_path / "e", 7))).head == "Q7  (no label)"


# ---- live ----


@pytest.fixture
def wikidata(
    dump: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """A server that imitates Special:EntityData; the User-Agents of its clients."""
    guests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            guests.append(self.headers["User-Agent"])
            qid = self.path.split("/")[-1].removesuffix(".json")
            qid = {"Q640": "Q64"}.get(qid, qid)  # as for an item that was merged
            body = b"no such entity"
            if qid in dump:
                body = json.dumps({"entities": {qid: {"aliases": [], **dump[qid]}}}).encode()
            self.send_response(200 if qid in dump else 500 if qid == "Q500" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/wiki/Special:EntityData"
    monkeypatch.setattr(linked_data_interface, "WIKIDATA_LDI_URL", address)
    yield guests
    server.shutdown()
    server.server_close()


def test_live_returns_the_same_and_sends_a_user_agent(
    wikidata: list[str], dump: dict[str, dict[str, Any]]
) -> None:
    dump.setdefault("Q1", item(1, {"en": "universe"}))
    dump["Q2"] = item(2, {"mul": "Terra"}, types=[1])
    for claim in dump["Q2"]["claims"]["P31"]:
        claim |= {"id": "Q2$1", "type": "statement"}
        claim["mainsnak"]["datatype"] = "wikibase-item"
    found = live(2)
    assert found.types == {1: "universe"}
    assert next(described(found)).head == "Q2  Terra"
    assert all(guest.startswith("cstool/") for guest in wikidata)


def test_live_follows_a_merged_item(wikidata: list[str], dump: dict[str, dict[str, Any]]) -> None:
    del wikidata
    dump["Q64"] = item(64, {"en": "Berlin"})
    assert live(640).json["id"] == "Q64"


def test_live_reports_a_missing_item_and_a_failed_request(
    wikidata: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del wikidata
    with pytest.raises(InputError, match="has no Q4000000"):
        live(4000000)
    with pytest.raises(InputError, match=r"cannot be fetched \(HTTP 500\)"):
        live(500)
    monkeypatch.setattr(linked_data_interface, "WIKIDATA_LDI_URL", "http://127.0.0.1:9/x")
    with pytest.raises(InputError, match=r"no connection.*--entities DIR"):
        live(64)
