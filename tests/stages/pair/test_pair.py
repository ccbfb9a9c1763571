"""Pages about the same entity, side by side."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.errors import InputError, Stopped, Unfinished, WrongCallError
from cstool.execution.options import RunOptions
from cstool.stages.pair import join as joining
from cstool.stages.pair.stage import PairOptions, pair
from tests.conftest import ROOT
from tests.stages.link.linking import write_titles
from tests.stages.pair.pages import (
    QUIET,
    Page,
    Wiki,
    pair_wikis,
    pieces,
    rows_in,
    write_pages,
    write_wikis,
)
from tests.stages.pair.test_shares import PARAGRAPHS
from tests.support import files_of

ENGLISH = Wiki(
    "en",
    [
        Page(1, "Berlin", ["Berlin is a city.", "It lies on the Spree."]),
        Page(2, "Nowhere", ["Nowhere has no item."]),
        Page(3, "Paris", ["Paris is a city."]),
        Page(4, "Lima (disambiguation)", ["Lima may be many things."]),
        Page(5, "Unknown", ["Its title is not known."]),
    ],
    {"Berlin": 64, "Paris": 90, "Lima (disambiguation)": 7, "Nowhere": 2**32 - 1},
    {7: "disambiguation page"},
)
JAPANESE = Wiki(
    "ja",
    [Page(7, "パリ", ["パリは都市である。"]), Page(9, "ベルリン", ["ベルリンは都市である。"])],
    {"パリ": 90, "ベルリン": 64},
)
RUSSIAN = Wiki("ru", [Page(3, "Париж", ["Париж — город."])], {"Париж": 90})
ALL = [JAPANESE, ENGLISH, RUSSIAN]


def test_a_row_has_the_pages_of_an_entity_english_first(tmp_path: Path) -> None:
    pair_wikis(tmp_path, [JAPANESE, ENGLISH])
    berlin, paris = rows_in(tmp_path / "pairs")
    text = "Berlin is a city.\n\nIt lies on the Spree.\n\nベルリンは都市である。"
    assert berlin == {
        "qid": 64,
        "languages": ["en", "ja"],
        "segments": [
            {"language": "en", "wiki": "enwiki", "page_id": 1, "title": "Berlin",
             "start": 0, "end": 40},
            {"language": "ja", "wiki": "jawiki", "page_id": 9, "title": "ベルリン",
             "start": 42, "end": 53},
        ],
        "text": text,
    }  # fmt: skip
    assert (paris["qid"], paris["text"]) == (90, "Paris is a city.\n\nパリは都市である。")


def test_an_entity_needs_pages_in_two_wikis_or_as_many_as_given(tmp_path: Path) -> None:
    pages, titles = write_wikis(tmp_path, ALL)
    for number, expected in ((2, [64, 90]), (3, [90])):
        out = tmp_path / f"{number}"
        pair(pages, titles, out, PairOptions(min_wikis=number), QUIET)
        assert [row["qid"] for row in rows_in(out)] == expected


def test_languages_are_in_the_given_order(tmp_path: Path) -> None:
    pages, titles = write_wikis(tmp_path, ALL)
    for order, expected in (
        ((), ["en", "ja", "ru"]),
        (("ru",), ["ru", "en", "ja"]),
        (("ja", "ru", "en"), ["ja", "ru", "en"]),
    ):
        out = tmp_path / "-".join(("o", *order))
        pair(pages, titles, out, PairOptions(order=order), QUIET)
        row = rows_in(out)[1]
        assert row["languages"] == expected
        assert [segment["language"] for segment in row["segments"]] == expected


def test_pages_are_counted_by_wiki_and_reason(tmp_path: Path) -> None:
    second = Wiki("ja", [*JAPANESE.pages, Page(8, "伯林", ["もう一つ。"])],
                  {**JAPANESE.titles, "伯林": 64})  # fmt: skip
    counts = pair_wikis(tmp_path, [second, ENGLISH, RUSSIAN], min_wikis=3).counts
    english, japanese, russian = (counts.tallies[f"pages ({w}wiki)"] for w in ("en", "ja", "ru"))
    assert (english.read, english.written) == (5, 1)
    assert english.dropped == {
        "disambiguation page": 1,
        "entity in too few wikis": 1,
        "no page of that title": 1,
        "page without an item": 1,
    }
    assert japanese.dropped == {"entity in too few wikis": 1, "second page of its entity": 1}
    assert (russian.read, russian.written, russian.dropped) == (1, 1, {})
    assert counts.tallies["entities"].dropped == {"entity in too few wikis": 1}
    assert counts.details["pairs of languages"] == {"en-ja": 1, "en-ru": 1, "ja-ru": 1}


def test_of_two_pages_of_an_entity_the_one_with_the_smaller_id_is_kept(tmp_path: Path) -> None:
    second = replace(
        JAPANESE,
        pages=[*JAPANESE.pages, Page(8, "伯林", ["もう一つ。"])],
        titles={**JAPANESE.titles, "伯林": 64},
    )
    pages, titles = write_wikis(tmp_path, [ENGLISH, second])
    for name, unpaired in (("pairs", False), ("control", True)):
        pair(pages, titles, tmp_path / name, PairOptions(unpaired=unpaired), QUIET)
    kept = [
        sorted(piece for row in rows_in(tmp_path / name) for piece in pieces(row))
        for name in ("pairs", "control")
    ]
    assert kept[0] == kept[1]
    assert ("jawiki", 8, "もう一つ。") in kept[0]
    assert "jawiki" not in [wiki for wiki, page, _ in kept[0] if page == 9]


def test_pages_that_share_an_id_in_two_wikis_are_told_apart(tmp_path: Path) -> None:
    pair_wikis(tmp_path, [ENGLISH, RUSSIAN])
    [row] = rows_in(tmp_path / "pairs")
    assert pieces(row) == [("enwiki", 3, "Paris is a city."), ("ruwiki", 3, "Париж — город.")]


def test_windows_are_cut_as_the_documentation_shows(tmp_path: Path) -> None:
    page = (ROOT / "docs/pairing.md").read_text("utf-8")
    code = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(code, names)
    long = Wiki("sw", [Page(1, "Berlin", ["Moja.", "Mbili.", "Tatu."])], {"Berlin": 64})
    pair_wikis(tmp_path, [long, JAPANESE, ENGLISH], segments=3)
    row = rows_in(tmp_path / "pairs")[0]
    assert list(names["windows"](row)) == [
        "Berlin is a city.\n\nMoja.\n\nベルリンは都市である。",
        "It lies on the Spree.\n\nMbili.",
        "Tatu.",
    ]
    pages, titles = (sorted(tmp_path.glob(f"*-{kind}")) for kind in ("pages", "titles"))
    options = PairOptions(segments=3, unpaired=True)
    pair(pages, titles, tmp_path / "control", options, QUIET)
    cut = [list(names["windows"](row)) for row in rows_in(tmp_path / "control")]
    assert ["Moja.", "Mbili.", "Tatu."] in cut


def test_two_wikis_of_a_language_are_a_pair(tmp_path: Path) -> None:
    simple = [Page(30, "Paris", ["Paris is big."])]
    pages, titles = write_wikis(tmp_path, [ENGLISH])
    pages.append(write_pages(tmp_path / "simple", simple, "en", wiki="simplewiki"))
    titles.append(write_titles(tmp_path / "simple-titles", {"Paris": 90}, {}, language="simple"))
    pair(pages, titles, tmp_path / "pairs", PairOptions(), QUIET)
    [row] = rows_in(tmp_path / "pairs")
    assert row["languages"] == ["en", "en"]
    assert [segment["wiki"] for segment in row["segments"]] == ["enwiki", "simplewiki"]


def test_the_revision_of_each_page_is_in_the_attribution(tmp_path: Path) -> None:
    manifest = pair_wikis(tmp_path, [ENGLISH, JAPANESE])
    tables = [
        pl.read_parquet(tmp_path / "pairs" / p.file) for p in manifest.beside("_attribution/")
    ]
    assert pl.concat(tables).rows() == [
        ("enwiki", 1, 9001, "Berlin"),
        ("jawiki", 9, 9009, "ベルリン"),
        ("enwiki", 3, 9003, "Paris"),
        ("jawiki", 7, 9007, "パリ"),
    ]


@st.composite
def some_wikis(draw: st.DrawFn) -> list[Wiki]:
    """Return wikis that have an entity in common."""
    wikis = []
    for code in draw(st.permutations(["en", "ja", "sw"]))[: draw(st.integers(2, 3))]:
        qids = [5, *draw(st.lists(st.integers(1, 9), max_size=6))]
        pages = [
            Page(n, f"{code}{n}", draw(PARAGRAPHS))
            for n in draw(st.permutations(range(1, len(qids) + 1)))
        ]
        titles = {f"{code}{n}": qid for n, qid in enumerate(qids, 1)}
        wikis.append(Wiki(code, pages, titles, {3: "list article"}))
    return wikis


def expected_rows(wikis: list[Wiki], minimum: int = 2) -> list[tuple[int, list[tuple[str, str]]]]:
    """Return the rows that whole pages make: QID, and language and text of each page."""
    rows: dict[int, dict[str, Page]] = defaultdict(dict)
    for wiki in wikis:
        for page in sorted(wiki.pages, key=lambda page: page.number):
            rows[wiki.titles[page.title]].setdefault(wiki.language, page)
    codes = sorted((w.language for w in wikis), key=lambda code: code != "en")
    return [
        (qid, [(code, pages[code].text) for code in codes if code in pages])
        for qid, pages in sorted(rows.items())
        if len(pages) >= minimum and qid != 3
    ]


@settings(max_examples=8, deadline=None)
@given(some_wikis(), st.integers(1, 3))
def test_rows_are_those_of_a_simple_program(
    tmp_path_factory: pytest.TempPathFactory, wikis: list[Wiki], a_part: int
) -> None:
    folder = tmp_path_factory.mktemp("law")
    pair_wikis(folder, wikis, a_part=a_part, running=replace(QUIET, part_size=30))
    rows = rows_in(folder / "pairs")
    assert [(r["qid"], [*zip(r["languages"], texts(r), strict=True)]) for r in rows] == (
        expected_rows(wikis)
    )
    for row in rows:
        assert row["text"] == "\n\n".join(text for _, _, text in pieces(row))


def texts(row: dict[str, Any]) -> list[str]:
    return [text for _, _, text in pieces(row)]


@settings(max_examples=8, deadline=None)
@given(
    some_wikis(),
    st.sampled_from([{"segments": 1}, {"segments": 3}, {"window": 12}, {"window": 40}]),
)
def test_the_control_and_cut_rows_have_the_same_text(
    tmp_path_factory: pytest.TempPathFactory, wikis: list[Wiki], cut: dict[str, int]
) -> None:
    folder = tmp_path_factory.mktemp("law")
    pages, titles = write_wikis(folder, wikis)
    made = {}
    for name, options in (
        ("whole", PairOptions()),
        ("cut", PairOptions(**cut)),  # type: ignore[arg-type]
        ("control", PairOptions(unpaired=True, **cut)),  # type: ignore[arg-type]
    ):
        pair(pages, titles, folder / name, options, QUIET)
        rows = rows_in(folder / name)
        by_page: dict[tuple[str, int], list[str]] = defaultdict(list)
        for wiki, page, text in (piece for row in rows for piece in pieces(row)):
            by_page[wiki, page].append(text)
        made[name] = {page: "\n\n".join(its) for page, its in by_page.items()}
        for row in rows:
            assert row["text"] == "\n\n".join(texts(row))
            assert len(row["languages"]) == len({(w, p) for w, p, _ in pieces(row)})
    assert made["whole"] == made["cut"] == made["control"]
    assert all(len(row["languages"]) == 1 for row in rows)
    assert Counter(row["qid"] for row in rows) == {
        qid: len(pages_of) for qid, pages_of in expected_rows(wikis)
    }


def many(language: str, first: int) -> Wiki:
    """Return a wiki of 60 pages about the items 1 to 60, in another order."""
    numbers = [(n * 7) % 61 for n in range(1, 61)]
    pages = [Page(first + n, f"{language}{q}", [f"{language} {q}."] * 3)
             for n, q in enumerate(numbers)]  # fmt: skip
    return Wiki(language, pages, {f"{language}{q}": q for q in numbers})


@pytest.mark.parametrize("unpaired", [False, True])
def test_bytes_do_not_depend_on_workers_and_rows_not_on_the_part_size(
    tmp_path: Path, unpaired: bool
) -> None:
    pages, titles = write_wikis(tmp_path, [many("en", 1), many("sw", 500)], a_part=7)
    options = PairOptions(unpaired=unpaired, segments=2)
    running = RunOptions(jobs=1, quiet=True, part_size=300)
    pair(pages, titles, tmp_path / "one", options, running)
    pair(pages, titles, tmp_path / "two", options, replace(running, jobs=2))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert len([*(tmp_path / "one").glob("part-*")]) > 3
    pair(pages, titles, tmp_path / "large", options, QUIET)
    assert rows_in(tmp_path / "large") == rows_in(tmp_path / "one")
    qids = [row["qid"] for row in rows_in(tmp_path / "one")]
    assert (qids == sorted(qids)) is not unpaired


def test_pages_of_an_entity_are_not_together_in_the_control(tmp_path: Path) -> None:
    pair_wikis(tmp_path, [many("en", 1), many("sw", 500)], unpaired=True)
    qids = [row["qid"] for row in rows_in(tmp_path / "pairs")]
    together = sum(one == other for one, other in pairwise(qids))
    assert together <= 5  # of 60; 1 is expected


def test_an_interrupted_run_is_resumed_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, titles = write_wikis(tmp_path, [many("en", 1), many("sw", 500)], a_part=7)
    running = RunOptions(jobs=1, quiet=True, part_size=300)
    pair(pages, titles, tmp_path / "whole", PairOptions(), running)
    calls = iter(range(100))
    original = joining._joined

    def joined(*args: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return original(*args)

    monkeypatch.setattr(joining, "_joined", joined)
    with pytest.raises(Stopped, match="run the same command again"):
        pair(pages, titles, tmp_path / "resumed", PairOptions(), running)
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "resumed").glob("part-*")}
    assert parts
    monkeypatch.undo()
    pair(pages, titles, tmp_path / "resumed", PairOptions(), running)
    assert files_of(tmp_path / "resumed") == files_of(tmp_path / "whole")
    assert all(path.stat().st_mtime_ns == time for path, time in parts.items())


def test_array_tasks_make_the_same_bytes(tmp_path: Path) -> None:
    pages, titles = write_wikis(tmp_path, [many("en", 1), many("sw", 500)], a_part=7)
    running = RunOptions(jobs=1, quiet=True, part_size=300)
    pair(pages, titles, tmp_path / "whole", PairOptions(), running)
    for _ in range(3):  # a step each
        for task in (1, 2):
            with pytest.raises(Unfinished):
                pair(pages, titles, tmp_path / "tasks", PairOptions(),
                     replace(running, array_task=(task, 2)))  # fmt: skip
    pair(pages, titles, tmp_path / "tasks", PairOptions(), running)
    assert files_of(tmp_path / "tasks") == files_of(tmp_path / "whole")


def test_the_order_of_folders_does_not_matter_if_languages_are_in_order(tmp_path: Path) -> None:
    pages, titles = write_wikis(tmp_path, ALL)
    options = PairOptions(order=("ru", "ja"))
    pair(pages, titles, tmp_path / "one", options, QUIET)
    pair(pages[::-1], titles, tmp_path / "other", options, QUIET)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")


class TestBadInput:
    def refused(self, pages: list[Path], titles: list[Path], **options: Any) -> str:
        with pytest.raises(InputError) as error:
            pair(pages, titles, pages[0].parent / "out", PairOptions(**options), QUIET)
        return str(error.value)

    def test_wikis_without_a_common_entity(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, Wiki("sw", RUSSIAN.pages, {"Париж": 1})])
        message = self.refused(pages, titles)
        assert "no entity has a page in 2 of the wikis (entities: enwiki 2, swwiki 1)" in message

    def test_no_pages_at_all(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, Wiki("sw", [], {})])
        assert "enwiki 2, swwiki 0" in self.refused(pages, titles)

    def test_two_folders_of_a_wiki(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, JAPANESE])
        again = write_pages(tmp_path / "again", ENGLISH.pages, "en")
        assert "one folder for each wiki" in self.refused([*pages, again], titles)
        assert "given twice" in self.refused([*pages, pages[0]], titles)

    def test_titles_that_are_missing_or_of_another_wiki(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, ALL)
        assert "cstool titles --wiki ruwiki" in self.refused(pages, titles[:2])
        assert "no folder contains its pages" in self.refused(pages[:2], titles)
        again = write_titles(tmp_path / "again", RUSSIAN.titles, {}, language="ru")
        assert "one folder for each wiki" in self.refused(pages, [*titles, again])

    def test_titles_without_the_list_of_disambiguation_pages(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, JAPANESE])
        titles[0] = write_titles(tmp_path / "old", ENGLISH.titles, None)
        assert "older version" in self.refused(pages, titles)

    @pytest.mark.parametrize("unit", ["sentence", "paragraph"])
    def test_a_folder_of_another_unit(self, tmp_path: Path, unit: Any) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, JAPANESE])
        other = write_pages(tmp_path / "other", ENGLISH.pages, "en", unit=unit)
        message = self.refused([other, pages[1]], titles)
        assert f"contains {unit}s" in message
        assert "cstool extract --unit page" in message

    def test_a_folder_of_another_stage(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, JAPANESE])
        assert "`cstool titles`" in self.refused([titles[0], pages[1]], titles)

    def test_options_that_do_not_match_the_wikis(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, JAPANESE])
        assert "no folder is in fr" in self.refused(pages, titles, order=("fr",))
        assert "--min-wikis: is 3" in self.refused(pages, titles, min_wikis=3)
        with pytest.raises(WrongCallError, match="given together"):
            PairOptions(segments=2, window=9)

    def test_a_damaged_part(self, tmp_path: Path) -> None:
        pages, titles = write_wikis(tmp_path, [ENGLISH, JAPANESE])
        part = pages[0] / "part-000000.parquet"
        data = bytearray(part.read_bytes())
        data[20] ^= 1
        part.write_bytes(data)
        assert "is damaged" in self.refused(pages, titles)


@pytest.mark.parametrize("of", [{"segments": 10**30}, {"window": 10**30}])
def test_numbers_beyond_those_of_any_page_are_taken(tmp_path: Path, of: dict[str, Any]) -> None:
    pages = [Page(1, "Berlin", ["Moja.", "Mbili.", "Tatu."])]
    pair_wikis(tmp_path, [Wiki("sw", pages, {"Berlin": 64}), ENGLISH], **of)
    [row] = rows_in(tmp_path / "pairs")
    assert len(row["segments"]) == (2 if "window" in of else 5)
