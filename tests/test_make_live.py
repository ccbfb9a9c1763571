"""One `make corpus` from content exports and Wikidata's API, on servers with faults."""

import bz2
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.download.server import Server, cut, server, silent, status
from tests.stages.small_wiki import Page, write_tables
from tests.support import Source, gzipped, header_xml, page_xml
from tests.test_make import ITEMS, PAGES, make, project, run, stages
from tests.wikibase_server import WikibaseServer, fail, running_wikibase
from tests.wikibase_server import cut as cut_reply

__all__ = ["server"]

# A page of another namespace, which a content export has and an XML dump of articles has not.
TALK = Source("Talk:Page 1", "This is said of [[Page 2]] elsewhere.", namespace=1)
FILES = {"p1p1": [(1, PAGES[0])], "p2p3": [(2, PAGES[1]), (3, TALK)]}


def export_xml(pages: list[tuple[int, Source]]) -> bytes:
    """Return a file of a content export: one bz2 stream."""
    body = "".join(page_xml(number, page) for number, page in pages)
    return bz2.compress(f"{header_xml()}{body}</mediawiki>\n".encode())


@pytest.fixture
def wikibase() -> Iterator[WikibaseServer]:
    with running_wikibase(ITEMS) as running:
        yield running


@pytest.fixture
def exports(server: Server, tmp_path: Path) -> str:
    """A mirror that has a content export and SQL tables of another day, but no XML dump."""
    files = {pages: export_xml(content) for pages, content in FILES.items()}
    folder = server.publish_content("enwiki", "2026-10-01", files)
    wiki = [Page(page.title, number) for number, page in enumerate(PAGES, 1)]
    tables = write_tables(tmp_path / "tables", [*wiki, Page("First", target="Page 1")])
    written = {Path(p).stem: gzipped(Path(p).read_bytes()) for p in tables.paths}
    server.publish("enwiki", "20261020", {}, tables=written)
    return folder


def started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()


def test_a_corpus_is_made_without_any_dump_of_wikidata_through_faults_and_kills(
    tmp_path: Path, server: Server, exports: str, wikibase: WikibaseServer
) -> None:
    folder = tmp_path / "project"
    command = project(folder, "--entities", "live")
    asked = command(
        "corpus", "-j2", f"MIRROR={server.url}", f"API={wikibase.api}", "CONTACT=me@x.y"
    )
    plan = stages(run([*asked, "-n"]))
    order = ["download", "link", "entities", "switch", "shard"]
    assert [stage for stage in plan if stage in order] == order
    assert server.asked == [] and wikibase.asked == []

    # Killed while the second file is downloaded; a cut and a busy server when it goes on.
    second = f"{exports}enwiki-2026-10-01-p2p3.xml.bz2"
    server.faults[second] = [silent(60, upto=100)]
    process = started(asked)
    wait_for(lambda: server.bodies(second) and any(folder.rglob("*p1p1.xml.bz2")))
    kill(process)
    assert not (folder / "work/latest/inputs/enwiki.pages").exists()
    server.faults[second] = [cut(150), status(503, Retry_After="0")]
    # Killed while the API is asked; a refusal and a cut when it goes on.
    wikibase.delay = 60
    process = started(asked)
    wait_for(lambda: wikibase.asked)
    kill(process)
    wikibase.delay = 0
    wikibase.faults = [fail("maxlag", status=200, Retry_After="0"), cut_reply(20)]
    assert {*stages(run(asked))} == {"entities", "switch", "shard"}
    assert stages(run([*asked, "-n"])) == []

    work = folder / "work/latest"
    assert (work / "inputs/enwiki.pages").read_text().split() == [
        f"dumps/enwiki-2026-10-01-{pages}.xml.bz2" for pages in FILES
    ]
    assert "enwiki-20261020-page.sql.gz" in (work / "inputs/enwiki.tables").read_text()
    assert not any("wikidata" in ask.path for ask in server.asked)
    agents = {call.agent for call in server.asked} | {call.agent for call in wikibase.asked}
    assert all("me@x.y" in agent for agent in agents)
    assert {*wikibase.qids} == {"Q1", "Q2"}

    # The same sentences as from the dumps of the same pages and items.
    run(make(tmp_path))
    by_dumps, by_api = tmp_path / "work/corpus", work / "corpus"
    assert sentences(by_api) == sentences(by_dumps) != []


def sentences(corpus: Path) -> list[dict[str, object]]:
    """Return the rows of a corpus, in an order of their own."""
    rows = pl.concat([pl.read_parquet(path) for path in sorted(corpus.glob("data/*/*.parquet"))])
    return rows.sort("language", "text").to_dicts()
