"""`make corpus`: its plan, stages side by side, and going on where it was interrupted."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import Source, item, wikidata_json, write_multistream

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
        write_multistream(dumps / "enwiki-1-pages-articles-multistream.xml.bz2", PAGES)
        (dumps / "wikidata-1-all.json.gz").write_bytes(gzip.compress(wikidata_json(ITEMS).encode()))
    settings = {"CSTOOL": cstool, "DUMPS": dumps, "WORK": folder / "work", "DATE": 1}
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
    assert sorted(plan) == ["entities", "extract", "link", "shard", "switch", "titles"]
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
