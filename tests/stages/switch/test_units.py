"""Paragraphs and pages: bounds, starts of sentences, draws of sentences, passes, long texts."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.stages.switch import part_rows
from cstool.storage.counts import imbalances
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.schemas import Unit
from tests.stages.switch.switching import (
    Entity,
    Row,
    names,
    sentence,
    switched,
    text_of,
    write,
)
from tests.support import rows_of

DOG = Entity({"en": "dog", "de": "Schäferhund", "fr": "chien", "ja": "犬", "ru": "собака"})
CAT = Entity({"en": "cat", "de": "Katze", "fr": "chat"})
KNOWN = {1: DOG, 2: CAT}
CODES = "de,fr,ja,ru"


def made(
    tmp_path: Path, *rows: Row, unit: Unit = "page", **options: Any
) -> tuple[list[Row], Manifest]:
    folder = write(tmp_path / "in", [rows], KNOWN, unit=unit)
    return switched(folder, tmp_path / "out", **({"languages": "de"} | options))


@pytest.mark.parametrize("unit", ["paragraph", "page"])
def test_starts_of_sentences_move_with_the_names(tmp_path: Path, unit: Unit) -> None:
    one = text_of(1, ["A ", ("dog", 1), ". "], ["None. "], [("cat", 2), ". "], ["Two."], gaps=3)
    rows, manifest = made(tmp_path, one, unit=unit)
    assert [(row["language"], row["text"], row["sentences"]) for row in rows] == [
        ("en", "A dog. None. cat. Two.", [0, 7, 13, 18]),
        ("de", "A Schäferhund. None. Katze. Two.", [0, 15, 21, 28]),
    ]
    assert [row["gaps"] for row in rows] == [3, 3]
    assert manifest.row_unit == unit
    assert need_stage(tmp_path / "out", "switch").row_unit == unit
    assert rows_of(tmp_path / "out").columns[-3:] == ["wiki", "sentences", "gaps"]
    tallies = (
        {"paragraphs", "source paragraphs"} if unit == "paragraph" else {"pages", "source pages"}
    )
    assert {*manifest.counts.tallies} == {"labels", "mentions", *tallies}


@pytest.mark.parametrize(
    ("side", "text", "starts"),
    [
        ("right", "犬 dog (chien)dog (chien) so.", [0, 13]),
        ("left", "犬 (chien) dog(chien) dog so.", [0, 13]),
    ],
)
def test_an_annotation_belongs_to_the_sentence_of_its_anchor(
    tmp_path: Path, side: str, text: str, starts: list[int]
) -> None:
    one = text_of(1, ["犬 ", ("dog", 1)], [("dog", 1), " so."])
    options: dict[str, Any] = {"style": "annotate", "side": side, "anchors": "all"}
    [row], _ = made(tmp_path, one, languages="fr", source_rows="none", **options)
    assert (row["text"], row["sentences"]) == (text, starts)


def test_rows_of_any_size_are_taken_and_each_mention_is_switched_for_itself(
    tmp_path: Path,
) -> None:
    rows = [text_of(1, [("dog", 1)]), text_of(2, *[[("dog", 1), " ", ("cat", 2), " x "]] * 99)]
    result, manifest = made(tmp_path, *rows, languages="ja", source_rows="none", anchors="all")
    assert [len(row["entities"]) for row in result] == [1, 99]
    assert manifest.counts.tallies["pages"].written == 2
    # The other items have no label.
    assert manifest.counts.tallies["mentions"].written == 199


def test_bounds_may_be_given(tmp_path: Path) -> None:
    rows = [text_of(1, [("dog", 1)]), text_of(2, *[[("dog", 1), " x "]] * 9)]
    bounds = (("fewest_mentions", 2), ("more_than_characters", 4))
    _, manifest = made(tmp_path / "a", *rows, bounds=bounds)
    assert manifest.counts.tallies["pages"].dropped == {"fewer mentions than asked for": 1}
    assert manifest.parameters["filter"] == {
        "fewest_mentions": 2,
        "most_mentions": None,
        "more_than_characters": 4,
        "most_words": None,
        "longest_anchor": None,
    }
    few = sentence(1, ("dog", 1), " here, as said."), sentence(2, ("dog", 1), " here")
    _, manifest = made(tmp_path / "b", *few, unit="sentence", bounds=(("more_than_characters", 5),),
                       prose=False)  # fmt: skip
    assert manifest.counts.tallies["sentences"].dropped == {}


def test_sentences_are_drawn_for_each_language_and_pass(tmp_path: Path) -> None:
    one = text_of(1, *[["A ", ("dog", 1), " and a ", ("dog", 1), ". "]] * 200)
    result, manifest = made(
        tmp_path, one, languages="de,fr", sentence_rate=0.3, passes=2, source_rows="none"
    )
    drawn = {}
    for row in result:
        starts = [*row["sentences"], len(row["text"])]
        found = [0] * 200
        for e in row["entities"]:
            found[max(i for i in range(200) if starts[i] <= e["start"])] += 1
        assert {*found} == {0, 2}  # both mentions of a sentence, or none
        drawn[row["language"], row["pass"]] = found
    assert len(drawn) == 4 == len({*map(tuple, drawn.values())})
    assert all(35 < sum(found) / 2 < 85 for found in drawn.values())
    left = manifest.counts.tallies["mentions"].dropped["left by --sentence-rate"]
    assert left == 2 * sum(not any(several) for several in zip(*drawn.values(), strict=True))


def test_sentence_rows_are_drawn_as_sentences(tmp_path: Path) -> None:
    rows = [sentence(i, "A ", ("dog", 1), " is a sentence, as said.") for i in range(400)]
    result, manifest = made(
        tmp_path, *rows, unit="sentence", sentence_rate=0.25, source_rows="unswitched"
    )
    switched_ones = [row for row in result if row["language"] == "de"]
    assert 70 < len(switched_ones) < 130
    assert len(result) == 400 == len({row["id"] for row in result})
    assert manifest.counts.tallies["source sentences"].written == len(switched_ones)


def test_the_first_pass_is_that_of_a_folder_of_one(tmp_path: Path) -> None:
    rows = [text_of(i, *[["A ", ("dog", 1), ". "]] * 9) for i in range(30)]
    options: dict[str, Any] = {"languages": CODES, "max_languages": 2}
    options |= {"switch_rate": 0.5, "sentence_rate": 0.7}
    one, first = made(tmp_path / "one", *rows, **options)
    three, manifest = made(tmp_path / "three", *rows, **options, passes=3)
    table = rows_of(tmp_path / "three/out")
    assert table.schema["pass"] == pl.UInt8
    assert [row for row in one if row["language"] != "en"] == [
        {name: value for name, value in row.items() if name != "pass"}
        for row in three
        if row["pass"] == 0 and row["language"] != "en"
    ]
    keys = table.select("wiki", "id", "language", "pass")
    assert keys.is_unique().all()
    sources = table.filter(pl.col("language") == "en")
    assert sources["pass"].unique().to_list() == [0]
    assert sources["id"].is_unique().all()
    others = table.filter(pl.col("language") != "en")
    texts = [others.filter(pl.col("pass") == n)["text"].to_list() for n in range(3)]
    assert texts[0] != texts[1] != texts[2]
    tallies = manifest.counts.tallies
    assert tallies["pages"] == first.counts.tallies["pages"]
    assert tallies["mentions"].read == first.counts.tallies["mentions"].read
    assert tallies["mentions"].written > first.counts.tallies["mentions"].written


word = st.text(st.sampled_from("ab 日é.😀"), min_size=1, max_size=5)
link = st.tuples(word, st.sampled_from([None, 1, 2, 99]))
texts = st.lists(
    st.lists(st.lists(word | link, min_size=1, max_size=5), min_size=1, max_size=5),
    min_size=1,
    max_size=4,
)
options = st.fixed_dictionaries(
    {"anchors": st.just("all")},
    optional={
        "policy": st.sampled_from(["sample", "all", "round-robin"]),
        "switch_rate": st.sampled_from([0.4, 1.0]),
        "sentence_rate": st.sampled_from([0.5, 1.0]),
        "require_all": st.booleans(),
        "min_changed": st.integers(0, 2),
        "mix": st.just(True),
        "passes": st.integers(1, 3),
        "source_rows": st.sampled_from(["switched", "unswitched", "all", "none"]),
        "style": st.sampled_from(["annotate", "replace"]),
        "repeat": st.booleans(),
        "side": st.sampled_from(["left", "right"]),
        "open": st.sampled_from(["<x>", "【"]),
        "seed": st.integers(0, 3),
    },
)


def sound(chosen: dict[str, Any]) -> dict[str, Any]:
    """The options, without those that exclude each other."""
    result = dict(chosen)
    if result.get("style", "replace") == "replace":
        result.pop("repeat", None)
        result.pop("side", None)
    if result.get("mix"):
        result.pop("policy", None)
    if result.get("policy") == "all" and "switch_rate" not in result:
        result.pop("passes", None)
    if min(result.get("switch_rate", 1), result.get("sentence_rate", 1)) == 1:
        result.pop("passes", None)
    return result


def check(row: Row, source: Row, chosen: dict[str, Any]) -> None:
    """Check that a row is its source with names put in, and that sentences start where they did."""
    annotate = chosen.get("style") == "annotate"
    first, last = chosen.get("open", " (" if annotate else ""), ")" if annotate else ""
    if annotate and chosen.get("side") == "left":
        first, last = chosen.get("open", "("), ") "
    text, starts, at = "", [*source["sentences"]], 0
    own = row["language"] != "en"
    for e, name in zip(row["entities"], names(row), strict=True):
        anchor = source["text"][e["source_start"] : e["source_end"]]
        put = first + name + last if own else anchor
        if annotate and own:
            put = put + anchor if chosen.get("side") == "left" else anchor + put
            assert name != anchor or chosen.get("repeat")
        text += source["text"][at : e["source_start"]]
        starts = [
            s + len(put) - len(anchor) if old > e["source_start"] else s
            for s, old in zip(starts, source["sentences"], strict=True)
        ]
        text += put
        at = e["source_end"]
    assert row["text"] == text + source["text"][at:]
    assert row["sentences"] == starts
    assert row["gaps"] == source["gaps"]
    assert row["source_text"] == source["text"]
    if own:
        assert row["entities"]


@settings(max_examples=30)
@given(texts, options, st.booleans())
def test_any_page_is_rewritten_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    given_texts: list[Any],
    chosen: dict[str, Any],
    long: bool,
) -> None:
    rows = [text_of(i, *one, gaps=i) for i, one in enumerate(given_texts)]
    chosen = sound(chosen)
    folder = write(tmp_path_factory.mktemp("units"), [rows], KNOWN, unit="page")
    result, manifest = switched(folder, folder / "out", languages=CODES, **chosen)
    assert imbalances(manifest.counts) == []
    assert sum(manifest.counts.details["languages"].values()) == len(result)
    by_id = {row["id"]: row for row in rows}
    order = [(row["id"], row.get("pass", 0), row["language"]) for row in result]
    assert order == sorted(order, key=lambda key: (*key[:2], key[2] != "en", key[2]))
    for row in result:
        check(row, by_id[row["id"]], chosen)
    changed = {row["id"] for row in result if row["language"] != "en"}
    assert len(changed) == manifest.counts.tallies["source pages"].written
    wanted = chosen.get("source_rows", "switched")
    expected = {"switched": changed, "unswitched": {*by_id} - changed, "all": {*by_id}, "none": {}}
    taken = {row["id"] for row in result if row["language"] == "en"}
    if "open" not in chosen or chosen["open"] == "【":  # no text contains a mark
        assert taken == {*expected[wanted]}


@settings(max_examples=20)
@given(texts, options)
def test_long_texts_give_the_same_rows_in_smaller_pieces(
    tmp_path_factory: pytest.TempPathFactory, given_texts: list[Any], chosen: dict[str, Any]
) -> None:
    rows = [text_of(i, *one) for i, one in enumerate(given_texts)]
    chosen = sound(chosen) | {"languages": CODES}
    folder = write(tmp_path_factory.mktemp("units"), [rows], KNOWN, unit="page")
    short = switched(folder, folder / "short", **chosen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part_rows, "_BYTES_AT_ONCE", 40)
        long = switched(folder, folder / "long", **chosen)
    assert long[0] == short[0]
    assert long[1].counts == short[1].counts


@settings(max_examples=12)
@given(texts, options)
def test_the_distribution_over_parts_changes_no_row(
    tmp_path_factory: pytest.TempPathFactory, given_texts: list[Any], chosen: dict[str, Any]
) -> None:
    rows = [text_of(i, *one) for i, one in enumerate(given_texts)]
    assume(len(rows) > 1)
    chosen = sound(chosen) | {"languages": CODES}
    folder = tmp_path_factory.mktemp("units")
    one = write(folder / "one", [rows], KNOWN, unit="page")
    each = write(folder / "each", [[row] for row in rows], KNOWN, unit="page")
    found = [switched(where, where / "out", **chosen) for where in (one, each)]
    assert found[0][0] == found[1][0]
    assert found[0][1].counts == found[1][1].counts


@pytest.mark.parametrize("starts", [[], [7, 0], [0, 0], [0, 22]])
def test_starts_that_are_not_those_of_sentences_are_reported(
    tmp_path: Path, starts: list[int]
) -> None:
    good = text_of(1, ["A ", ("dog", 1), ". "], ["It is a dog."])
    bad = {**text_of(2, ["A ", ("dog", 1), ". "], ["It was a dog…"]), "sentences": starts}
    with pytest.raises(InputError, match=r"row 1048578: `sentences` is empty"):
        made(tmp_path, good, bad)
