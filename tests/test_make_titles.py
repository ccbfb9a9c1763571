"""The synthetic SQL tables of scripts/data/make_titles.py."""

from pathlib import Path

from cstool.execution.options import RunOptions
from cstool.stages.titles.from_sql import SqlTables, misfits
from cstool.stages.titles.stage import titles
from scripts.data import make_titles
from tests.support import files_of, rows_of

ROOT = Path(__file__).parents[1]


def test_as_many_pages_as_asked_for_fit_together(tmp_path: Path) -> None:
    maps = []
    for long_lines in (False, True):
        folder = tmp_path / str(long_lines)
        paths = make_titles.make(folder, make_titles.Shape(4000, 6000, 5000, 7, long_lines))
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


def test_the_same_seed_gives_the_same_tables(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        make_titles.make(tmp_path / name, make_titles.Shape(300, 400, 100, seed))
    one, again, other = (files_of(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert all(other[name] != data for name, data in one.items())
