"""The map from SQL tables beside that of wikimapper, from the same tables.

wikimapper: https://pypi.org/project/wikimapper/. What differs is written down, with why.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cstool.stages.titles.stage import titles
from tests.stages.small_wiki import PAGES, RUNNING, Page, write_tables
from tests.support import gzipped, rows_of

pytestmark = pytest.mark.peer
processor: Any = pytest.importorskip("wikimapper.processor")

MORE = [
    *PAGES,
    Page("Early", target="Late"),
    Page("Late", target="Paris"),
    Page("NULL", 2222),
]
# title: ours, theirs. All others are the same.
DIFFERENCES = {
    # A redirect that has an item of its own: they overwrite it by its target's,
    "Algerian Arabic": (33, 90),
    # and what leads to it has that one then.
    "Darja": (33, 90),
    # A chain of redirects: they follow it only when the pages' numbers happen to fall along it.
    "Early": (90, None),
    # A redirect to another wiki: they do not look at rd_interwiki.
    "To another wiki": (None, 90),
    # They take the string for the mark.
    "NULL": (2222, None),
}


def ours(folder: Path, pages: Sequence[Page], *, long_lines: bool) -> dict[str, int]:
    tables = write_tables(folder, pages, long_lines=long_lines)
    titles("enwiki", None, [], folder / "out", RUNNING, sql=tables)
    return {row["title"]: row["qid"] for row in rows_of(folder / "out").to_dicts()}


def theirs(folder: Path, pages: Sequence[Page], *, long_lines: bool) -> dict[str, int]:
    tables = write_tables(folder, pages, long_lines=long_lines)
    for name, path in zip(("page", "page_props", "redirect"), tables.paths, strict=True):
        packed = gzipped(Path(path).read_bytes())
        (folder / f"enwiki-20261001-{name}.sql.gz").write_bytes(packed)
    made = processor.create_index("enwiki-20261001", str(folder), str(folder / "index.db"))
    query = "SELECT wikipedia_title, wikidata_id FROM mapping WHERE wikidata_id IS NOT NULL"
    connection = sqlite3.connect(made)
    try:
        rows = connection.execute(query).fetchall()
    finally:
        connection.close()
    return {title.replace("_", " "): int(qid[1:]) for title, qid in rows}


def test_the_maps_differ_only_in_the_listed_titles(tmp_path: Path) -> None:
    one = ours(tmp_path, MORE, long_lines=True)
    other = theirs(tmp_path, MORE, long_lines=True)
    found = {
        title: (one.get(title), other.get(title))
        for title in one.keys() | other.keys()
        if one.get(title) != other.get(title) and title != "\0"
    }
    assert found == DIFFERENCES
    assert len(one) > len(DIFFERENCES) * 10


def test_they_find_nothing_in_todays_layout(tmp_path: Path) -> None:
    """mariadb-dump 10.11.19 breaks the line behind VALUES; then they give an empty map."""
    assert ours(tmp_path, MORE, long_lines=False) == ours(tmp_path / "2", MORE, long_lines=True)
    assert theirs(tmp_path, MORE, long_lines=False) == {}
