"""`cstool entities --limit`: the first items of a dump."""

import bz2
import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cstool.errors import OutputError
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.storage.manifest import Manifest
from tests.support import files_of, item, rows_of, wikidata_json

ENTRIES = [
    {"type": "property", "id": "P31", "labels": {}},
    *(item(9000 - q, {"en": f"thing {q}"}) for q in range(400)),
    {"type": "lexeme", "id": "L1", "lemmas": {}},
    *(item(20_000 + q, {"en": f"other thing {q}"}) for q in range(400)),
]


def run(dump: Path, out: Path, jobs: int = 1, **options: Any) -> Manifest:
    running = RunOptions(jobs=jobs, part_size=1 << 12, quiet=True)
    return entities(str(dump), out, EntitiesOptions(**options), running)


@pytest.mark.parametrize("limit", [1, 2, 399, 400, 401, 799])
def test_the_first_items_are_read_and_no_more(tmp_path: Path, limit: int) -> None:
    dump = tmp_path / "d.json"
    dump.write_text(wikidata_json(ENTRIES))
    tally = run(dump, tmp_path / "out", limit=limit).counts.tallies["entities"]
    items = [int(e["id"][1:]) for e in ENTRIES if e["type"] == "item"]
    assert rows_of(tmp_path / "out")["qid"].to_list() == sorted(items[:limit])
    assert tally.written == limit
    assert tally.read == limit + 1 + (limit > 400)  # properties and lexemes are no items


@pytest.mark.parametrize("limit", [800, 801, 10_000])
def test_a_limit_of_all_items_reads_the_whole_dump(tmp_path: Path, limit: int) -> None:
    dump = tmp_path / "d.json"
    dump.write_text(wikidata_json(ENTRIES))
    manifest = run(dump, tmp_path / "out", limit=limit)
    assert manifest.counts.tallies["entities"].written == 800
    assert (manifest.inputs[0].fingerprint is None) == (limit == 800)


def test_the_rest_of_the_dump_is_not_read(tmp_path: Path) -> None:
    text = wikidata_json(ENTRIES).encode()
    cut = tmp_path / "d.json.gz"
    cut.write_bytes(gzip.compress(text)[:-3000])
    manifest = run(cut, tmp_path / "out", limit=20)
    assert manifest.counts.tallies["entities"].written == 20
    assert manifest.inputs[0].fingerprint is None
    assert manifest.inputs[0].sample
    assert manifest.counts.details["damaged inputs"] == {}
    assert run(cut, tmp_path / "out", limit=20) == manifest
    with pytest.raises(OutputError, match=r"limit: 20 \(now 30\)"):
        run(cut, tmp_path / "out", limit=30)


def test_a_malformed_line_counts_as_read_and_not_as_an_item(tmp_path: Path) -> None:
    lines = wikidata_json(ENTRIES[:9]).splitlines()
    lines.insert(3, '{"type":"item","id":"Q7","labels":{"de"},')
    dump = tmp_path / "d.json"
    dump.write_text("\n".join(lines))
    tally = run(dump, tmp_path / "out", limit=3, max_errors=1).counts.tallies["entities"]
    assert (tally.read, tally.written) == (5, 3)
    assert tally.dropped == {"malformed line": 1, "property": 1}


def test_the_first_items_are_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    dump = tmp_path / "d.json.bz2"
    dump.write_bytes(bz2.compress(wikidata_json(ENTRIES).encode()))
    for jobs in (1, 2):
        run(dump, tmp_path / str(jobs), jobs, limit=333)
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")
    assert len(files_of(tmp_path / "1")) > 2


def test_a_limit_takes_effect_before_the_selection(tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("Q9000\nQ8990\nQ20001\n")
    dump = tmp_path / "d.json"
    dump.write_text(wikidata_json(ENTRIES))
    manifest = run(dump, tmp_path / "out", limit=11, only=tmp_path / "wanted.txt")
    assert rows_of(tmp_path / "out")["qid"].to_list() == [8990, 9000]
    assert manifest.counts.tallies["entities"].dropped == {"not asked for": 9, "property": 1}


def test_a_pipe_without_end_is_left_after_the_limit(tmp_path: Path) -> None:
    read, write = os.pipe()
    endless = (
        "import itertools, sys\n"
        "for q in itertools.count(1):\n"
        '    print(\'{"type":"item","id":"Q%d"},\' % q)\n'
    )
    with subprocess.Popen([sys.executable, "-c", endless], stdout=write, stderr=subprocess.DEVNULL):
        os.close(write)
        command = [sys.executable, "-m", "cstool", "entities", "-", "-o", str(tmp_path / "out")]
        subprocess.run([*command, "--limit", "1000", "-j", "1"], stdin=read, check=True, timeout=60)
        os.close(read)
    assert rows_of(tmp_path / "out")["qid"].to_list() == list(range(1, 1001))
