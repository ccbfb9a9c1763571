"""The recipe leia, against the published rules as a simple loop."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stages.switch.leia_rules import leia
from tests.stages.switch.switching import Entity, Row, names, sentence, switched, text_of, write

TITLES = {
    1: "Alder",
    2: "Alder (band)",
    3: "List of alders",
    4: "Category:Alder",
    5: "Iron(III) chloride",
    6: "F(x) (band)",
    7: "Star Trek: Alder",
    8: "(Sic)",
    9: "",
}
ITEMS = {
    qid: Entity(
        {"sw": f"mti {qid}", "en": f"tree {qid}"}, titles={"enwiki": title} if title else {}
    )
    for qid, title in TITLES.items()
}
MTI = {"languages": "en"}

piece = st.text("ab 日é.", min_size=1, max_size=5)
link = st.tuples(piece | st.just("Alder"), st.sampled_from([None, *range(1, 11)]))
pages = st.lists(st.lists(st.lists(piece | link, min_size=1, max_size=6), max_size=5), max_size=4)


def made(tmp_path: Path, rows: list[Row], **options: Any) -> list[Row]:
    folder = write(tmp_path / "in", [rows], ITEMS, source="sw", unit="page")
    return switched(folder, tmp_path / "out", "leia", **options)[0]


def told(rows: list[Row], passes: int = 1) -> dict[tuple[int, int], tuple[str, Any]]:
    """What the published rules make of the pages: by id and pass, text and names."""
    titles = {qid: title for qid, title in TITLES.items() if title}
    found = {(r["id"], n): leia(r, titles, number=n) for r in rows for n in range(passes)}
    return {key: result for key, result in found.items() if result[1]}


def found(rows: list[Row]) -> dict[tuple[int, int], tuple[str, Any]]:
    return {
        (row["id"], row.get("pass", 0)): (
            row["text"],
            [(e["qid"], name) for e, name in zip(row["entities"], names(row), strict=True)],
        )
        for row in rows
        if row["language"] == "en"
    }


@settings(max_examples=40)
@given(pages, st.integers(1, 3))
def test_any_page_is_annotated_by_the_published_rules(
    tmp_path_factory: pytest.TempPathFactory, given_pages: list[Any], passes: int
) -> None:
    rows = [text_of(i, *one) for i, one in enumerate(given_pages) if any(one)]
    if not rows:
        return
    result = made(tmp_path_factory.mktemp("leia"), rows, passes=passes)
    assert found(result) == told(rows, passes)
    # Each page is there: annotated, or else as it is.
    untouched = {row["id"] for row in result if row["language"] == "sw"}
    assert untouched == {row["id"] for row in rows} - {key for key, _ in told(rows, passes)}


def test_names_are_english_titles_even_if_they_equal_the_anchor(tmp_path: Path) -> None:
    one = text_of(1, ["Mti ni ", ("Alder", 1), ", ", ("bendi", 2), ", ", ("orodha", 3), ", ",
                      ("jamii", 4), ", ", ("chumvi", 5), ", ", ("f(x)", 6), ", ",
                      ("filamu", 7), ", ", ("sic", 8), " na ", ("hakuna", 9), "."])  # fmt: skip
    [row] = made(tmp_path, [one], switch_rate=1.0)
    assert row["text"] == (
        "Mti ni Alder<translate>Alder</translate>, bendi<translate>Alder</translate>, orodha, "
        "jamii, chumvi<translate>Iron chloride</translate>, f(x)<translate>F</translate>, "
        "filamu<translate>Star Trek: Alder</translate>, sic na hakuna."
    )
    assert {e["origin"] for e in row["entities"]} == {"sitelink"}


def test_half_of_the_links_are_annotated(tmp_path: Path) -> None:
    rows = [text_of(i, [("mti", 1), " na ", ("bendi", 2), "."] * 10) for i in range(100)]
    number = sum(len(row["entities"]) for row in made(tmp_path, rows) if row["language"] == "en")
    assert 900 < number < 1100


def test_the_recipe_takes_sentences_of_any_length(tmp_path: Path) -> None:
    rows = [sentence(i, ("mti", 1), *[("bendi", None)] * 11) for i in range(20)]
    folder = write(tmp_path / "in", [rows], ITEMS, source="sw")
    result, manifest = switched(folder, tmp_path / "out", "leia")
    assert found(result) == told(rows)
    assert manifest.counts.tallies["sentences"].dropped == {}
