"""`titles` from SQL tables, compared with sitelinks and page dumps."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cstool.cli.titles import command
from cstool.errors import CutInputError, InputError
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.titles.compare import differences
from cstool.stages.titles.from_sql import SqlTables, misfits
from cstool.stages.titles.stage import titles
from cstool.storage.hash_index import NO_ITEM, HashIndex, hash_titles
from cstool.storage.manifest import TITLE_INDEX, Manifest
from tests.stages.small_wiki import (
    EXPECTED,
    PAGES,
    RUNNING,
    Page,
    write_dumps,
    write_table,
    write_tables,
)
from tests.support import files_of, item, rows_of, wikidata_json

Map = dict[str, tuple[int, bool]]


def map_of(folder: Path) -> Map:
    return {row["title"]: (row["qid"], row["redirect"]) for row in rows_of(folder).to_dicts()}


def by_tables(folder: Path, pages: Sequence[Page] = PAGES) -> Manifest:
    tables = write_tables(folder, pages)
    return titles("enwiki", None, [], folder / "sql", RUNNING, sql=tables)


def by_dumps(folder: Path, pages: Sequence[Page] = PAGES, **site: str) -> Manifest:
    made, dump = write_dumps(folder, pages, **site)
    return titles("enwiki", made, [dump], folder / "dumps", RUNNING)


def by_both(folder: Path, pages: Sequence[Page], others: Sequence[Page]) -> Manifest:
    """Compare the SQL tables of a wiki with the dumps of another."""
    made, dump = write_dumps(folder, others)
    tables = write_tables(folder, pages)
    return titles("enwiki", made, [dump], folder / "both", RUNNING, sql=tables)


def test_both_inputs_give_the_same_map(tmp_path: Path) -> None:
    by_tables(tmp_path)
    by_dumps(tmp_path)
    assert map_of(tmp_path / "sql") == map_of(tmp_path / "dumps") == EXPECTED


def test_both_inputs_give_the_same_list_of_non_entities(tmp_path: Path) -> None:
    by_tables(tmp_path)
    by_dumps(tmp_path)
    lists = [pl.read_parquet(tmp_path / way / "not_entities.parquet") for way in ("sql", "dumps")]
    assert lists[0].to_dicts() == [{"qid": 205, "reason": "disambiguation page"}]
    assert lists[0].equals(lists[1])


def test_the_indexes_of_both_inputs_are_equal(tmp_path: Path) -> None:
    by_tables(tmp_path)
    by_dumps(tmp_path)
    hashes = hash_titles([page.title for page in PAGES if not page.namespace] + ["Nowhere"])
    one, other = (
        HashIndex.open(tmp_path / way, TITLE_INDEX).look_up(hashes) for way in ("sql", "dumps")
    )
    assert one.tolist() == other.tolist()
    assert one[-1] == 0
    assert (one == NO_ITEM).sum() == 8  # pages, but without an item


def test_everything_missing_from_the_map_has_a_reason(tmp_path: Path) -> None:
    tallies = by_tables(tmp_path).counts.tallies
    assert tallies["redirects"].dropped == {
        "has an item of its own": 1,
        "loop, or a chain of more than ten": 3,
        "target has no item": 1,
        "target in another namespace or wiki": 2,
        "target is missing": 1,
    }
    assert tallies["sitelinks"].dropped == {"other namespace": 1}
    assert tallies["pages"].dropped == {"other namespace": 2}
    for tally in tallies.values():
        assert tally.read == tally.written + sum(tally.dropped.values())


_NAMES = st.sampled_from(["A", "B", "C", "D", "E", "a", "É", "A'\\b_"[:4]])


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(
    st.lists(
        st.builds(
            Page,
            _NAMES,
            st.sampled_from([None, None, 1, 2]),
            st.one_of(st.none(), _NAMES),
            to=st.sampled_from([0, 0, 0, 14]),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda page: page.title,
    )
)
def test_both_inputs_agree_on_any_wiki(
    tmp_path_factory: pytest.TempPathFactory, pages: list[Page]
) -> None:
    """Chains, loops, redirects with items, titles that differ in case only: a small wiki of them.

    (An item has one sitelink a wiki.)
    """
    unique = [replace(p, qid=100 + i if p.qid else None) for i, p in enumerate(pages)]
    folder = tmp_path_factory.mktemp("any")
    by_tables(folder, unique)
    by_dumps(folder, unique, case="case-sensitive")
    assert map_of(folder / "sql") == map_of(folder / "dumps")


def test_a_title_beyond_255_bytes_is_dropped_and_counted(tmp_path: Path) -> None:
    long = "ü" * 128
    pages = [*PAGES, Page(long, 7), Page("ü" * 127, 9), Page("Short", target=long)]
    for way, manifest in (
        ("sql", by_tables(tmp_path, pages)),
        ("dumps", by_dumps(tmp_path, pages)),
    ):
        tallies = manifest.counts.tallies
        assert tallies["pages"].dropped["title longer than 255 bytes"] == 1
        assert sum(tallies["sitelinks"].dropped.values()) == 2
        assert tallies["redirects"].dropped["target is missing"] == 2
        assert map_of(tmp_path / way) == EXPECTED | {"ü" * 127: (9, False)}


def run_tables(
    folder: Path, pages: Sequence[tuple[object, ...]], props: Sequence[tuple[object, ...]],
    moves: Sequence[tuple[object, ...]],
) -> Manifest:  # fmt: skip
    listed = zip(("page", "page_props", "redirect"), (pages, props, moves), strict=True)
    paths = [write_table(folder, name, rows) for name, rows in listed]  # type: ignore[arg-type]
    return titles("enwiki", None, [], folder / "out", RUNNING, sql=SqlTables(*paths))


def test_inconsistent_tables_are_joined_and_counted(tmp_path: Path) -> None:
    pages = [(1, 0, "A", 0, 9), (2, 0, "B", 1, 9), (3, 0, "C", 1, 9), (4, 0, "D", 0, 9),
             (5, 0, b"Broken_\xff", 1, 9)]  # fmt: skip
    props = [(1, "wikibase_item", "Q1", None), (77, "wikibase_item", "Q77", None),
             (78, "wikibase_item", "Q78", None), (4, "wikibase_item", "what", None)]  # fmt: skip
    moves = [(2, 0, "A", None, ""), (4, 0, "A", "", ""), (79, 0, "A", "", ""), (5, 0, "A", "", "")]
    manifest = run_tables(tmp_path, pages, props, moves)
    assert map_of(tmp_path / "out") == {"A": (1, False), "B": (1, True)}
    assert list(misfits(manifest.counts)) == [
        (2, "items of pages missing from the page table"),
        (1, "redirects from pages missing from the page table"),
        (1, "redirects from pages that are not redirects"),
        (1, "redirect pages without a target"),
    ]
    assert manifest.counts.tallies["sitelinks"].dropped == {
        "no QID": 1,
        "page is not in the page table": 2,
    }
    assert manifest.counts.tallies["pages"].dropped == {"title is not UTF-8": 1}


def test_duplicate_rows_count_once(tmp_path: Path) -> None:
    pages = [(1, 0, "A", 0, 9), (2, 0, "B", 1, 9), (1, 0, "A", 0, 9), (3, 0, "B", 1, 9)]
    props = [(1, "wikibase_item", "Q1", None), (1, "wikibase_item", "Q2", None)]
    moves = [(2, 0, "A", "", ""), (2, 0, "X", "", ""), (3, 0, "X", "", "")]
    tallies = run_tables(tmp_path, pages, props, moves).counts.tallies
    assert map_of(tmp_path / "out") == {"A": (1, False), "B": (1, True)}
    assert all(
        tally.read == tally.written + sum(tally.dropped.values())
        and min([0, *tally.dropped.values()]) == 0
        for tally in tallies.values()
    )
    assert tallies["sitelinks"].dropped == {"page has two items": 1, "title twice": 1}


def test_another_number_of_workers_gives_the_same_bytes(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, PAGES)
    for jobs in (1, 2):
        running = replace(RUNNING, jobs=jobs)
        titles("enwiki", None, [], tmp_path / f"out-{jobs}", running, sql=tables)
    assert files_of(tmp_path / "out-1") == files_of(tmp_path / "out-2")


def test_another_part_size_gives_the_same_map(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, PAGES)
    for size in (50, 1000, 1 << 20):
        out = tmp_path / f"out-{size}"
        titles("enwiki", None, [], out, replace(RUNNING, part_size=size), sql=tables)
        assert map_of(out) == EXPECTED


def test_both_inputs_have_no_differences_for_the_same_wiki(tmp_path: Path) -> None:
    manifest = by_both(tmp_path, PAGES, PAGES)
    assert map_of(tmp_path / "both") == EXPECTED
    assert set((differences(manifest.counts) or {"none": 1}).values()) == {0}
    assert manifest.counts.details["titles compared"]["the same"] == len(EXPECTED)
    assert len((tmp_path / "both" / "differences.tsv").read_text().splitlines()) == 1


def test_each_difference_between_both_inputs_is_listed(tmp_path: Path) -> None:
    gone = {"Berlin", "Far"}
    others = [
        replace(page, qid=91) if page.title == "Paris"
        else Page("Darja", 33) if page.title == "Darja"
        else replace(page, qid=None) if page.title == "Algerian Arabic"
        else page
        for page in PAGES if page.title not in gone
    ] + [Page("New", 5), Page("Newer", target="New")]  # fmt: skip
    manifest = by_both(tmp_path, PAGES, others)
    assert map_of(tmp_path / "both") == EXPECTED
    lines = (tmp_path / "both" / "differences.tsv").read_text().splitlines()
    assert sorted(lines[1:]) == [
        "Algerian Arabic\tQ33\tQ91\tanother item",
        "Berlin\tQ64\t\tonly in the SQL tables",
        "City of Light\tQ90\tQ91\tanother item",
        "Darja\tQ33\tQ33\ta redirect in one, a page in the other",
        "Far\tQ90\t\tonly in the SQL tables",
        "Lutetia\tQ90\tQ91\tanother item",
        "New\t\tQ5\tonly in the entities and pages",
        "Newer\t\tQ5\tonly in the entities and pages",
        "Paris\tQ90\tQ91\tanother item",
    ]
    assert differences(manifest.counts) == {
        "only in the SQL tables": 2,
        "only in the entities and pages": 2,
        "another item": 4,
        "a redirect in one, a page in the other": 1,
    }


def arguments(tables: SqlTables) -> list[str]:
    return [
        "--sql-page",
        tables.page,
        "--sql-props",
        tables.props,
        "--sql-redirect",
        tables.redirect,
    ]


def test_the_command_prints_the_differences_of_both_inputs(tmp_path: Path) -> None:
    made, dump = write_dumps(tmp_path, PAGES[1:])
    tables = write_tables(tmp_path, PAGES)
    given_ = ["--wiki", "enwiki", "--entities", str(made), "--pages", dump, *arguments(tables)]
    done = CliRunner().invoke(command, [*given_, "-j", "1", "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "titles: only in the SQL tables (1): Berlin (Q64, none)" in done.output
    assert str(tmp_path / "out" / "differences.tsv") in done.output


def test_the_command_wants_all_three_tables(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, PAGES)
    done = CliRunner().invoke(
        command, ["--wiki", "enwiki", *arguments(tables)[:4], "-o", str(tmp_path / "out")]
    )
    assert done.exit_code == 2
    assert "give all of --sql-page, --sql-props and --sql-redirect" in done.output


def test_a_truncated_table_is_refused_or_its_start_kept(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, PAGES)
    page = Path(tables.page)
    page.write_bytes(page.read_bytes()[: page.stat().st_size // 2])
    with pytest.raises(CutInputError, match="truncated"):
        titles("enwiki", None, [], tmp_path / "out", RUNNING, sql=tables)
    running = replace(RUNNING, overwrite=True)
    manifest = titles("enwiki", None, [], tmp_path / "out", running, sql=tables, keep_going=True)
    kept = map_of(tmp_path / "out")
    assert 10 < len(kept) < len(EXPECTED)
    assert kept.items() <= EXPECTED.items()
    assert len(manifest.counts.details["damaged inputs"]) == 1


def test_another_wikis_tables_are_refused(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, PAGES)
    with pytest.raises(InputError, match=r"page\.sql: dump of enwiki, not of dewiki"):
        titles("dewiki", None, [], tmp_path / "out", RUNNING, sql=tables)


def test_swapped_tables_are_refused(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, PAGES)
    swapped = SqlTables(tables.redirect, tables.props, tables.page)
    with pytest.raises(InputError, match=r"redirect\.sql: no table `page` \(tables: redirect\)"):
        titles("enwiki", None, [], tmp_path / "out", RUNNING, sql=swapped)


def test_an_empty_page_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contains no pages"):
        run_tables(tmp_path, [], [], [])


def test_entities_without_this_wikis_sitelinks_are_refused(tmp_path: Path) -> None:
    _, dump = write_dumps(tmp_path, PAGES)
    (tmp_path / "few.json").write_text(wikidata_json([item(64, {}, {"enwiki": "Berlin"})]))
    options = EntitiesOptions(sites="dewiki,frwiki")
    entities(str(tmp_path / "few.json"), tmp_path / "few", options, RUNNING)
    message = "made with --sites dewiki,frwiki, so it has no sitelinks to enwiki"
    with pytest.raises(InputError, match=message) as told:
        titles("enwiki", tmp_path / "few", [dump], tmp_path / "out", RUNNING)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "out").exists()


def test_titles_of_old_tables_begin_with_the_letter_of_today(tmp_path: Path) -> None:
    pages = [Page("ᾠδή", 1), Page("Ǆ x", 2), Page("ﬁ", target="ᾠδή"), Page("a", 3)]
    by_tables(tmp_path, pages)
    by_dumps(tmp_path, pages)
    expected = {"ᾨδή": (1, False), "ǅ x": (2, False), "Fi": (1, True), "a": (3, False)}
    assert map_of(tmp_path / "sql") == map_of(tmp_path / "dumps") == expected
