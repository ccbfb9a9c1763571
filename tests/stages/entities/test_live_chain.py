"""The stages after `cstool entities --live`: the corpus is that of the dump."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cstool.download.client import HttpClient, open_session
from cstool.execution.options import RunOptions
from cstool.report.verify.check import targets, verify
from cstool.stages.entities.live import entities_live
from cstool.stages.entities.live_options import LiveOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import link
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.titles.stage import titles
from cstool.storage.manifest import read_manifest
from tests.conftest import Sample
from tests.stages.small_wiki import Page, write_tables
from tests.support import rows_of
from tests.wikibase_server import items_of, running_wikibase

RUNNING = RunOptions(jobs=1, part_size=1 << 16, quiet=True)
LANGUAGES = "de,ja,sw,zh,ar"


@pytest.mark.parametrize(
    ("sites", "options"),
    [
        ("enwiki", SwitchOptions(LANGUAGES)),
        ("enwiki,dewiki,jawiki", SwitchOptions(LANGUAGES, labels="sitelink")),
        (None, SwitchOptions.of("entitycs", languages=LANGUAGES)),
    ],
)
def test_the_corpus_is_that_of_the_dump(
    sites: str | None,
    options: SwitchOptions,
    tmp_path: Path,
    pipeline: Path,
    sample: Sample,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    pages = [Page(row["title"], row["qid"]) for row in rows_of(pipeline / "titles").to_dicts()]
    tables = write_tables(tmp_path / "sql", pages)
    titles("enwiki", None, [], tmp_path / "titles", RUNNING, sql=tables)
    link(pipeline / "sentences", tmp_path / "titles", tmp_path / "linked", RUNNING)
    linked = tmp_path / "linked"
    with running_wikibase(items_of(sample.wikidata)) as server:
        http = HttpClient(open_session(), lambda text: None)
        asked = LiveOptions(f"en,{LANGUAGES}", sites, server.api)
        entities_live([linked], tmp_path / "live/entities", asked, RUNNING, http=http)
    selected = EntitiesOptions(languages=f"en,{LANGUAGES}", sites=sites, only=linked)
    entities(str(sample.wikidata), tmp_path / "dump/entities", selected, RUNNING)
    corpora = []
    for way in ("live", "dump"):
        folder = tmp_path / way
        switch(linked, folder / "entities", folder / "switched", options, RUNNING)
        shard([folder / "switched"], folder / "corpus", ShardOptions(), RUNNING)
        files = (folder / "corpus").rglob("*.parquet")
        names = {path.relative_to(folder / "corpus"): pq.read_table(path) for path in files}
        corpora.append(names)
    assert corpora[0].keys() == corpora[1].keys()
    assert len(corpora[0]) > 4
    for name, table in corpora[0].items():
        assert table.equals(corpora[1][name])
    manifest = read_manifest(tmp_path / "live/corpus")
    assert manifest
    [ancestor] = [one for one in manifest.lineage if one.stage == "entities"]
    assert ancestor.queried
    assert ancestor.parameters["api"] == server.api
    card = (tmp_path / "live/corpus/README.md").read_text()
    assert f"entities --live work/enwiki/linked --part-size 65536 --api {server.api}" in card
    assert f"| {server.api} | 20" in card
    folders = [linked, *(tmp_path / "live" / n for n in ("entities", "switched", "corpus"))]
    result = verify(targets(folders))
    assert result.sound, result.wrong


def test_the_language_and_the_wiki_of_the_text_are_always_kept(
    tmp_path: Path, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    tables = write_tables(tmp_path / "sql", [Page("日本", 17), Page("英語", 1860)])
    for path in (tmp_path / "sql").iterdir():
        path.write_bytes(path.read_bytes().replace(b"enwiki", b"jawiki"))
    titles("jawiki", None, [], tmp_path / "titles", RUNNING, sql=tables)
    extract([str(sample.japanese)], tmp_path / "sentences", ExtractOptions(), RUNNING)
    linked = tmp_path / "linked"
    link(tmp_path / "sentences", tmp_path / "titles", linked, RUNNING)
    with running_wikibase(items_of(sample.wikidata)) as server:
        http = HttpClient(open_session(), lambda text: None)
        entities_live(
            [linked], tmp_path / "live", LiveOptions("de", "enwiki", server.api), RUNNING, http=http
        )
    selected = EntitiesOptions(languages="de", sites="enwiki", only=linked)
    entities(str(sample.wikidata), tmp_path / "dump", selected, RUNNING)
    rows = rows_of(tmp_path / "live")
    assert rows.equals(rows_of(tmp_path / "dump"))
    assert rows["qid"].to_list() == [17, 1860]
    for row in rows.to_dicts():
        assert {"de", "ja"} <= {label["language"] for label in row["labels"]}
        assert {link["site"] for link in row["sitelinks"]} == {"enwiki", "jawiki"}
    # `switch` compares anchors with the Japanese names.
    made = switch(linked, tmp_path / "live", tmp_path / "out", SwitchOptions("de"), RUNNING)
    assert made.counts.tallies["sentences"].written
