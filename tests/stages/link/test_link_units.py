"""`link` on paragraphs and pages: the mentions are those of the same sentences as rows."""

from pathlib import Path
from typing import Any, get_args

import pytest

from cstool.execution.options import RunOptions
from cstool.stages.extract.options import LARGEST_GAPS, ExtractOptions, Headings
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import LinkOptions, link
from cstool.storage.schemas import LINKED, Unit, for_unit
from tests.stages.extract.units_law import check
from tests.stages.link.linking import write_titles
from tests.support import Source, dump_xml, rows_of

RUNNING = RunOptions(jobs=1, quiet=True)
TITLES = {"Rome": 220, "Tiber": 13712, "Romulus": 2, "Milan": 490, "Alps": 1286}
PAGES = [
    Source(
        f"Page {n}",
        f"It names Rome. It is [[Rome]]. The {{{{odd}}}} [[Tiber]].\n\n== Rome ==\n"
        f"[[Tiber|The river Tiber]] flows in Rome.<br>Rome and the river Tiber; Tiber. Rome. 日本\n"
        f"* Rome𝒳 Rome is [[Milan|no Rome]]\n* In the [[Alps]], [[Missing]]. Rome, Milan\n\n"
        f"=== Romulus ===\n[[Romulus]] lived in Rome. Alps of {n}. Milan is not Rome.",
    )
    for n in range(3)
]


def linked(folder: Path, unit: Unit, texts: list[Source], **options: Any) -> list[dict[str, Any]]:
    """Return the linked rows of a dump."""
    (folder / f"{unit}.xml").write_text(dump_xml(texts))
    headings: Headings = "markdown" if unit == "page" else "none"
    gaps = None if unit == "sentence" else LARGEST_GAPS
    how = ExtractOptions(all_sentences=True, unit=unit, headings=headings, max_gaps=gaps)
    extract([str(folder / f"{unit}.xml")], folder / unit, how, RUNNING)
    out = folder / f"{unit}-linked"
    manifest = link(folder / unit, folder / "titles", out, RUNNING, LinkOptions(**options))
    assert manifest.row_unit == unit
    assert manifest.counts.tally(f"{unit}s").written == len(rows_of(out))
    assert rows_of(out).columns == for_unit(LINKED, unit).names
    assert (out / "_paragraphs").exists() == (unit != "page")
    return rows_of(out).to_dicts()


@pytest.mark.parametrize("propagate", [False, True])
def test_units_have_the_mentions_of_their_sentences(tmp_path: Path, propagate: bool) -> None:
    write_titles(tmp_path / "titles", TITLES, {})
    found = {unit: linked(tmp_path, unit, PAGES, propagate=propagate) for unit in get_args(Unit)}
    mentions = [len(row["mentions"]) for row in found["sentence"]]
    assert sum(mentions) == (54 if propagate else 18)
    for unit in ("paragraph", "page"):
        check(found[unit], found["sentence"])


def test_repeated_names_are_found_in_long_pages(tmp_path: Path) -> None:
    write_titles(tmp_path / "titles", TITLES, {})
    text = "It is [[Rome]]. " + "It is in Rome. " * 2000
    (row,) = linked(tmp_path, "page", [Source("A", text)], propagate=True)
    assert len(row["mentions"]) == 2001
