"""Paragraphs and pages of real wikis are made of the sentences that are written one by one."""

from pathlib import Path
from typing import get_args

import pytest

from cstool.execution.options import RunOptions
from cstool.stages.extract.options import LARGEST_GAPS, ExtractOptions, Headings
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import LinkOptions, link
from cstool.storage.schemas import Unit
from tests.stages.extract.units_law import check
from tests.stages.link.linking import write_titles
from tests.support import rows_of

RUNNING = RunOptions(jobs=1, quiet=True)
# Files with the siteinfo of another wiki, and files of 2023 with their own.
DUMPS = {
    **{code: f"wikipedia/{code}.xml.bz2" for code in ("en", "ja", "zh", "th", "ar", "ru")},
    **{code: f"2023/{code}.xml.bz2" for code in ("vi", "hy")},
}


@pytest.mark.parametrize("code", DUMPS)
def test_units_are_made_of_the_sentences_of_real_pages(
    shared: Path, tmp_path: Path, code: str
) -> None:
    dump = shared / "realdata" / DUMPS[code]
    for unit in get_args(Unit):
        headings: Headings = "markdown" if unit == "page" else "none"
        options = ExtractOptions(
            all_sentences=True,
            wiki=f"{code}wiki",
            limit=25,
            unit=unit,
            headings=headings,
            max_gaps=None if unit == "sentence" else LARGEST_GAPS,
        )
        extract([str(dump)], tmp_path / unit, options, RUNNING)
    sentences = rows_of(tmp_path / "sentence")
    targets = sentences["mentions"].explode().drop_nulls().struct.field("target").unique().sort()
    titles = {title: number for number, title in enumerate(targets.to_list(), 1) if number % 5}
    write_titles(tmp_path / "titles", titles, {}, language=code)
    for unit in get_args(Unit):
        how = LinkOptions(propagate=True)
        link(tmp_path / unit, tmp_path / "titles", tmp_path / f"{unit}-linked", RUNNING, how)
    for stage in ("", "-linked"):
        expected = rows_of(tmp_path / f"sentence{stage}").to_dicts()
        assert len(expected) > 50
        for unit in ("paragraph", "page"):
            check(rows_of(tmp_path / f"{unit}{stage}").to_dicts(), expected)
