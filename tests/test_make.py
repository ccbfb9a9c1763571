"""`make corpus`: its plan, stages side by side, and going on where it was interrupted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.download.server import Server, server, sha1
from tests.stages.small_wiki import Page, write_tables
from tests.support import Source, gzipped, item, rows_of, wikidata_json, write_multistream

__all__ = ["server"]

STAGES = ["entities", "enwiki/titles", "enwiki/sentences", "enwiki/linked", "enwiki/switched"]
PAGES = [Source(f"Page {n}", f"This is all that is said of [[Page {3 - n}]] here.") for n in (1, 2)]
ITEMS = [item(n, {"en": f"Page {n}", "de": f"Seite {n}"}, {"enwiki": f"Page {n}"}) for n in (1, 2)]


def make(folder: Path, *arguments: str) -> list[str]:
    """Return the command that makes a corpus of two pages in a folder."""
    cstool = Path(sys.executable).parent / "cstool"
    if shutil.which("make") is None or not cstool.exists():
        pytest.skip("there is no make, or cstool is not installed")
    dumps = folder / "dumps"
    if not dumps.exists():
        dumps.mkdir()
        write_multistream(dumps / "enwiki-20261001-pages-articles-multistream.xml.bz2", PAGES)
        (dumps / "wikidata-20261001-all.json.gz").write_bytes(
            gzipped(wikidata_json(ITEMS).encode())
        )
    settings = {"CSTOOL": cstool, "DUMPS": dumps, "WORK": folder / "work", "DATE": 20261001}
    settings |= {"WIKI": "enwiki", "LANGUAGES": "de", "RUN": "--quiet -j 1"}
    told = [f"{name}={value}" for name, value in settings.items()]
    return ["make", "-C", str(ROOT), "--no-print-directory", "corpus", *told, *arguments]


def run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stages(told: str) -> list[str]:
    """Return the stages whose commands make has told."""
    return [line.split()[1] for line in told.splitlines() if "/cstool " in line.split(" -o ")[0]]


def test_it_shows_its_plan_goes_on_where_it_was_interrupted_and_is_done_once(
    tmp_path: Path,
) -> None:
    plan = stages(run(make(tmp_path, "-n")))
    assert sorted(plan) == ["download", "entities", "extract", "link", "shard", "switch", "titles"]
    assert plan[0] == "download"
    assert plan.index("titles") < plan.index("link") < plan.index("switch") < plan.index("shard")
    work = tmp_path / "work"
    assert not (work / "entities").exists()
    with subprocess.Popen(
        make(tmp_path, "-j2"),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 60
        while not (work / "entities/_manifest.json").exists() and time.monotonic() < until:
            time.sleep(0.01)
        assert (work / "enwiki/sentences").exists()  # side by side
        os.killpg(process.pid, signal.SIGINT)
    assert process.returncode != 0
    done = {stage for stage in STAGES if (work / stage / "_manifest.json").exists()}
    assert "entities" in done
    assert not (work / "corpus").exists()
    assert not [*work.rglob("*.tmp"), *work.rglob("_lock*")]
    times = {stage: (work / stage / "_manifest.json").stat().st_mtime_ns for stage in done}
    left = stages(run(make(tmp_path, "-j2")))
    assert 3 <= len(left) <= 6 and "shard" in left
    made = {"sentences": "extract", "titles": "titles", "linked": "link"}
    for stage in done - {"entities"}:
        assert made[stage.rpartition("/")[2]] not in left
        assert (work / stage / "_manifest.json").stat().st_mtime_ns == times[stage]
    assert (work / "corpus/data/de").is_dir()
    assert stages(run(make(tmp_path, "-j2"))) == []


@pytest.fixture
def mirror(server: Server, tmp_path: Path) -> str:
    """A server with a wiki's pages and tables, and a dump of Wikidata of another day."""
    wiki = [Page(f"Page {n}", n) for n in (1, 2)]
    tables = write_tables(tmp_path / "tables", [*wiki, Page("First", target="Page 1")])
    pages = write_multistream(tmp_path / "pages.xml.bz2", PAGES)
    names = {
        "pages-articles-multistream.xml.bz2": pages.read_bytes(),
        **{f"{Path(t).name}.gz": gzipped(Path(t).read_bytes()) for t in tables.paths},
    }
    files = {f"enwiki-20261001-{name}": data for name, data in names.items()}
    sums = "".join(f"{sha1(data)}  {name}\n" for name, data in files.items())
    files["enwiki-20261001-sha1sums.txt"] = sums.encode()
    server.files |= {f"/enwiki/20261001/{name}": data for name, data in files.items()}
    server.publish_wikidata("20261005", gzipped(wikidata_json(ITEMS).encode()))
    return server.url


def refused(command: list[str]) -> str:
    """Return what a command that fails says of it."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    return done.stderr


def test_dumps_are_fetched_and_titles_read_from_tables(tmp_path: Path, mirror: str) -> None:
    linked = tmp_path / "work/enwiki/linked"
    asked = ["DATE=20261001", f"MIRROR={mirror}", f"DUMPS={tmp_path / 'fetched'}"]
    command = make(tmp_path, *asked, "TITLES_FROM=sql")
    command[command.index("corpus")] = str(linked / "_manifest.json")
    near = "use --wikidata-date 20261005, the nearest finished dump"
    assert near in refused([*command, "WIKIDATA_DATE=20261001"])
    command.append("WIKIDATA_DATE=20261005")
    assert {*stages(run(command))} == {"download", "extract", "link", "titles"}
    assert "First" in rows_of(linked.parent / "titles")["title"].to_list()
    assert [one["qid"] for one in rows_of(linked)["mentions"].explode()] == [2, 1]
    assert "give pages or sql" in refused([*command, "TITLES_FROM=tables"])
    # Titles of another source are not kept silently.
    assert "--overwrite" in refused([*command, "TITLES_FROM=pages"])
