"""Our sentences against MediaWiki's own rendering of the same pages."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cstool.running.options import RunOptions
from cstool.stages.extract import ExtractOptions, extract


def score(shared: Path, language: str, out: Path) -> dict[str, Any]:
    """Return what the oracle's comparison says of a language's pages."""
    dump = shared / f"realdata/wikipedia/{language}.xml.bz2"
    # These dumps' <siteinfo> is the English one, whatever their language.
    options = ExtractOptions(templates="none", language=language)
    extract([str(dump)], out, options, RunOptions(jobs=1, quiet=True))
    gold = shared / f"realdata/gold/{language}.gold.jsonl.gz"
    compare: list[str | Path] = [
        shared / "oracle/compare.py",
        gold,
        out,
        "--lang",
        language,
        "--json",
    ]
    done = subprocess.run([sys.executable, *compare], check=True, capture_output=True)
    scores: dict[str, Any] = json.loads(done.stdout)
    return scores


@pytest.mark.parametrize(
    ("language", "verbatim", "coverage"),
    [("en", 0.999, 0.995), ("ru", 0.995, 0.995), ("ja", 0.995, 0.995)],
)
def test_sentences_stand_in_the_rendered_page(
    shared: Path, tmp_path: Path, language: str, verbatim: float, coverage: float
) -> None:
    scores = score(shared, language, tmp_path)
    assert scores["verbatim"] >= verbatim
    assert scores["coverage"] >= coverage
    assert scores["link_precision"] >= 0.998
    assert scores["link_recall"] >= 0.998
