"""A short, always equal run of scripts/fuzz/extract.py: some inputs of each kind."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cstool.execution.cpu_limit import TookTooLong
from scripts.fuzz import checks, inputs
from tests.conftest import ROOT, SAMPLE

_EACH = {"tokens": 25, "mutated": 25, "repeated": 6, "noise": 25, "damaged": 25, "xml": 25}


@pytest.fixture(scope="module")
def fuzz() -> Any:
    """The modules of the fuzz, which are scripts and import each other."""
    return checks, inputs


@pytest.fixture(scope="module")
def seeds(fuzz: Any) -> Any:
    return fuzz[1].seeds_of(sorted(SAMPLE.glob("*-multistream.xml.bz2")))


@pytest.mark.parametrize("kind", _EACH)
def test_no_input_crashes_it_or_comes_out_unsound(
    fuzz: Any, seeds: Any, kind: str, tmp_path: Path
) -> None:
    checks, inputs = fuzz
    random = Random(f"pytest {kind}")
    for number in range(_EACH[kind]):
        given = inputs.KINDS[kind](random, seeds)
        assert checks.fault_of(given, tmp_path) == "", (kind, number)


def test_all_kinds_are_tried(fuzz: Any) -> None:
    assert fuzz[1].KINDS.keys() == _EACH.keys()


def test_a_fault_is_found_and_made_small(
    fuzz: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks, inputs = fuzz

    def laws(row: dict[str, Any], _: object) -> Iterator[str]:
        if "x" in row["text"]:
            yield "it has an x"

    monkeypatch.setattr(checks, "_laws", laws)
    given = inputs.Wikitext(("Anna is here.", "Ben has a box. Cleo is there."), "en", True)
    assert checks.fault_of(given, tmp_path).startswith("Unsound it has an x")
    assert checks.smaller(given, tmp_path).texts == ("x",)


@contextmanager
def _ended(seconds: float) -> Iterator[None]:
    yield
    raise TookTooLong(seconds)


def test_what_takes_too_long_is_a_fault(
    fuzz: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks, inputs = fuzz
    given = inputs.Wikitext(("Anna is here. " * 50,), "en", True)
    assert checks.fault_of(given, tmp_path) == ""
    with monkeypatch.context() as patch:
        patch.setattr("cstool.stages.extract.read_slice.at_most", _ended)
        assert checks.fault_of(given, tmp_path) == "Unsound a page took too long"
    monkeypatch.setattr(checks, "_ANY", -10.0)
    assert checks.fault_of(given, tmp_path).startswith("TooSlow")


def test_flipped_bits_give_the_same_rows_or_a_line_that_names_the_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.fuzz.damage", "--out", str(tmp_path), "--flips", "25"]
    command += ["--interrupted", "12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines()[2:]]
    assert sum(int(row[3]) for row in rows) > 10
