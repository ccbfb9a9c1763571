"""Names beside their anchors: marks, sides, equal names, marks that the text contains."""

from pathlib import Path
from typing import Any

import pytest

from cstool.errors import WrongCallError
from cstool.stages.switch.options import SwitchOptions
from cstool.storage.manifest import Manifest
from tests.stages.switch.switching import (
    Entity,
    Row,
    anchors,
    names,
    sentence,
    switched,
    text_of,
    write,
)

DOG = Entity({"en": "dog", "de": "Hund", "ja": "犬"})
ADA = Entity({"en": "Ada", "de": "Ada", "ja": "エイダ"})
ODD = Entity({"en": "odd", "de": "das <x>", "ja": "<x>"})
KNOWN = {1: DOG, 2: ADA, 3: ODD}
REST = " in a text of some length."


def made(tmp_path: Path, *rows: Row, **options: Any) -> tuple[list[Row], Manifest]:
    folder = write(tmp_path / "in", [rows], KNOWN)
    given = {"languages": "de", "style": "annotate", "source_rows": "none"} | options
    return switched(folder, tmp_path / "out", **given)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "A dog (Hund) is" + REST),
        ({"side": "left"}, "A (Hund) dog is" + REST),
        ({"open": "<t>", "close": "</t>"}, "A dog<t>Hund</t> is" + REST),
        ({"open": "<t>", "close": "</t> ", "side": "left"}, "A <t>Hund</t> dog is" + REST),
        ({"open": " = ", "close": ""}, "A dog = Hund is" + REST),
        ({"style": "replace", "open": "<t>", "close": "</t>"}, "A <t>Hund</t> is" + REST),
    ],
)
def test_a_name_stands_beside_its_anchor(
    tmp_path: Path, options: dict[str, Any], text: str
) -> None:
    [row], manifest = made(tmp_path, sentence(1, "A ", ("dog", 1), " is" + REST), **options)
    assert row["text"] == text
    assert (names(row), anchors(row)) == (["Hund"], ["dog"])
    used = {"style": "annotate", "side": "right"} | options
    assert {name: manifest.parameters[name] for name in used} == used


def test_an_inflected_anchor_is_annotated(tmp_path: Path) -> None:
    [row], _ = made(tmp_path, sentence(1, "Many ", ("dogs", 1), " are" + REST))
    assert row["text"] == "Many dogs (Hund) are" + REST


def test_an_annotated_name_is_not_adapted_to_the_sentence(tmp_path: Path) -> None:
    [row], _ = made(tmp_path, sentence(1, "The ", ("odd", 3), " is" + REST), side="left")
    assert names(row) == ["das <x>"]


def test_a_name_that_equals_its_anchor_is_not_put_there(tmp_path: Path) -> None:
    one = sentence(1, "So ", ("Ada", 2), " had a ", ("dog", 1), REST)
    [row], manifest = made(tmp_path / "a", one)
    assert row["text"] == "So Ada had a dog (Hund)" + REST
    assert names(row) == ["Hund"]
    assert manifest.counts.details["names left out"] == {"equal to the anchor": 1}
    [row], _ = made(tmp_path / "b", one, repeat=True)
    assert row["text"] == "So Ada (Ada) had a dog (Hund)" + REST


@pytest.mark.parametrize("least", [0, 1])
def test_no_row_is_written_if_all_names_equal_their_anchors(tmp_path: Path, least: int) -> None:
    rows, manifest = made(tmp_path, sentence(1, "So ", ("Ada", 2), " is" + REST), min_changed=least)
    assert rows == []
    dropped = manifest.counts.tallies["source sentences"].dropped
    assert dropped == {"no language changes as much as asked": 1}


def test_every_mark_in_the_output_belongs_to_a_name(tmp_path: Path) -> None:
    given = [
        sentence(1, "A <x> and a ", ("dog", 1), REST),
        sentence(2, "An ", ("odd", 3), " and a ", ("dog", 1), REST),
    ]
    marks = {"open": "<x>", "close": "</x>"}
    rows, manifest = made(tmp_path / "a", *given, **marks)
    assert [row["text"] for row in rows] == ["An odd and a dog<x>Hund</x>" + REST]
    assert manifest.counts.tallies["sentences"].dropped == {"a mark in the text": 1}
    assert manifest.counts.details["names left out"] == {"with a mark": 1}
    rows, manifest = made(tmp_path / "b", *given, **marks, marks_in_text="keep")
    assert [row["text"].count("<x>") for row in rows] == [2, 3]
    assert manifest.counts.details["texts with marks"] == {"kept": 1}


def test_brackets_are_ordinary_text(tmp_path: Path) -> None:
    rows, manifest = made(tmp_path, sentence(1, "A (b) and a ", ("dog", 1), REST))
    assert [row["text"] for row in rows] == ["A (b) and a dog (Hund)" + REST]
    assert manifest.counts.details["texts with marks"] == {"kept": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"side": "left"}, "--side: .* give --style annotate"),
        ({"repeat": True}, "--repeat: .* give --style annotate"),
        ({"style": "annotate", "open": "", "close": ""}, "--open and --close: both empty"),
        ({"style": "annotate", "open": "a\nb"}, r"--open: contains the control character U\+000A"),
        ({"marks_in_text": "drop"}, "--marks-in-text: there are no marks"),
        ({"passes": 2, "policy": "all"}, "all passes would be equal"),
        ({"sentence_rate": float("nan")}, "--sentence-rate: nan"),
    ],
)
def test_options_that_exclude_each_other(options: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongCallError, match=message):
        SwitchOptions.of("default", **options)


def test_a_recipe_takes_the_other_style() -> None:
    options = SwitchOptions.of("leia", style="replace").resolved("page")
    assert (options.style, options.open, options.close) == (
        "replace",
        "<translate>",
        "</translate>",
    )


@pytest.mark.parametrize("style", ["annotate", "replace"])
def test_names_in_one_of_twenty_sentences(tmp_path: Path, style: str) -> None:
    rows = [text_of(i, *[["A ", ("dog", 1), " is here. "]] * 100) for i in range(50)]
    folder = write(tmp_path / "in", [rows], KNOWN, unit="page")
    result, manifest = switched(folder, tmp_path / "out", f"syncs-{style}", languages="de")  # type: ignore[arg-type]
    switched_rows = [row for row in result if row["language"] == "de"]
    number = sum(len(row["entities"]) for row in switched_rows)
    assert 180 < number < 320  # of 5,000
    assert {name for row in switched_rows for name in names(row)} == {"Hund"}
    text = "A dog (Hund) is here. " if style == "annotate" else "A Hund is here. "
    assert all(row["text"].count(text) == len(row["entities"]) for row in switched_rows)
    left = manifest.counts.tallies["mentions"].dropped
    assert left == {"left by --sentence-rate": 5000 - number}
    # The other pages are there as they are.
    assert len({row["id"] for row in result}) == len(result) == 50
