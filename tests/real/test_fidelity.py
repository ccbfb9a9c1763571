"""Our sentences against MediaWiki's own rendering of the same pages."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cstool.execution.options import RunOptions
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract

GOALS = {"verbatim": 0.995, "link_precision": 0.998, "link_recall": 0.998, "coverage": 0.995}
# Cases in which the gold is wrong (docs/measurements/extraction.md): what is expected instead.
LESS = {
    "ar": {"verbatim": 0.88, "coverage": 0.946},
    "es": {"verbatim": 0.992, "link_precision": 0.993},
    "fr": {"link_precision": 0.997, "coverage": 0.983},
    "nl": {"link_precision": 0.991},
    # Its sentences end behind the abbreviations of eras, some of which have a hole before these.
    "th": {"verbatim": 0.987, "coverage": 0.98},
}
MORE = {"en": {"verbatim": 0.999}}
LANGUAGES = (
    "ar", "cs", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pt", "ru", "sw", "th", "zh",
)  # fmt: skip


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_stand_in_the_rendered_page(shared: Path, tmp_path: Path, language: str) -> None:
    scores = score(shared, language, tmp_path)
    goals = GOALS | LESS.get(language, {}) | MORE.get(language, {})
    missed = {figure: scores[figure] for figure, goal in goals.items() if scores[figure] < goal}
    assert missed == {}
