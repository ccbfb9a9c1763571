"""`make corpus`: its plan, stages side by side, and going on where it was interrupted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.download.server import Server, server, sha1
from tests.stages.small_wiki import Page, write_tables
from tests.support import Source, files_of, gzipped, item, rows_of, wikidata_json, write_multistream

__all__ = ["server"]

PAGE_DUMP = "enwiki-20261001-pages-articles-multistream.xml.bz2"
ITEM_DUMP = "wikidata-20261001-all.json.gz"
STAGES = ["entities", "enwiki/titles", "enwiki/sentences", "enwiki/linked", "enwiki/switched"]
PAGES = [Source(f"Page {n}", f"This is all that is said of [[Page {3 - n}]] here.") for n in (1, 2)]
ITEMS = [item(n, {"en": f"Page {n}", "de": f"Seite {n}"}, {"enwiki": f"Page {n}"}) for n in (1, 2)]


def needs_make() -> Path:
    """Return the installed program; skip the test without it or without make."""
    cstool = Path(sys.executable).parent / "cstool"
    if shutil.which("make") is None or not cstool.exists():
        pytest.skip("there is no make, or cstool is not installed")
    return cstool


def write_dumps(dumps: Path) -> Path:
    """Write the dumps of two pages and their items to a new folder."""
    dumps.mkdir()
    write_multistream(dumps / PAGE_DUMP, PAGES)
    (dumps / ITEM_DUMP).write_bytes(gzipped(wikidata_json(ITEMS).encode()))
    return dumps


def make(folder: Path, *arguments: str) -> list[str]:
    """Return the command that makes a corpus of two pages in a folder, by the Makefile here."""
    cstool = needs_make()
    dumps = folder / "dumps"
    if not dumps.exists():
        write_dumps(dumps)
    settings = {"CSTOOL": cstool, "DUMPS": dumps, "WORK": folder / "work", "DATE": 20261001}
    settings |= {"WIKI": "enwiki", "LANGUAGES": "de", "RUN": "--quiet -j 1"}
    told = [f"{name}={value}" for name, value in settings.items()]
    return ["make", "-C", str(ROOT), "--no-print-directory", "corpus", *told, *arguments]


def project(folder: Path, *options: str) -> Callable[..., list[str]]:
    """Run `cstool init` in a folder; return what gives the command that makes a goal there."""
    cstool = needs_make()
    asked = ["--wiki", "enwiki", "--languages", "de", "--quiet", *options]
    subprocess.run([cstool, "init", folder, *asked], check=True)

    def command(goal: str, *arguments: str) -> list[str]:
        making = ["make", "-C", str(folder), "--no-print-directory", goal, "RUN=--quiet -j 1"]
        return [*making, *arguments]

    return command


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
        begun = work / "enwiki/sentences", work / "entities/_manifest.json"
        while not all(path.exists() for path in begun) and time.monotonic() < until:
            time.sleep(0.01)
        assert not (work / "enwiki/titles/_manifest.json").exists()  # extract runs beside these
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
    near = "use --wikidata-date 20261005, the nearest finished"
    assert near in refused([*command, "WIKIDATA_DATE=20261001"])
    command.append("WIKIDATA_DATE=20261005")
    assert {*stages(run(command))} == {"download", "extract", "link", "titles"}
    assert "First" in rows_of(linked.parent / "titles")["title"].to_list()
    assert [one["qid"] for one in rows_of(linked)["mentions"].explode()] == [2, 1]
    assert "give pages or sql" in refused([*command, "TITLES_FROM=tables"])
    # Titles of another source are not kept silently.
    assert "--overwrite" in refused([*command, "TITLES_FROM=pages"])


def test_a_folder_of_cstool_init_gives_the_corpus_of_a_clone_and_goes_on(tmp_path: Path) -> None:
    run(make(tmp_path))
    folder = tmp_path / "project"
    command = project(folder, "--date", "20261001")
    dumps = write_dumps(folder / "dumps")
    os.utime(dumps / PAGE_DUMP, (1, 1))
    assert "download" in stages(run(command("corpus", "-j2")))
    work = folder / "work/20261001"
    for name in ("entities", "enwiki", "corpus"):
        assert files_of(work / name) == files_of(tmp_path / "work" / name)
    assert stages(run(command("corpus", "-n"))) == []
    # A dump of another time is read again, and the options of a stage are known.
    os.utime(dumps / PAGE_DUMP)
    changed = {"extract", "titles", "link", "switch", "shard"}
    assert {*stages(run(command("corpus", "-n")))} == changed
    assert {*stages(run(command("corpus")))} == changed
    assert stages(run(command("corpus", "-n"))) == []
    assert {*stages(run(command("corpus", "-n", "LANGUAGES=en")))} == {"switch", "shard"}
    # Dumps may be removed when the corpus is complete; they are missed when they are needed.
    (dumps / PAGE_DUMP).unlink()
    assert stages(run(command("corpus", "-n"))) == []
    assert stages(run(command("corpus", "-n", "LANGUAGES=en"))) == ["switch", "shard"]
    again = stages(run(command("corpus", "-n", "EXTRACT=--all-sentences")))
    assert again[0] == "download" and "extract" in again


def test_the_edition_that_latest_stood_for_is_used_until_its_list_is_removed(
    tmp_path: Path, server: Server, mirror: str
) -> None:
    command = project(tmp_path)
    asked = (f"MIRROR={mirror}", "TITLES_FROM=sql", "-j2")
    assert "download" in run(command("inputs", *asked))
    inputs, dumps = tmp_path / "work/latest/inputs", tmp_path / "dumps"
    lists = {path.name: path.read_text().split() for path in inputs.iterdir()}
    tables = [f"dumps/enwiki-20261001-{name}.sql.gz" for name in ("page", "page_props", "redirect")]
    assert lists["enwiki.pages"] == [f"dumps/{PAGE_DUMP}"]
    assert lists["enwiki.tables"] == tables
    assert lists["wikidata"] == ["dumps/wikidata-20261005-all.json.gz"]
    assert len(server.bodies(f"/enwiki/20261001/{PAGE_DUMP}")) == 1

    server.publish("enwiki", "20261101", {"pages-articles-multistream.xml.bz2": b"newer"})
    server.publish_wikidata("20261102", b"newer")
    times = {path: path.stat().st_mtime_ns for path in inputs.iterdir()}
    before = len(server.asked)
    run(command("inputs", *asked))
    assert len(server.asked) == before
    (dumps / PAGE_DUMP).unlink()
    (dumps / "wikidata-20261005-all.json.gz").unlink()
    run(command("inputs", *asked))
    assert (dumps / PAGE_DUMP).exists() and (dumps / "wikidata-20261005-all.json.gz").exists()
    del times[inputs / "downloaded"]
    assert {path: path.stat().st_mtime_ns for path in times} == times
    (inputs / "wikidata").unlink()
    run(command("inputs", *asked))
    assert (inputs / "wikidata").read_text() == "dumps/wikidata-20261102-all.json.gz\n"
    assert times[inputs / "enwiki.pages"] == (inputs / "enwiki.pages").stat().st_mtime_ns
