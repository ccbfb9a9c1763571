"""The synthetic SQL tables of scripts/make_titles.py."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cstool.running.options import RunOptions
from cstool.stages.titles import titles
from cstool.stages.titles_sql import SqlTables, misfits
from tests.support import files_of, rows_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def maker() -> Iterator[Any]:
    """The script as a module."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import make_titles

        yield make_titles
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def test_as_many_pages_as_asked_for_fit_together(maker: Any, tmp_path: Path) -> None:
    maps = []
    for long_lines in (False, True):
        folder = tmp_path / str(long_lines)
        paths = maker.make(folder, maker.Shape(4000, 6000, 5000, 7, long_lines))
        out = folder / "out"
        running = RunOptions(jobs=1, quiet=True, part_size=1 << 18)
        counts = titles("enwiki", None, [], out, running, sql=SqlTables(*map(str, paths))).counts
        pages, redirects = counts.tallies["pages"], counts.tallies["redirects"]
        assert (pages.written, pages.dropped) == (10_000, {"other namespace": 5000})
        assert (redirects.read, list(misfits(counts))) == (6000, [])
        assert redirects.written > 5000
        maps.append(dict(rows_of(out).select("title", "qid").iter_rows()))
    assert maps[0] == maps[1]
    assert len(maps[0]) > 9000


def test_the_same_seed_gives_the_same_tables(maker: Any, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        maker.make(tmp_path / name, maker.Shape(300, 400, 100, seed))
    one, again, other = (files_of(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert all(other[name] != data for name, data in one.items())
